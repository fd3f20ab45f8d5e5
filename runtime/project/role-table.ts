/** The role table among the flows: one config node, kept in a file of its own. Pure. */
import { TorgError } from '../errors.ts'
import { parseRoles } from './parse-roles.ts'
import type { FlowNode, RoleRow } from './types.ts'

type AnyNode = Readonly<Record<string, unknown>>

/** Type of the config node that holds the table, in its field `rows`. */
const rolesType = 'hub roles'

/** Its id where it comes from a file. There is one table, so that no second id is needed. */
const rolesId = 'hub-roles'

export const rolesFile = 'roles.json'

export const isRoleTable = (node: AnyNode): boolean => node['type'] === rolesType

/** The config node of these rows. */
export function roleTable(rows: readonly RoleRow[]): FlowNode {
  return { id: rolesId, type: rolesType, rows: [...rows] }
}

/** The rows of the role table in these flows; none where there is no table, which lets every system write everything. */
export function rolesOf(flows: readonly AnyNode[]): RoleRow[] {
  const table = flows.find(isRoleTable)
  return table ? parseRoles(table['rows']).rows : []
}

/**
 * Refuses a deploy that has no role table where the one that runs has rows: an old copy of flows, or one that was put together elsewhere,
 * would let every system write everything without anybody having said so.
 * @throws TorgError `flow.invalid`
 */
export function requireRoleTable(flows: readonly unknown[], active: readonly AnyNode[]): void {
  const rows = rolesOf(active).length
  if (rows === 0 || flows.some(node => typeof node === 'object' && node !== null && isRoleTable({ ...node }))) return
  throw new TorgError('flow.invalid', {
    detail: `The role table is missing, and the one deployed has ${rows === 1 ? 'a row' : `${rows} rows`}: without it every system may write everything.`,
    next: 'Keep the node of type "hub roles" among the flows (roles.json in a project; "Role table" in the menu of the editor puts it back). If nobody is to be master of anything, deploy it without rows.',
  })
}
