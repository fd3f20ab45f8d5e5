/** What the lines of a file link to: looked up once for many lines, and remembered while the file lasts. */
import { newId } from '../ids.ts'
import { insistent, type Database } from './db.ts'
import { replaceLinks } from './links.ts'
import type { JsonObject } from './merge.ts'
import { referenceKey } from './save-plan.ts'
import type { Reference } from './types.ts'

/** So many are remembered, some 15 MB. */
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

/** @param most references that are remembered */
export function createBulkLinks(db: Database, most = mostRemembered): BulkLinks {
  const memory = createMemory(most)

  /** Those that nobody knows are left. */
  const lookUp = async (references: readonly Reference[], found: Map<string, string>): Promise<Reference[]> => {
    if (references.length === 0) return []
    const rows = await db.query<{ ord: number, record_id: string }>(find, columns(references))
    for (const { ord, record_id: id } of rows) {
      const reference = references[ord - 1]
      if (!reference) continue
      found.set(referenceKey(reference), id)
      memory.remember(reference, id)
    }
    return references.filter(reference => !found.has(referenceKey(reference)))
  }
  /** What was found is given back, for the memory may make room for other lines meanwhile. */
  const learn = async (unknown: readonly Reference[]): Promise<Map<string, string>> => {
    memory.makeRoom(unknown.length)
    const found = new Map<string, string>()
    const missing = await lookUp(unknown, found)
    if (missing.length === 0) return found
    await db.query(addPlaceholders, [...columns(missing), missing.map(() => newId())])
    await lookUp(missing, found)
    return found
  }

  return (documents, pointers) => {
    const unknown = new Map<string, Reference>()
    const replaced = documents.map(document => replaceLinks(document, pointers, reference => {
      const known = memory.idOf(reference)
      if (known === undefined) unknown.set(referenceKey(reference), reference)
      return known ?? null
    }))
    if (unknown.size === 0) return replaced
    return insistent('Looking for what lines link to', () => learn([...unknown.values()]))
      .then(found => replaced.map(document => replaceLinks(document, pointers, reference => found.get(referenceKey(reference)) ?? null)))
  }
}

interface Memory {
  idOf(reference: Reference): string | undefined
  remember(reference: Reference, id: string): void
  /** Forgets all where so many more would be too many. */
  makeRoom(more: number): void
}

/** By system and kind, so that of each reference no more than its own id is kept and compared. */
function createMemory(most: number): Memory {
  const systems = new Map<string, Map<string, Map<string, string>>>()
  let size = 0
  return {
    idOf: ({ system, kind, id }) => systems.get(system)?.get(kind)?.get(id),
    remember: ({ system, kind, id }, recordId) => {
      let kinds = systems.get(system)
      if (!kinds) systems.set(system, kinds = new Map())
      let ids = kinds.get(kind)
      if (!ids) kinds.set(kind, ids = new Map())
      if (!ids.has(id)) size += 1
      ids.set(id, recordId)
    },
    makeRoom: more => {
      if (size + more <= most) return
      systems.clear()
      size = 0
    },
  }
}

const columns = (references: readonly Reference[]): string[][] => [references.map(({ system }) => system), references.map(({ kind }) => kind), references.map(({ id }) => id)]
