/// <reference lib="dom" />
/** Offers the widgets of JSON fields to the generated forms, by the names fields give in `editor`. */
import { filterWidget } from './filter.ts'
import { mappingWidget } from './mapping.ts'
import { typeWidget } from './type.ts'

Object.assign(window.torg.widgets, { filter: filterWidget, mapping: mappingWidget, type: typeWidget })
