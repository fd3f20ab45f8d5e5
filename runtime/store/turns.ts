/** Records whose period begins or ends: the subscriptions that want only what is in effect are served at the moment itself. */
import { guarded, isUnreachable, retrying, type Database, type Transaction } from './db.ts'
import { raiseDeliveries, waitingLanes, type DeliveryState, type Raise } from './deliveries.ts'
import { handingOver } from './hand-over.ts'
import { looksAround } from './look-plan.ts'
import { writeChanges } from './record-writes.ts'
import { authorOf, recordColumns, toRecord, upToDate, type RecordRow } from './rows.ts'
import type { Rules } from './save-plan.ts'
import { nextTurn } from './turn-moments.ts'
import { typedKinds } from './typed/index.ts'
import { lockAny, locking } from './typed/load.ts'
import type { LaneName } from './types.ts'

/** Records of one transaction: a save of the same record waits for no more. */
const portion = 500

const due = 'select id from torg.any_record where turns_at <= $1 order by turns_at limit $2'

const lockRecords = locking(`${recordColumns}, r.turns_at`, 'r.id = any ($1::uuid[]) and r.turns_at <= $2')

const deliveriesOf = 'select d.subscription, g.id as "recordId", d.operation, d.desired > d.acked as pending from unnest($1::uuid[]) as g (id) cross join lateral torg.deliveries_of(g.id) d'

const setTurns = ['torg.record', ...typedKinds.map(({ table }) => table)].map(table => `update ${table} r set turns_at = g.turns_at from unnest($1::uuid[], $2::timestamptz[]) as g (id, turns_at) where r.id = g.id`)

type TurnRow = RecordRow & { turns_at: Date }

/** What a portion came to. `more`: there is another one. */
export interface Turned { records: number, lanes: LaneName[], more: boolean }

export interface Turns {
  /**
   * Raises what begins or ends until a moment (ISO 8601), a portion of records at a time. May be done by several processes at once: a record is turned
   * once, by whoever locks it.
   */
  turn(at: string): Promise<Turned>
}

export function createTurns(db: Database, rules: () => Rules): Turns {
  const turnPortion = (ids: string[], at: string): Promise<Omit<Turned, 'more'>> => handingOver(undefined, async offers => ({
    claims: [],
    result: await db.transaction(async tx => {
      const rows = (await lockAny<TurnRow>(tx, lockRecords, [ids, at])).map(row => upToDate(row, rules().kinds))
      const raises = await raisesOf(tx, rows, at, rules())
      const { kinds, subscriptions } = rules()
      const looks = rows.flatMap(row => looksAround(subscriptions, { kind: row.kind, after: row.document, message: null, at }))
      const next = [rows.map(({ id }) => id), rows.map(row => nextTurn(kinds.get(row.kind) ?? {}, toRecord(row), at))]
      await Promise.all(setTurns.map(text => tx.query(text, next)))
      await writeChanges(tx, { records: [], references: [], raises, looks, isNew: () => false }, offers)
      return { records: rows.length, lanes: waitingLanes(raises) }
    }),
  }))

  return {
    turn: at => guarded('Publishing what begins or ends', async () => {
      return await retrying(async () => {
        const ids = (await db.query<{ id: string }>(due, [at, portion])).map(({ id }) => id)
        if (ids.length === 0) return { records: 0, lanes: [], more: false }
        return { ...await turnPortion(ids, at), more: ids.length === portion }
      }, isUnreachable)
    }),
  }
}

async function raisesOf(tx: Transaction, rows: readonly TurnRow[], at: string, { kinds, subscriptions }: Rules): Promise<Raise[]> {
  const states = await tx.query<DeliveryState>(deliveriesOf, [rows.map(({ id }) => id)])
  return rows.flatMap(row => {
    const record = toRecord(row)
    if (record.deletedAt !== null) return []
    const before = new Date(row.turns_at.getTime() - 1).toISOString()
    const stateOf = (subscription: string): DeliveryState | undefined => states.find(state => state.subscription === subscription && state.recordId === record.id)
    return raiseDeliveries({
      record: { id: record.id, kind: record.kind, version: record.version, document: record.document, deleted: false },
      at, origin: { system: authorOf(record), message: null, at }, equalsOrigin: true, rules: kinds.get(record.kind) ?? { fact: false, links: [] },
      // Those to whom the moment makes no difference have the record, or never wanted it.
      subscriptions: subscriptions.filter(({ kind, matches }) => kind === record.kind && matches(record.document, before) !== matches(record.document, at)),
      stateOf,
    }).map(raise => stateOf(raise.subscription) ? { ...raise, again: true as const } : raise)
  })
}
