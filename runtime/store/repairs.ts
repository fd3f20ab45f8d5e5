/** Repairs: chosen at once, handed over to the lanes bit by bit. */
import { TorgError } from '../errors.ts'
import { guarded, isUnreachable, openPlanning, retrying, type Database, type Transaction } from './db.ts'
import { raiseMissing } from './back-fill.ts'
import { createPacing } from './pacing.ts'
import { putDeliveriesBack, putMessagesBack } from './put-back.ts'
import { chosen } from './repair-selection.ts'
import type { Advanced, Repair, RepairGroup, RepairPreview, RepairProgress, RepairSample, RepairStore, Selection } from './repair-types.ts'
import type { Rules } from './save-plan.ts'
import { isNoted } from './typed/acknowledged.ts'
import type { LaneName } from './types.ts'

const countGroups = `
select system, node, what, state, code, standing, count(*)::int as count from chosen
group by system, node, what, state, code, standing order by count(*) desc, system, node, what, state, code`

const sampleSize = 10
const takeSample = `
select item as id, system, node, what, name, at, state, code from chosen where standing = 'taken' order by seq, item limit ${sampleSize}`

const takeItems = `
, taken as (
  insert into torg.repair_item (repair_id, position, item, subscription)
  select $11::int, row_number() over (order by seq, item), item, subscription from chosen where standing = 'taken' returning 1
)
select (select count(*)::int from taken) as total, (select count(*)::int from chosen where standing = 'passed over') as passed`

const columns = 'id, selection, by, why, at, state, total, passed_over, cursor, skipped, ended_at, ended_by'

const addRepair = `insert into torg.repair (type, selection, by, why, total, passed_over) values ($1, $2, $3, $4, 0, 0) returning id`
const setTotal = `update torg.repair set total = $2, passed_over = $3 where id = $1 returning ${columns}`
const listRepairs = `select ${columns} from torg.repair where ($1::int is null or id < $1) order by id desc limit $2`
const findRepair = `select ${columns} from torg.repair where id = $1`
const cancel = `update torg.repair set state = 'cancelled', ended_at = now(), ended_by = $2 where id = $1 and state = 'running' returning ${columns}`
const listRunning = `select id from torg.repair where state = 'running' order by id`
// Two processes at once: one of them does it.
const lockRepair = `select id, type, cursor, total from torg.repair where id = $1 and state = 'running' for update skip locked`
const moveCursor = `
update torg.repair set cursor = $2, skipped = skipped + $3, state = case when $2 >= total then 'done' else state end, ended_at = case when $2 >= total then now() end
where id = $1`

const itemsBetween = `select item, subscription from torg.repair_item where repair_id = $1 and position > $2 and position <= $3 order by position`

const messagesNow = `
select m.state, count(*)::int as count from torg.repair_item i join torg.message m on m.id = i.item
where i.repair_id = $1 and i.position > $2 and i.position <= $3 group by m.state`
const deliveriesNow = `
select case when d.dead then 'dead' when d.record_id is null or d.desired <= d.acked then 'done' when d.held then 'held' else 'pending' end as state, count(*)::int as count
from torg.repair_item i left join torg.delivery d on d.subscription = i.subscription and d.record_id = i.item
where i.repair_id = $1 and i.position > $2 and i.position <= $3 and (d.record_id is not null or ${isNoted('i.item', 'i.subscription')}) group by 1`

// What stands in front of new orders: not what is to be tried again later. What re-run messages have saved goes on to other systems,
// where it must not pile up either.
const messagesInFront = `
select (select count(*) from torg.repair_item i join torg.message m on m.id = i.item
    where i.repair_id = $1 and i.position > $2 and i.position <= $3 and m.state = 'pending' and m.due_at <= now())
  + (select count(*) from torg.repair_item i join torg.message m on m.id = i.item cross join lateral unnest(m.records) as r (id)
    join torg.delivery d on d.record_id = r.id
    where i.repair_id = $1 and i.position > $2 and i.position <= $3 and d.desired > d.acked and not d.dead and not d.held and d.due_at <= now()) as count`
const deliveriesInFront = `
select count(*) from torg.repair_item i join torg.delivery d on d.subscription = i.subscription and d.record_id = i.item
where i.repair_id = $1 and i.position > $2 and i.position <= $3 and d.desired > d.acked and not d.dead and not d.held and d.due_at <= now()`

interface RepairRow {
  id: number, selection: Selection, by: string, why: string, at: Date, state: Repair['state'], total: number, passed_over: number, cursor: number, skipped: number
  ended_at: Date | null, ended_by: string | null
}
interface Running { id: number, type: Selection['type'], cursor: number, total: number }

/** @param rules those in force, by which a back-fill raises */
export function createRepairs(db: Database, rules: () => Rules): RepairStore {
  const again = <Result>(doing: string, work: () => Promise<Result>): Promise<Result> => guarded(doing, () => retrying(work))
  const reading = <Result>(doing: string, work: (tx: Transaction) => Promise<Result>): Promise<Result> => again(doing, () => db.transaction(async tx => {
    await tx.script(openPlanning)
    return work(tx)
  }))

  const pacing = createPacing<number>()

  /** The lanes that have work now; null: not yet. */
  const advance = async (tx: Transaction, id: number, most: number): Promise<LaneName[] | null> => {
    const [repair] = await tx.query<Running>(lockRepair, [id])
    if (!repair) return null
    const { type, cursor } = repair
    const size = await pacing.next(id, most, async last => {
      const [front] = await tx.query<{ count: string }>(type === 'messages' ? messagesInFront : deliveriesInFront, [id, cursor - 2 * last, cursor])
      return Number(front?.count)
    })
    if (size === 0) return null
    const items = await tx.query<{ item: string, subscription: string | null }>(itemsBetween, [id, cursor, cursor + size])
    pacing.handed(id, size)
    if (type === 'records') {
      const missing = items.map(({ item, subscription }) => ({ recordId: item, subscription: subscription ?? '' }))
      return raiseMissing(tx, missing, rules(), raised => tx.query(moveCursor, [id, cursor + items.length, items.length - raised]))
    }
    const lanes = type === 'messages'
      ? await putMessagesBack(tx, items.map(({ item }) => item), 'settled')
      : await putDeliveriesBack(tx, items.map(({ item, subscription }) => ({ recordId: item, subscription: subscription ?? '' })), 'settled')
    await tx.query(moveCursor, [id, cursor + items.length, items.length - lanes.length])
    return lanes
  }

  return {
    previewRepair: selection => reading('Counting what a repair would do', async tx => {
      const { text, values } = chosen(selection, rules().subscriptions)
      const rows = await tx.query<RepairGroup & { standing: string }>(text + countGroups, values)
      const sample = await tx.query<Omit<RepairSample, 'at'> & { at: Date }>(text + takeSample, values)
      return toPreview(rows, sample.map(one => ({ ...one, at: one.at.toISOString() })))
    }),

    startRepair: ({ selection, by, why, expected }) => reading('Storing a repair', async tx => {
      const { text, values } = chosen(selection, rules().subscriptions)
      const [added] = await tx.query<{ id: number }>(addRepair, [selection.type, JSON.stringify(selection), by, why])
      if (!added) throw new Error('The repair was not stored.')
      const [{ total, passed } = { total: 0, passed: 0 }] = await tx.query<{ total: number, passed: number }>(text + takeItems, [...values, added.id])
      if (expected !== undefined && total > expected) throw new TorgError('request.conflict', {
        detail: `The selection holds ${total} ${selection.type} by now; ${expected} were expected. Nothing was done.`, pointer: '/expected', value: expected,
        next: 'Look at the selection again by a dry run, and name the number it counts; narrow the period so that it does not grow.',
      })
      if (total === 0) {
        await tx.query('delete from torg.repair where id = $1', [added.id])
        return null
      }
      const [row] = await tx.query<RepairRow>(setTotal, [added.id, total, passed])
      return row ? toRepair(row) : null
    }),

    repairs: ({ limit, before = null }) => again('Listing repairs', async () => (await db.query<RepairRow>(listRepairs, [before, limit])).map(toRepair)),

    repair: id => reading('Reading a repair', async (tx): Promise<RepairProgress | null> => {
      const [row] = await tx.query<RepairRow>(findRepair, [id])
      return row ? { ...toRepair(row), now: await standing(tx, row.selection.type, [id, 0, row.cursor]) } : null
    }),

    cancelRepair: (id, by) => again('Cancelling a repair', async () => {
      const [row] = await db.query<RepairRow>(cancel, [id, by])
      return row ? toRepair(row) : null
    }),

    advanceRepairs: most => again('Handing repairs over', async (): Promise<Advanced> => {
      const running = await db.query<{ id: number }>(listRunning)
      const handed: LaneName[][] = []
      pacing.keep(new Set(running.map(({ id }) => id)))
      // Done twice where the answer was lost it goes on behind what was committed.
      for (const { id } of running) {
        const lanes = await retrying(() => db.transaction(tx => advance(tx, id, most)), isUnreachable)
        if (lanes) handed.push(lanes)
      }
      return { running: running.length, moved: handed.length > 0, lanes: [...new Set(handed.flat())] }
    }),
  }
}

async function standing(tx: Transaction, type: Selection['type'], among: [id: number, after: number, upTo: number]): Promise<RepairProgress['now']> {
  const rows = await tx.query<{ state: 'pending' | 'held' | 'done' | 'dead', count: number }>(type === 'messages' ? messagesNow : deliveriesNow, among)
  const of = (state: string): number => rows.find(row => row.state === state)?.count ?? 0
  return { waiting: of('pending'), held: of('held'), done: of('done'), dead: of('dead') }
}

function toPreview(rows: readonly (RepairGroup & { standing: string })[], sample: RepairSample[]): RepairPreview {
  const sum = (standing: string): number => rows.reduce((total, row) => total + (row.standing === standing ? row.count : 0), 0)
  return {
    count: sum('taken'), waiting: sum('waiting'), passedOver: sum('passed over'), sample,
    groups: rows.flatMap(({ standing, ...group }) => standing === 'taken' ? group : []),
  }
}

function toRepair(row: RepairRow): Repair {
  const { id, selection, by, why, state, total, skipped } = row
  return {
    id, selection, by, why, at: row.at.toISOString(), state, total, passedOver: row.passed_over, handedOver: row.cursor, skipped,
    endedAt: row.ended_at?.toISOString() ?? null, endedBy: row.ended_by,
  }
}
