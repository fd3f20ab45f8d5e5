/** What subscriptions need beside the record itself: the others that are about the same thing, and what there is about a thing. */
import type { Queries } from './db.ts'
import { textAt } from './field-indexes.ts'
import { isObject } from './json.ts'
import type { JsonObject } from './merge.ts'
import { upToDate } from './rows.ts'
import { typedKind } from './typed/index.ts'
import type { KindRules, Needs, Subscription } from './types.ts'

/** A record, as far as its others are told by it. */
export interface Needing { id: string, document: JsonObject | null }

/** A subscription that needs something. */
export type NeedingSubscription = Subscription & { needs: Needs }

export const needing = (subscriptions: readonly Subscription[]): NeedingSubscription[] => subscriptions.flatMap(subscription => subscription.needs ? [{ ...subscription, needs: subscription.needs }] : [])

// The thing with what became part of it, and what it became part of: links to any of them are about it.
const familyOf = (id: string, alias = 'f'): string => `(select ${id} as id union select m.id from torg.merged_with(${id}) m (id) offset 0) ${alias}`

/** Living records of the kind that link to a thing, under the alias `r`. "Offset 0" has each thing looked up by itself: without statistics every record would be compared with each. */
const linkingTo = (kind: string, pointer: string, id: string): string =>
  `(select r.id, r.document, r.schema from torg.record r where r.kind = '${kind}' and ${textAt(`${pointer}/id`, 'r')} = ${id}::text and r.version > 0 and r.deleted_at is null offset 0) r`

/** The id that a link at a pointer of the document has. */
export function linkedAt(document: JsonObject | null | undefined, pointer: string): string | undefined {
  const link = pointer.split('/').slice(1).reduce<unknown>((at, step) => isObject(at) ? at[step] : undefined, document)
  return isObject(link) && typeof link['id'] === 'string' ? link['id'] : undefined
}

/** The documents of the living others of each record, in one or two statements. */
export async function othersOf(db: Queries, { kind, about, link, reach }: Needs, records: readonly Needing[], kinds: ReadonlyMap<string, KindRules>): Promise<(id: string) => JsonObject[]> {
  const pairs: { id: string, about: string }[] = reach.type === 'linked'
    ? await db.query(`
      select g.id, r.id as about from unnest($1::uuid[]) g (id) cross join lateral ${familyOf('g.id')} cross join lateral ${linkingTo(about, reach.pointer, 'f.id')}`, [records.map(({ id }) => id)])
    : records.flatMap(({ id, document }) => {
      const thing = reach.type === 'is' ? id : linkedAt(document, reach.pointer)
      return thing === undefined ? [] : { id, about: thing }
    })
  const things = [...new Set(pairs.map(pair => pair.about))]
  const found = things.length === 0 ? [] : await db.query<{ about: string, kind: string, document: JsonObject, schema: string }>(`
    select g.id as about, '${kind}' as kind, r.document, r.schema from unnest($1::uuid[]) g (id) cross join lateral ${familyOf('g.id')}
    cross join lateral ${linkingTo(kind, link, 'f.id')}`, [things])
  const documentsOf = Map.groupBy(found.map(row => upToDate(row, kinds)), row => row.about)
  const thingsOf = Map.groupBy(pairs, pair => pair.id)
  return id => (thingsOf.get(id) ?? []).flatMap(pair => documentsOf.get(pair.about) ?? []).map(({ document }) => document)
}

/** Ids of records of a subscription's kind that are about these things, in their order. */
export async function dependentsOf(db: Queries, { kind, needs: { about, reach } }: NeedingSubscription, things: readonly string[], { after, limit }: { after: string, limit: number }): Promise<string[]> {
  const from = `unnest($1::uuid[]) g (id) cross join lateral ${familyOf('g.id')}`
  const column = reach.type === 'links' ? typedKind(kind)?.columnOf[`${reach.pointer}/id`] : undefined
  const found = reach.type === 'is' ? `select f.id from ${from}`
    : reach.type === 'linked' ? `select l.id from ${from} join torg.record r on r.id = f.id and r.kind = '${about}' cross join lateral ${familyOf(`(${textAt(`${reach.pointer}/id`, 'r')})::uuid`, 'l')}`
      : column === undefined ? `select r.id from ${from} cross join lateral ${linkingTo(kind, reach.pointer, 'f.id')}`
        : `select r.id from ${from} cross join lateral (select p.id from ${typedKind(kind)?.table} p where p.${column} = f.id offset 0) r`
  // Found first: an order that the planner takes from an index would have it walk all records.
  return (await db.query<{ id: string }>(`select r.id from (select distinct id from (${found}) d offset 0) r where r.id > $2 order by r.id limit $3`, [things, after, limit])).map(({ id }) => id)
}
