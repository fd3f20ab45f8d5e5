/** What the lines of a file link to: looked up once for many lines, and remembered while the file lasts. */
import { newId } from '../ids.ts'
import { insistent, type Database } from './db.ts'
import { replaceLinks } from './links.ts'
import type { JsonObject } from './merge.ts'
import { referenceKey } from './save-plan.ts'
import type { Reference } from './types.ts'

/** So many are remembered, some 20 MB. */
const mostRemembered = 100_000

const find = `
select g.ord::int, f.record_id from unnest($1::text[], $2::text[], $3::text[]) with ordinality as g (system, kind, external_id, ord)
cross join lateral (select record_id from torg.reference where system = g.system and kind = g.kind and external_id = g.external_id offset 0) f`
// Whoever stores the same reference at this moment makes the record; it is found by a second look.
const addPlaceholders = `
with added as (
  insert into torg.reference (system, kind, external_id, record_id)
  select system, kind, external_id, record_id from unnest($1::text[], $2::text[], $3::text[], $4::uuid[]) as g (system, kind, external_id, record_id)
  order by system, kind, external_id on conflict do nothing returning record_id, kind
)
insert into torg.record (id, kind, version, schema, provenance, created_at, updated_at) select record_id, kind, 0, '', '[]', now(), now() from added`

/** Turns the links of documents into ids, of placeholders where nobody knows the reference; at once where all of them are remembered. */
export type BulkLinks = (documents: readonly JsonObject[], pointers: readonly string[]) => JsonObject[] | Promise<JsonObject[]>

export function createBulkLinks(db: Database): BulkLinks {
  const memory = new Map<string, string>()

  const lookUp = async (references: readonly Reference[]): Promise<Reference[]> => {
    if (references.length === 0) return []
    const rows = await db.query<{ ord: number, record_id: string }>(find, columns(references))
    for (const { ord, record_id: id } of rows) {
      const reference = references[ord - 1]
      if (reference) memory.set(referenceKey(reference), id)
    }
    return references.filter(reference => !memory.has(referenceKey(reference)))
  }
  const learn = async (unknown: readonly Reference[]): Promise<void> => {
    if (memory.size + unknown.length > mostRemembered) memory.clear()
    const missing = await lookUp(unknown)
    if (missing.length === 0) return
    await db.query(addPlaceholders, [...columns(missing), missing.map(() => newId())])
    await lookUp(missing)
  }

  return (documents, pointers) => {
    const unknown = new Map<string, Reference>()
    const replace = (document: JsonObject): JsonObject => replaceLinks(document, pointers, reference => {
      const key = referenceKey(reference)
      const known = memory.get(key)
      if (known === undefined) unknown.set(key, reference)
      return known ?? null
    })
    const replaced = documents.map(replace)
    return unknown.size === 0 ? replaced : insistent('Looking for what lines link to', () => learn([...unknown.values()])).then(() => replaced.map(replace))
  }
}

const columns = (references: readonly Reference[]): string[][] => [references.map(({ system }) => system), references.map(({ kind }) => kind), references.map(({ id }) => id)]
