/** Records that were stored before there were match keys get theirs, once. */
import { guarded, isUnreachable, retrying, type Database } from './db.ts'
import { keyChanges } from './key-plan.ts'
import { isKeyTaken, writeKeys } from './key-writes.ts'
import { toRecord, upToDate, type RecordRow } from './rows.ts'
import type { Rules } from './save-plan.ts'
import type { Draft } from './save-step.ts'

/** Records of one transaction: a save of the same record waits for no more. */
const portion = 500

const progress = 'match keys'
const readProgress = 'select value from torg.cursor where source = $1'
const saveProgress = 'insert into torg.cursor (source, value) values ($1, $2) on conflict (source) do update set value = excluded.value, saved_at = now()'

// Ids begin with the time at which they were made. What is written since migration 0012 has its keys, and what had a version before has the same ones again.
const olderThanKeys = `
select r.id from torg.record r
where r.id > $1 and r.id < (select torg.first_id(applied_at) from torg.migration where id = 12)
  and r.kind = any ($2) and r.version > 0 and r.deleted_at is null and r.merged_into is null
order by r.id limit ${portion}`

const lockRecords = `
select r.id, r.kind, r.version, r.schema, r.number, r.document, r.created_at, r.updated_at, r.deleted_at, r.provenance, '[]'::json as refs
from torg.record r where r.id = any ($1::uuid[]) and r.deleted_at is null and r.merged_into is null order by r.id for no key update`

export interface KeyFill {
  /**
   * Gives records from before migration 0012 their match keys, a portion of them at a time, until all have theirs or `signal` is aborted. Goes on where it was cut off; once it is
   * through it only looks that it is.
   * @returns how many records were looked at
   */
  fillKeys(signal: AbortSignal): Promise<number>
}

export function createKeyFill(db: Database, rules: () => Rules): KeyFill {
  const fill = (ids: readonly string[]): Promise<void> => retrying(() => db.transaction(async tx => {
    const { kinds } = rules()
    const changed = (await tx.query<RecordRow>(lockRecords, [ids])).map((row): Draft => toRecord(upToDate(row, kinds)))
    const keys = keyChanges({ changed, before: () => undefined, kinds, looked: new Map() })
    await Promise.all(writeKeys(tx, { records: [], references: [], raises: [], keys, isNew: () => false }))
  }), error => isUnreachable(error) || isKeyTaken(error))

  return {
    fillKeys: signal => guarded('Giving records from before match keys theirs', async () => {
      const [stored] = await db.query<{ value: { after: string | null } }>(readProgress, [progress])
      let after = stored ? stored.value.after : '00000000-0000-0000-0000-000000000000'
      let count = 0
      while (after !== null && !signal.aborted) {
        const ids = (await db.query<{ id: string }>(olderThanKeys, [after, [...rules().kinds].flatMap(([kind, { match }]) => match ? kind : [])])).map(({ id }) => id)
        if (ids.length > 0) await fill(ids)
        count += ids.length
        after = ids.length < portion ? null : ids.at(-1) ?? null
        await db.query(saveProgress, [progress, JSON.stringify({ after })])
      }
      return count
    }),
  }
}
