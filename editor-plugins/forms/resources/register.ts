/// <reference lib="dom" />
/** Offers the widgets of JSON fields to the generated forms, by the names fields give in `editor`. */
import { filterWidget } from './filter.ts'
import { mappingWidget } from './mapping.ts'
import { registerRoleTable } from './role-table.ts'
import { rolesWidget } from './roles.ts'
import { typeWidget } from './type.ts'

Object.assign(window.torg.widgets, { filter: filterWidget, mapping: mappingWidget, roles: rolesWidget, type: typeWidget })
registerRoleTable()
