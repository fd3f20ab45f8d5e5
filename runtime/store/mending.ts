/** A dead message whose input a person has mended: the mended one is a message of its own, and what was received stays as it was. */
import { guarded, retrying, type Database } from './db.ts'
import { newId } from '../ids.ts'
import { wakeKey } from './put-back.ts'
import type { Closing, LaneName } from './types.ts'

/** What a person made of a dead message. */
export interface Mending {
  /** Of the message. */
  id: string
  body: Buffer
  /** Key, and the source's own time, that the mended document says. Null: that of the message. */
  key: string | null
  sourceTime: string | null
  by: string
  note: string | null
}

export interface MendingStore {
  /** Closes a dead message and stores the mended one in its place, due at once; null where there is no such dead message. */
  mend(mending: Mending): Promise<{ id: string, lane: LaneName, closed: Closing } | null>
}

const find = `select lane, coalesce($2, key) as key from torg.message where id = $1 and state = 'dead' and closed is null`

// The event stays with the message that was received, so that the system sending it again does nothing.
const replace = `
with original as (
  update torg.message set closed = jsonb_build_object('by', $5::text, 'note', $6::text, 'at', to_char(now() at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'), 'mended', 'm-' || $2::uuid)
  where id = $1 and state = 'dead' and closed is null returning *
), mended as (
  insert into torg.message (id, lane, system, source, topic, key, content_type, headers, body, source_time)
  select $2, lane, system, source, topic, coalesce($3, key), content_type, headers, $4, coalesce($7, source_time) from original
)
select closed from original`

export function createMending(db: Database): MendingStore {
  return {
    mend: ({ id, body, key, sourceTime, by, note }) => guarded('Mending a dead letter', async () => {
      const mended = newId()
      return retrying(() => db.transaction(async tx => {
        const [found] = await tx.query<{ lane: LaneName, key: string }>(find, [id, key])
        if (!found) return null
        // Keys are locked before what they hold, as everywhere.
        await tx.query(wakeKey, [found.lane, found.key])
        const [row] = await tx.query<{ closed: Closing }>(replace, [id, mended, key, body, by, note, sourceTime])
        return row ? { id: `m-${mended}`, lane: found.lane, closed: row.closed } : null
      }))
    }),
  }
}
