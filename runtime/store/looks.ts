/**
 * What subscriptions want of records that depend on others: looked at behind the commit of whatever may have changed it, so that saves read nothing more. A record is locked, then its
 * others are read, so of several who look at the same moment the last one sees what all have committed, and looking once more changes nothing.
 */
import { guarded, isUnreachable, retrying, type Database, type Transaction } from './db.ts'
import { raiseDeliveries, waitingLanes, type DeliveryState, type Raise } from './deliveries.ts'
import { handingOver } from './hand-over.ts'
import { dependentsOf, needing, othersOf } from './needs.ts'
import { writeChanges } from './record-writes.ts'
import { authorOf, recordColumns, toRecord, upToDate, type RecordRow } from './rows.ts'
import type { Rules } from './save-plan.ts'
import { lockAny, locking } from './typed/load.ts'
import type { LaneName, StoredRecord } from './types.ts'

/** Records of one transaction: a save of the same record waits for no more. */
const portion = 500
/** Of what is to be looked at, at once. */
const page = 200

const next = 'select seq::text as seq, kind, record_id as "recordId", around, message_id as "messageId", at from torg.look order by seq limit $1'
const done = 'delete from torg.look l using unnest($1::bigint[]) g (seq) where l.seq = g.seq'

const lockRecords = locking(recordColumns, 'r.id = any ($1::uuid[]) and r.version > 0')
const deliveriesOf = 'select d.subscription, g.id as "recordId", d.operation, d.desired, d.desired > d.acked as pending from unnest($1::uuid[]) as g (id) cross join lateral torg.deliveries_of(g.id) d'

interface LookRow { seq: string, kind: string, recordId: string, around: boolean, messageId: string | null, at: Date }
type State = DeliveryState & { desired: number }

/** What a portion came to. `more`: there is another one. */
export interface Looked { records: number, lanes: LaneName[], more: boolean }

export interface Looks {
  /**
   * Raises what subscriptions want by now, and takes back what they no longer want, of records whose others have changed until a moment (ISO 8601). May be done by several processes at once, and
   * again after being cut off.
   */
  look(at: string): Promise<Looked>
}

export function createLooks(db: Database, rules: () => Rules): Looks {
  /** Those among these records that a subscription is to be told of. */
  const decide = async (tx: Transaction, records: readonly StoredRecord[], at: string, messageOf: (id: string) => string | null): Promise<Raise[]> => {
    const { subscriptions, kinds } = rules()
    const states = Map.groupBy(await tx.query<State>(deliveriesOf, [records.map(({ id }) => id)]), state => `${state.recordId} ${state.subscription}`)
    const raises: Raise[] = []
    for (const subscription of needing(subscriptions)) {
      const own = records.filter(({ kind }) => kind === subscription.kind)
      const others = await othersOf(tx, subscription.needs, own, kinds)
      for (const { id, kind, version, document, deletedAt, ...record } of own) {
        const [state] = states.get(`${id} ${subscription.id}`) ?? []
        const wanted = deletedAt === null && subscription.matches(document, at) && subscription.needs.met(others(id), at)
        if (wanted ? state?.operation === 'upsert' && state.desired >= version : state?.operation !== 'upsert') continue
        const raised = raiseDeliveries({
          record: { id, kind, version, document, deleted: deletedAt !== null }, at, origin: { system: authorOf(record), message: messageOf(id), at }, equalsOrigin: true,
          rules: kinds.get(kind) ?? { fact: false, links: [] }, subscriptions: [subscription], stateOf: () => state, needsMet: () => wanted,
        })
        raises.push(...raised.map(raise => state && state.desired >= version ? { ...raise, again: true as const } : raise))
      }
    }
    return raises
  }

  const lookAt = (ids: readonly string[], at: string, messageOf: (id: string) => string | null): Promise<LaneName[]> => retrying(() => handingOver(undefined, async offers => ({
    claims: [],
    result: await db.transaction(async tx => {
      const raises = await decide(tx, (await lockAny<RecordRow>(tx, lockRecords, [ids])).map(row => toRecord(upToDate(row, rules().kinds))), at, messageOf)
      await writeChanges(tx, { records: [], references: [], raises, isNew: () => false }, offers)
      return waitingLanes(raises)
    }),
  })), isUnreachable)

  /** Ids in portions: each record itself, then what is about the things. */
  async function* concerned(rows: readonly LookRow[]): AsyncGenerator<string[]> {
    const alone = [...new Set(rows.flatMap(({ around, recordId }) => around ? [] : recordId))]
    for (let start = 0; start < alone.length; start += portion) yield alone.slice(start, start + portion)
    const things = [...new Set(rows.flatMap(({ around, recordId }) => around ? recordId : []))]
    if (things.length === 0) return
    const kinds = new Map(needing(rules().subscriptions).map(subscription => [`${subscription.kind} ${subscription.needs.about}`, subscription]))
    for (const subscription of kinds.values()) {
      for (let after: string | undefined = '00000000-0000-0000-0000-000000000000'; after !== undefined;) {
        const ids: string[] = await dependentsOf(db, subscription, things, { after, limit: portion })
        if (ids.length > 0) yield ids
        after = ids.length < portion ? undefined : ids.at(-1)
      }
    }
  }

  return {
    look: at => guarded('Looking at what depends on other records', async () => {
      const rows = await retrying(() => db.query<LookRow>(next, [page]), isUnreachable)
      // By the clock of whoever turned or saved, which may be ahead.
      const now = new Date(Math.max(Date.parse(at), ...rows.map(row => row.at.getTime()))).toISOString()
      const messages = new Map(rows.flatMap(({ around, recordId, messageId }) => around ? [] : [[recordId, messageId]]))
      const lanes = new Set<LaneName>()
      let records = 0
      for await (const ids of concerned(rows)) {
        for (const lane of await lookAt(ids, now, id => messages.get(id) ?? null)) lanes.add(lane)
        records += ids.length
      }
      if (rows.length > 0) await retrying(() => db.query(done, [rows.map(({ seq }) => seq)]), isUnreachable)
      return { records, lanes: [...lanes], more: rows.length === page }
    }),
  }
}
