/** Takes in files of prices and stock: thousands of lines at a time, of which the next are read while PostgreSQL stores those before. */
import { setImmediate } from 'node:timers/promises'
import { TorgError } from '../errors.ts'
import { joinRows, type Bulk, type BulkOverlap, type PreparedRows } from '../store/bulk-types.ts'
import type { SettledLines } from '../store/import-types.ts'
import type { EntityWrite } from '../store/types.ts'
import { refuse, type Line, type Told } from './lines.ts'
import { doubtful, waysOf } from './portion.ts'
import type { Mark, Outcome } from './progress.ts'
import type { Taking, TakingContext } from './receive.ts'
import type { Row } from './row.ts'
import { patiently, saveLine } from './save-line.ts'

const portionSize = 2_500
/** Lines that are worked on before other work of the thread has its turn, such as the answer PostgreSQL waits with. */
const linesPerTurn = 25
/** Lines of a first file that are made rows together. */
const rowsTogether = 100
/** So many of these wait at a time for what their lines link to. */
const mostLinking = 4

/** A row, and what it is likely about. */
interface Guessed { row: Row, told: Told | null }
/** What a row is about. `present`: the system's own ids in it. What it says is read again where it is needed: of a portion that would be much to keep. */
interface Looked { row: Row, told: Told | null, present: readonly string[] }
type Documents = readonly Record<string, unknown>[]
interface Saving { row: Row, line: Line }
interface Adding { row: Row, told: Told, write: EntityWrite }
/**
 * What is to be done of a portion. `same`: how many lines say nothing new. `adds`: the lines of the prepared rows, to be read again if need be.
 * `ids`: whom the other lines are about; null where nobody was asked whether they are known, and `all` are to be planned anew where one is.
 */
interface Plan { mark: Mark, same: number, saves: readonly Saving[], adds: readonly Row[], prepared: PreparedRows, ids: ReadonlySet<string> | null, all: readonly Row[] }

/** A portion that is being settled. `copied`: whether its rows were added as they are, known at the latest when they are; null where that is not tried before it is the portion's turn. */
interface Settling { copied: Promise<boolean> | null, done: Promise<void> }

export function createBulkTaking({ begun, reader, progress, store, save, receiver, holdMs, isReady }: TakingContext, bulk: Bulk): Taking {
  let planning: Promise<void> = Promise.resolve()
  let settling: Settling = { copied: null, done: Promise.resolve() }
  /** Of the last portion but one. */
  let settlingBefore = settling
  /** Whom those two portions are about; null where that was not noted. */
  let unsettled: readonly (ReadonlySet<string> | null)[] = []
  /** Nobody knew a line of the last portion, so that this is likely a first file: whether lines are known is not asked until PostgreSQL refuses one that is. */
  let isFirst: boolean | undefined

  /** Whom the lines of a full file are about is noted as they are looked for. */
  const noting = (mark: Mark, others: readonly string[] = []): { importId: string, line: number, others: readonly string[] } | null => begun.mode === 'full' ? { importId: begun.id, line: mark.line, others } : null

  // ------------------------------------------------------------ reading

  const look = async ({ row, told: guessed }: Guessed): Promise<Looked> => {
    const read = await reader.read(row)
    const told = reader.tell(read, guessed)
    return { row, told, present: told ? [told.id] : reader.toLine(row, read).present }
  }
  const guess = (rows: readonly Row[]): Promise<Guessed[]> => inTurns(rows, row => ({ row, told: reader.guess(row) }))
  const lineOf = async ({ row, told }: Pick<Looked, 'row' | 'told'>): Promise<Line> => reader.toLine(row, await reader.read(row), told ?? undefined)

  /** Those of which something is to be done. What was said last, to the letter, need not be read. */
  const lookAtChanged = async (mark: Mark, rows: readonly Guessed[], unsettled: ReadonlySet<string>): Promise<Looked[]> => {
    const guesses = rows.flatMap(({ told }) => told ?? [])
    const inDoubt = doubtful(guesses.map(({ id }) => id), unsettled)
    const asked = guesses.filter(({ id }) => !inDoubt.has(id))
    const unchanged = asked.length === 0 ? [] : await patiently(() => bulk.unchanged(asked, noting(mark)))
    const same = new Map(asked.flatMap((told, index) => unchanged[index] ? [[told.id, told]] : []))
    if (same.size === rows.length) return []
    const isSame = ({ told }: Guessed): boolean => told !== null && same.get(told.id) === told
    const looked = await inTurns(rows.filter(row => !isSame(row)), look)
    // A line of which nothing was to be done is about a record that another one turns out to be about as well: the last of them counts.
    const again = new Set(looked.flatMap(({ present }) => present).filter(id => same.has(id)))
    return again.size === 0 ? looked : inTurns(rows.filter(row => !isSame(row) || again.has(row.told?.id ?? '')), look)
  }

  // ------------------------------------------------------------ planning

  const link = (lines: readonly Adding[]): Documents | Promise<Documents> => {
    const documents = lines.map(({ write }) => write.document)
    const linked = bulk.link(documents)
    return linked instanceof Promise ? linked.catch(() => patiently(async () => bulk.link(documents))) : linked
  }
  const prepare = (lines: readonly Adding[], documents: Documents): PreparedRows => bulk.prepare({
    importId: begun.id, at: begun.at, schema: reader.schema,
    rows: lines.map(({ row, told, write }, index) => ({ id: told.id, said: told.said, line: row.line, document: documents[index] ?? write.document, number: write.number })),
  })

  /** @param unsettled ids of lines before that are being stored */
  const plan = async (mark: Mark, rows: readonly Guessed[], unsettled: ReadonlySet<string>): Promise<Plan> => {
    const looked = await lookAtChanged(mark, rows, unsettled)
    const told = looked.flatMap(one => one.told ?? [])
    const standing = looked.length === 0 ? [] : await patiently(() => bulk.standing(told, noting(mark, looked.flatMap(one => one.told ? [] : one.present))))
    const ways = waysOf(looked, standing, unsettled)
    isFirst = rows.length > 0 && looked.length === rows.length && ways.every(way => way === 'add')
    const left = looked.flatMap((one, index) => ways[index] === 'same' ? [] : { one, way: ways[index] })
    const saves: Saving[] = []
    const adds: Adding[] = []
    await inTurns(left, async ({ one, way }) => {
      const { row, told } = one
      const line = await lineOf(one)
      if (way !== 'add' || 'refused' in line || !told || !bulk.takesWhole(line.write.document)) saves.push({ row, line })
      else adds.push({ row, told, write: line.write })
    })
    return { mark, same: rows.length - left.length, saves, adds: adds.map(({ row }) => row), prepared: prepare(adds, await link(adds)), ids: new Set(left.flatMap(({ one }) => one.present)), all: [] }
  }

  /**
   * A portion of a first file: some lines at a time are read, checked and made rows, of which no more is kept than PostgreSQL is told. That one is
   * known already, or is twice in the file, PostgreSQL will say. Null where that is too simple for one of them.
   */
  const planFirst = async (mark: Mark, rows: readonly Row[]): Promise<Plan | null> => {
    if (!await patiently(() => bulk.noticesKnown())) return null
    const [saves, adds, parts]: [Saving[], Row[], PreparedRows[]] = [[], [], []]
    const linking: { made: readonly Adding[], linked: Documents | Promise<Documents> }[] = []
    // In the order of the lines: ids rise.
    const prepareUpTo = async (most: number): Promise<void> => {
      for (let [next] = linking; next && linking.length > most; [next] = linking) {
        parts.push(prepare(next.made, await next.linked))
        linking.shift()
      }
    }
    for (let from = 0; from < rows.length; from += rowsTogether) {
      const made: Adding[] = []
      for (const [index, row] of rows.slice(from, from + rowsTogether).entries()) {
        if (index % linesPerTurn === 0) await setImmediate()
        const reading = reader.read(row)
        const read = reading instanceof Promise ? await reading : reading
        const told = reader.tell(read, null)
        if (!told) return null
        const line = reader.toLine(row, read, told)
        if ('refused' in line) saves.push({ row, line })
        else if (!bulk.takesWhole(line.write.document)) return null
        else {
          made.push({ row, told, write: line.write })
          adds.push(row)
        }
      }
      const linked = link(made)
      linking.push({ made, linked })
      // Told where it is awaited.
      if (linked instanceof Promise) linked.catch(() => undefined)
      await prepareUpTo(linked instanceof Promise || linking.length > 1 ? mostLinking : 0)
    }
    await prepareUpTo(0)
    // Whom refused lines are about is there, if faulty.
    const refused = saves.flatMap(({ line }) => line.present)
    if (begun.mode === 'full' && refused.length > 0) await patiently(() => bulk.standing([], noting(mark, refused)))
    return { mark, same: 0, saves, adds, prepared: joinRows(parts), ids: null, all: rows }
  }

  // ------------------------------------------------------------ settling

  const saveAll = (lines: readonly Saving[]): Promise<Outcome[]> => Promise.all(lines.map(({ row, line }) => saveLine(line, row, save)))

  // Which records the lines are about was noted when they were looked for.
  const noteOf = ({ mark, same }: Plan, outcomes: readonly Outcome[], created = 0): SettledLines => ({ ...progress.settling(mark, outcomes, { unchanged: same, created }), present: [] })

  /** Null where PostgreSQL refuses something of it, or may have stored it: what is stored already is unchanged when it is saved. */
  const add = async (planned: Plan, saved: readonly Outcome[], turn: () => Promise<void>): Promise<SettledLines | null> => {
    const { adds, prepared } = planned
    try {
      return await bulk.add(receiver, holdMs, prepared, turn, overlaps => noteOf(planned, [...saved, ...outcomesOf(adds, overlaps)], adds.length - overlaps.length))
    } catch (thrown) {
      if (thrown instanceof TorgError && (thrown.code === 'request.invalid' || thrown.class === 'transient')) return null
      throw thrown
    }
  }

  /** What is saved comes first: it may make room for what is added. */
  const settle = async (planned: Plan): Promise<void> => {
    const { saves, adds } = planned
    await isReady()
    const saved = await saveAll(saves)
    const added = adds.length === 0 ? null : await add(planned, saved, async () => undefined)
    if (added) return progress.settled(added)
    // One of them is not as it should be, or was stored meanwhile: saved one by one, all others come in.
    const others = await saveAll(await inTurns(adds.map(unguessed), async row => ({ row: row.row, line: await lineOf(await look(row)) })))
    const noted = noteOf(planned, [...saved, ...others])
    await patiently(() => store.settleLines(receiver, holdMs, noted))
    progress.settled(noted)
  }

  /**
   * Of a first file the next rows are copied while those before are being settled, so that PostgreSQL never waits for the thread. Where those before cannot be
   * added as they are, these make room, for they may be about the same records, and come after them.
   */
  const settleFirst = async (planned: Plan, before: Settling, decide: (copied: boolean) => void): Promise<void> => {
    const { mark, saves, adds, all } = planned
    if (!before.copied) await before.done
    const added = adds.length === 0 ? null : await add(planned, await saveAll(saves), async () => {
      if (before.copied && !await before.copied) throw new TorgError('hub.unavailable', { detail: `Lines before line ${mark.line} come first.` })
      await isReady()
    })
    if (added) {
      progress.settled(added)
      return decide(true)
    }
    decide(false)
    await before.done
    // One of them is known, or something else is wrong with it. What is refused is refused again.
    await settle(adds.length === 0 ? planned : await plan(mark, await guess(all), new Set()))
  }

  const begin = (planned: Plan, before: Settling): Settling => {
    const { promise: copied, resolve: decide } = Promise.withResolvers<boolean>()
    const settling: Settling = planned.ids === null ? { copied, done: settleFirst(planned, before, decide) } : { copied: null, done: before.done.then(() => settle(planned)) }
    // Told to whoever awaits it.
    settling.done.catch(() => { decide(false) })
    return settling
  }

  return {
    size: portionSize,
    // While one portion is stored and the next one waits for that, a third is read: neither PostgreSQL nor the thread waits for the other. A failure is told by whoever awaits it.
    take: async rows => {
      const mark = progress.mark(rows)
      isFirst ??= await patiently(() => bulk.isNew())
      const guessed = isFirst ? null : await guess(rows)
      await planning
      planning = (async () => {
        const first = isFirst ? await planFirst(mark, rows) : null
        // Whom lines before are about must be known here: where it is not, they are waited for.
        const noted = unsettled.filter(ids => ids !== null)
        if (!first && noted.length < unsettled.length) await settling.done
        const planned = first ?? await plan(mark, guessed ?? await guess(rows), new Set(noted.flatMap(ids => [...ids])))
        unsettled = [...unsettled.slice(-1), planned.ids]
        const lastButOne = settlingBefore
        settlingBefore = settling
        settling = begin(planned, settlingBefore)
        await lastButOne.done
      })()
      planning.catch(() => undefined)
    },
    end: async () => {
      await planning
      await settling.done
    },
  }
}

const unguessed = (row: Row): Guessed => ({ row, told: null })

/** Of the lines that were not added: why. */
function outcomesOf(adds: readonly Row[], overlaps: readonly BulkOverlap[]): Outcome[] {
  return overlaps.flatMap(({ index, id, error }) => {
    const row = adds[index]
    return row ? { present: [id], refused: refuse(row, error) } : []
  })
}

/** Does something with each, and lets other work of the thread have its turn now and then. */
async function inTurns<Item, Result>(items: readonly Item[], work: (item: Item) => Result | Promise<Result>): Promise<Result[]> {
  const results: Result[] = []
  for (const [index, item] of items.entries()) {
    if (index % linesPerTurn === 0) await setImmediate()
    const result = work(item)
    results.push(result instanceof Promise ? await result : result)
  }
  return results
}
