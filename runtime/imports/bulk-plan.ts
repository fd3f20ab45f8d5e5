/** Plans of the portions of a bulk import: what is to be done of their lines, and the rows to add. */
import { setImmediate } from 'node:timers/promises'
import { joinRows, type Bulk, type PreparedRows } from '../store/bulk-types.ts'
import type { Import } from '../store/import-types.ts'
import type { EntityWrite } from '../store/types.ts'
import type { Line, Reader, Told } from './lines.ts'
import { doubtful, waysOf } from './portion.ts'
import type { Mark } from './progress.ts'
import type { Row } from './row.ts'
import { patiently } from './save-line.ts'

/** Lines that are worked on before other work of the thread has its turn, such as the answer PostgreSQL waits with. */
const linesPerTurn = 25
/** Lines of a first file that are made rows together. */
const rowsTogether = 100
/** So many of these wait at a time for what their lines link to. */
const mostLinking = 4

/** A row, and what it is likely about. */
export interface Guessed { row: Row, told: Told | null }
/** What a row is about. `present`: the system's own ids in it. What it says is read again where it is needed: of a portion that would be much to keep. */
export interface Looked { row: Row, told: Told | null, present: readonly string[] }
type Documents = readonly Record<string, unknown>[]
export interface Saving { row: Row, line: Line }
interface Adding { row: Row, told: Told, write: EntityWrite }
/**
 * What is to be done of a portion. `same`: how many lines say nothing new. `adds`: the lines of the prepared rows, to be read again if need be.
 * `ids`: whom the other lines are about; null where nobody was asked whether they are known, and `all` are to be planned anew where one is. `isNew`: nobody
 * knew a line of it.
 */
export interface Plan { mark: Mark, same: number, saves: readonly Saving[], adds: readonly Row[], prepared: PreparedRows, ids: ReadonlySet<string> | null, all: readonly Row[], isNew: boolean }

export interface Planner {
  /** What rows are likely about. */
  guess(rows: readonly Row[]): Promise<Guessed[]>
  /** What a row wants saved. */
  lineOf(row: Row): Promise<Line>
  /** @param unsettled ids of lines before that are being stored */
  plan(mark: Mark, rows: readonly Guessed[], unsettled: ReadonlySet<string>): Promise<Plan>
  /**
   * A portion of a first file: some lines at a time are read, checked and made rows, of which no more is kept than PostgreSQL is told. That one is
   * known already, or is twice in the file, PostgreSQL will say. Null where that is too simple for one of them.
   */
  planFirst(mark: Mark, rows: readonly Row[]): Promise<Plan | null>
}

export function createPlanner(begun: Import, reader: Reader, bulk: Bulk): Planner {
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

  const plan: Planner['plan'] = async (mark, rows, unsettled) => {
    const looked = await lookAtChanged(mark, rows, unsettled)
    const told = looked.flatMap(one => one.told ?? [])
    const standing = looked.length === 0 ? [] : await patiently(() => bulk.standing(told, noting(mark, looked.flatMap(one => one.told ? [] : one.present))))
    const ways = waysOf(looked, standing, unsettled)
    const left = looked.flatMap((one, index) => ways[index] === 'same' ? [] : { one, way: ways[index] })
    const saves: Saving[] = []
    const adds: Adding[] = []
    await inTurns(left, async ({ one, way }) => {
      const { row, told } = one
      const line = await lineOf(one)
      if (way !== 'add' || 'refused' in line || !told || !bulk.takesWhole(line.write.document)) saves.push({ row, line })
      else adds.push({ row, told, write: line.write })
    })
    return {
      mark, same: rows.length - left.length, saves, adds: adds.map(({ row }) => row), prepared: prepare(adds, await link(adds)), ids: new Set(left.flatMap(({ one }) => one.present)), all: [],
      isNew: rows.length > 0 && looked.length === rows.length && ways.every(way => way === 'add'),
    }
  }

  const planFirst: Planner['planFirst'] = async (mark, rows) => {
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
    return { mark, same: 0, saves, adds, prepared: joinRows(parts), ids: null, all: rows, isNew: true }
  }

  return { guess, lineOf: async row => lineOf(await look({ row, told: null })), plan, planFirst }
}

/** Does something with each, and lets other work of the thread have its turn now and then. */
export async function inTurns<Item, Result>(items: readonly Item[], work: (item: Item) => Result | Promise<Result>): Promise<Result[]> {
  const results: Result[] = []
  for (const [index, item] of items.entries()) {
    if (index % linesPerTurn === 0) await setImmediate()
    const result = work(item)
    results.push(result instanceof Promise ? await result : result)
  }
  return results
}
