/** Reviews: records that may be of the same thing. They are opened by saves, see `key-writes.ts`. */
import { guarded, type Database } from './db.ts'
import type { IdentityStore, Review } from './identity-types.ts'

// Records as they are known to people; what they hold stands in them, and is read there.
const columns = `v.id, v.kind, v.rules, v.reason, v.message_id, v.opened_at, v.state, v.decided_at, v.decided_by, v.note, (
  select json_agg(json_build_object('id', g.id, 'number', r.number, 'refs', coalesce((
    select json_agg(json_build_object('system', f.system, 'kind', f.kind, 'id', f.external_id) order by f.system, f.kind, f.external_id) from torg.reference f where f.record_id = g.id
  ), '[]')) order by g.place)
  from unnest(v.records) with ordinality as g (id, place) left join torg.record r on r.id = g.id
) as records`

const list = `select ${columns} from torg.review v where ($1::text is null or v.state = $1) and ($2::int is null or v.id < $2) order by v.id desc limit $3`
const find = `select ${columns} from torg.review v where v.id = $1`
const close = `update torg.review set state = 'distinct', decided_at = now(), decided_by = $2, note = $3 where id = $1 and state = 'open' returning id`

interface Row {
  id: number, kind: string, rules: string[], reason: string, message_id: string | null, opened_at: Date, state: Review['state']
  decided_at: Date | null, decided_by: string | null, note: string | null, records: Review['records']
}

const toReview = ({ id, kind, records, rules, reason, message_id, opened_at, state, decided_at, decided_by, note }: Row): Review => ({
  id, kind, records, rules, reason, message: message_id, openedAt: opened_at.toISOString(), state, decidedAt: decided_at?.toISOString() ?? null, decidedBy: decided_by, note,
})

export function createReviews(db: Database): Pick<IdentityStore, 'reviews' | 'review' | 'closeReview'> {
  const asking = <Result>(work: () => Promise<Result>): Promise<Result> => guarded('Looking for reviews', work)
  const one = async (id: number): Promise<Review | null> => (await db.query<Row>(find, [id])).map(toReview)[0] ?? null
  return {
    reviews: ({ state, limit, before }) => asking(async () => (await db.query<Row>(list, [state ?? null, before ?? null, limit])).map(toReview)),
    review: id => asking(() => one(id)),
    closeReview: (id, by, note) => asking(async () => (await db.query<{ id: number }>(close, [id, by, note])).length === 0 ? null : await one(id)),
  }
}
