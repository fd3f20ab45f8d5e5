/** What was answered to requests with an idempotency key, kept for a day. */
import { insistent, type Database } from './db.ts'
import type { AnswerStore, BegunAnswer, KeptAnswer } from './api-types.ts'

// One under way belongs to who began it; after a minute it is one whose process died, and the same request may try again.
const begin = `
insert into torg.answer as a (caller, key, digest) values ($1, $2, $3)
on conflict (caller, key) do update set digest = excluded.digest, begun_at = now(), status = null, headers = null, body = null
  where a.begun_at < now() - interval '24 hours' or (a.status is null and a.digest = excluded.digest and a.begun_at < now() - interval '1 minute')
returning true as begun`

const removeOld = `delete from torg.answer where begun_at < now() - interval '24 hours'`
const removeEveryMs = 600_000

interface Row { digest: Buffer, status: number | null, headers: Record<string, string> | null, body: string | null }

export function createAnswers(db: Database): AnswerStore {
  let removedAt = 0
  const keeping = <Result>(work: () => Promise<Result>): Promise<Result> => insistent('Keeping the answer of a request with an idempotency key', work)
  return {
    beginAnswer: ({ caller, key, digest }) => keeping(async (): Promise<BegunAnswer> => {
      if (Date.now() - removedAt > removeEveryMs) {
        removedAt = Date.now()
        await db.query(removeOld)
      }
      const [begun] = await db.query<{ begun: boolean }>(begin, [caller, key, digest])
      if (begun) return { state: 'begun' }
      const [row] = await db.query<Row>('select digest, status, headers, body from torg.answer where caller = $1 and key = $2', [caller, key])
      if (!row) return { state: 'under-way' }
      if (!row.digest.equals(digest)) return { state: 'other' }
      return row.status === null ? { state: 'under-way' } : { state: 'answered', answer: { status: row.status, headers: row.headers ?? {}, body: row.body ?? '' } satisfies KeptAnswer }
    }),
    keepAnswer: ({ caller, key }, { status, headers, body }) => keeping(async () => {
      await db.query('update torg.answer set status = $3, headers = $4, body = $5 where caller = $1 and key = $2', [caller, key, status, JSON.stringify(headers), body])
    }),
    forgetAnswer: ({ caller, key }) => keeping(async () => {
      await db.query('delete from torg.answer where caller = $1 and key = $2 and status is null', [caller, key])
    }),
  }
}
