/** What the form of the role table offers for a kind. Pure. */
import { isObject } from '../../runtime/project/json.ts'
import type { Kind } from '../../runtime/model/index.ts'
import { schemaPaths } from './schema-paths.ts'
import type { RoleFields } from './resources/types.ts'

/** What the hub writes by itself, or what a record is known by: nobody is master of it. */
const own = new Set(['id', 'version', 'schema', 'refs', 'createdAt', 'updatedAt'])

/** Paths a row may name, lists as a whole, with whether they are lists; and the fields of its scope. */
export function roleFields({ schema, scope }: Pick<Kind, 'schema' | 'scope'>): RoleFields {
  const lists = new Map<string, boolean>()
  for (const path of isObject(schema) ? schemaPaths(schema) : []) {
    const [field = '', ...inner] = path.split('[]')
    if (field !== '' && !field.includes("'") && !own.has(field)) lists.set(field, inner.length > 0)
  }
  lists.set('deletedAt', false)
  return { fields: [...lists].map(([path, list]) => ({ path, list })), scope: [...scope] }
}
