/** SQL of match keys, of reviews, and of placeholders that turned out to be a record. */
import pg from 'pg'
import type { Transaction } from './db.ts'
import type { Changes } from './save-plan.ts'

/** More say no more: two already are a doubt. */
const mostHolders = 5

export const findHolders = `
select g.kind, g.rule, g.value, h.record_id
from unnest($1::text[], $2::text[], $3::text[]) as g (kind, rule, value)
cross join lateral (select distinct m.record_id from torg.match_key m where m.kind = g.kind and m.rule = g.rule and m.value = g.value limit ${mostHolders}) h`

export interface HolderRow { kind: string, rule: string, value: string, record_id: string }

const removeKeys = `
delete from torg.match_key m using unnest($1::text[], $2::text[], $3::text[], $4::uuid[]) as g (kind, rule, value, record_id)
where m.kind = g.kind and m.rule = g.rule and m.value = g.value and m.record_id = g.record_id`

// Sorted, so that two who store the same new keys wait for each other in one direction only. Who believed to be the first and is not breaks
// the primary key, and so the whole transaction; see isKeyTaken.
const addKeys = `
insert into torg.match_key (kind, rule, value, slot, record_id)
select g.kind, g.rule, g.value,
  case when coalesce(g.alone, not exists (select 1 from torg.match_key o where o.kind = g.kind and o.rule = g.rule and o.value = g.value))
    then '00000000-0000-0000-0000-000000000000' else g.record_id end, g.record_id
from unnest($1::text[], $2::text[], $3::text[], $4::uuid[], $5::bool[]) as g (kind, rule, value, record_id, alone)
where not exists (select 1 from torg.match_key o where o.kind = g.kind and o.rule = g.rule and o.value = g.value and o.record_id = g.record_id)
order by g.kind, g.rule, g.value`

/** Somebody else stored one of the keys at the same moment: everything is to be read again, and then it may be the same record. */
export function isKeyTaken(error: unknown): boolean {
  return error instanceof pg.DatabaseError && error.code === '23505' && error.table === 'match_key'
}

const moveReferences = `
update torg.reference f set record_id = g.into_id from unnest($1::uuid[], $2::uuid[]) as g (from_id, into_id) where f.record_id = g.from_id`

const markMerged = 'update torg.record r set merged_into = g.into_id from unnest($1::uuid[], $2::uuid[]) as g (from_id, into_id) where r.id = g.from_id'

const openReviews = `
insert into torg.review (kind, records, rules, reason, message_id)
select kind, records, rules, reason, message_id
from json_to_recordset($1::json) as g (kind text, records uuid[], rules text[], reason text, message_id uuid)`

/** After the records and before the references: those of a placeholder are the record's from here on. */
export function writeAbsorbed(tx: Transaction, { absorbed = new Map() }: Changes): Promise<unknown>[] {
  if (absorbed.size === 0) return []
  const columns = [[...absorbed.keys()], [...absorbed.values()]]
  return [tx.query(markMerged, columns), tx.query(moveReferences, columns)]
}

/** After the references. */
export function writeKeys(tx: Transaction, { keys: { added, removed } = { added: [], removed: [] }, reviews = [] }: Changes): Promise<unknown>[] {
  const writes: Promise<unknown>[] = []
  if (removed.length > 0) writes.push(tx.query(removeKeys, [removed.map(k => k.kind), removed.map(k => k.rule), removed.map(k => k.value), removed.map(k => k.recordId)]))
  if (added.length > 0) writes.push(tx.query(addKeys, [added.map(k => k.kind), added.map(k => k.rule), added.map(k => k.value), added.map(k => k.recordId), added.map(k => k.alone)]))
  if (reviews.length > 0) writes.push(tx.query(openReviews, [JSON.stringify(reviews.map(({ messageId, ...review }) => ({ ...review, message_id: messageId })))]))
  return writes
}
