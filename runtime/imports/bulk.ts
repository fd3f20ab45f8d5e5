/** Takes in files of prices and stock: thousands of lines at a time, of which the next are read while PostgreSQL stores those before. */
import { setImmediate } from 'node:timers/promises'
import { TorgError } from '../errors.ts'
import type { Bulk, BulkOverlap, BulkRow } from '../store/bulk-types.ts'
import type { SettledLines } from '../store/import-types.ts'
import { refuse, type Line, type Read, type Told } from './lines.ts'
import { waysOf } from './portion.ts'
import type { Mark, Outcome } from './progress.ts'
import type { Taking, TakingContext } from './receive.ts'
import type { Row } from './row.ts'
import { patiently, saveLine } from './save-line.ts'

const portionSize = 2_500
/** Lines that are worked on before other work of this process has its turn, such as the answer PostgreSQL waits with. */
const linesPerTurn = 40

/** A row that was read: what it is about, or else what it wants saved. */
type Looked = { row: Row, read: Read, present: readonly string[] } & ({ told: Told } | { told: null, line: Line })
interface Saving { row: Row, line: Line }
/** A line to add, and how it would be saved should that fail. */
interface Adding extends Saving { added: BulkRow, present: readonly string[] }
/** What is to be done of a portion. `same`: how many lines say nothing new. `ids`: whom the others are about. */
interface Plan { mark: Mark, same: number, saves: Saving[], adds: Adding[], ids: ReadonlySet<string> }

export function createBulkTaking({ begun, reader, progress, store, save, receiver, holdMs, isReady }: TakingContext, bulk: Bulk): Taking {
  let planning: Promise<void> = Promise.resolve()
  let settling: Promise<void> = Promise.resolve()
  let unsettled: ReadonlySet<string> = new Set()

  const lookAt = (row: Row, read: Read): Looked => {
    const told = reader.tell(row, read)
    if (told) return { row, read, told, present: [told.id] }
    const line = reader.toLine(row, read)
    return { row, read, told, line, present: line.present }
  }
  const look = (row: Row): Looked | Promise<Looked> => {
    const read = reader.read(row)
    return read instanceof Promise ? read.then(done => lookAt(row, done)) : lookAt(row, read)
  }

  const plan = async (mark: Mark, looked: readonly Looked[]): Promise<Plan> => {
    const told = looked.flatMap(one => one.told ?? [])
    const others = looked.flatMap(one => one.told ? [] : one.present)
    const standing = told.length + others.length === 0 ? [] : await patiently(() => bulk.standing(told, begun.mode === 'full' ? { importId: begun.id, line: mark.line, others } : null))
    const ways = waysOf(looked, standing, unsettled)
    const left = looked.flatMap((one, index) => ways[index] === 'same' ? [] : { one, way: ways[index] })
    const saves: Saving[] = []
    const adds: Adding[] = []
    await inTurns(left, ({ one, way }) => {
      const { row, told: about, present } = one
      const line = one.told ? reader.toLine(row, one.read, one.told) : one.line
      if (way !== 'add' || 'refused' in line || !about || !bulk.takesWhole(line.write.document)) saves.push({ row, line })
      else adds.push({ row, line, present, added: { id: about.id, said: about.said, line: row.line, document: line.write.document, schema: line.write.schema, number: line.write.number } })
    })
    const linked = adds.length === 0 ? [] : await patiently(() => bulk.link(adds.map(({ added }) => added.document)))
    for (const [index, { added }] of adds.entries()) added.document = linked[index] ?? added.document
    return { mark, same: looked.length - left.length, saves, adds, ids: new Set(left.flatMap(({ one }) => one.present)) }
  }

  /** What is saved comes first: it may make room for what is added. */
  const settle = async ({ mark, same, saves, adds }: Plan): Promise<void> => {
    await isReady()
    const saved = await Promise.all(saves.map(({ row, line }) => saveLine(line, row, save)))
    // Which records the lines are about was noted when they were looked for.
    const settled = (outcomes: readonly Outcome[]): SettledLines => ({ ...progress.settling(mark, [...saved, ...outcomes], same), present: [] })
    if (adds.length > 0) {
      const noted = await addAll(adds, overlaps => settled(outcomesOf(adds, overlaps)))
      if (noted) {
        progress.settled(noted)
        return
      }
    }
    // One of them is not as it should be, or was stored meanwhile: saved one by one, all others come in.
    const noted = settled(await Promise.all(adds.map(({ row, line }) => saveLine(line, row, save))))
    await patiently(() => store.settleLines(receiver, holdMs, noted))
    progress.settled(noted)
  }

  /** Null where PostgreSQL refuses something of it, or may have stored it: what is stored already is unchanged when it is saved. */
  const addAll = async (adds: readonly Adding[], settled: Parameters<Bulk['add']>[3]): Promise<SettledLines | null> => {
    try {
      return await bulk.add(receiver, holdMs, { at: begun.at, rows: adds.map(({ added }) => added) }, settled)
    } catch (thrown) {
      if (thrown instanceof TorgError && (thrown.code === 'request.invalid' || thrown.class === 'transient')) return null
      throw thrown
    }
  }

  return {
    size: portionSize,
    // Three portions are under way: one is looked at, of one PostgreSQL says what it knows, and one is stored. A failure is told by whoever awaits it.
    take: async rows => {
      const mark = progress.mark(rows)
      const looked = await inTurns(rows, look)
      await planning
      planning = (async () => {
        const planned = await plan(mark, looked)
        await settling
        unsettled = planned.ids
        settling = settle(planned)
        settling.catch(() => undefined)
      })()
      planning.catch(() => undefined)
    },
    end: async () => {
      await planning
      await settling
    },
  }
}

function outcomesOf(adds: readonly Adding[], overlaps: readonly BulkOverlap[]): Outcome[] {
  const errorOf = new Map(overlaps.map(({ row, error }) => [row, error]))
  return adds.map(({ row, added, present }): Outcome => {
    const error = errorOf.get(added)
    return error ? { present, refused: refuse(row, error) } : { present, saved: 'created' }
  })
}

/** Does something with each, and lets other work of the process have its turn now and then. */
async function inTurns<Item, Result>(items: readonly Item[], work: (item: Item) => Result | Promise<Result>): Promise<Result[]> {
  const results: Result[] = []
  for (const [index, item] of items.entries()) {
    if (index % linesPerTurn === 0) await setImmediate()
    const result = work(item)
    results.push(result instanceof Promise ? await result : result)
  }
  return results
}
