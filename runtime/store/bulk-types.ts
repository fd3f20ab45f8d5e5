/** What the store promises of files of prices and stock: kinds with tables of their own are taken in by thousands of lines. */
import type { TorgError } from '../errors.ts'
import type { ImportReceiver, SettledLines } from './import-types.ts'
import type { KindRules, Roles, Subscription } from './types.ts'

/** What is deployed, as far as it is asked when a file comes in. */
export interface BulkRules { subscriptions: readonly Omit<Subscription, 'matches'>[], roles: Roles, kinds: ReadonlyMap<string, KindRules> }

/** A line as far as it can be told without being understood. */
export interface BulkLine {
  /** The system's own id. */
  id: string
  /** 32 hexadecimal digits: digest of what the line says, and of the rules by which it would be understood. */
  said: string
}

/** `same`: this was said last, by the same system, and stands. `other`: its record is known. `new`: nobody knows the reference. */
export type BulkStanding = 'same' | 'other' | 'new'

/** A record to create that nobody knows yet, in the words of one line; valid, its links ids. */
export interface BulkRow extends BulkLine {
  line: number
  document: Record<string, unknown>
  number: string | null
}

/** Rows as they are copied into their table, under ids that rise. They are many, and wait: nothing is kept for each of them but its line. */
export interface PreparedRows { first: string, last: string, lines: readonly number[], text: Buffer }

/** As if they had been prepared together. */
export const joinRows = (parts: readonly PreparedRows[]): PreparedRows => ({
  first: parts.find(({ lines }) => lines.length > 0)?.first ?? '', last: parts.findLast(({ lines }) => lines.length > 0)?.last ?? '',
  lines: parts.flatMap(({ lines }) => lines), text: Buffer.concat(parts.map(({ text }) => text)),
})

/** A price that was not added, by its place among the rows and the system's own id, because another one of its scope holds at the same time. */
export interface BulkOverlap { index: number, id: string, error: TorgError }

/** One import's way into the table of its kind. */
export interface Bulk {
  /** Whether the role table lets the system write all of a new record, and leaves its fields whole. */
  takesWhole(document: Readonly<Record<string, unknown>>): boolean
  /**
   * Which of some lines this system said last, word for word, and stand.
   * @param noting with it, their records count as held by the file up to this line
   */
  unchanged(lines: readonly BulkLine[], noting: { importId: string, line: number } | null): Promise<boolean[]>
  /** Whether the system has said no record of the kind yet. */
  isNew(): Promise<boolean>
  /** Whether {@link Bulk.add} would be refused for whatever the system has a record of. */
  noticesKnown(): Promise<boolean>
  /**
   * What is known of some lines, in their order.
   * @param noting with it, the records of the lines and of `others`, further ids of the system, count as held by the file up to this line
   */
  standing(lines: readonly BulkLine[], noting: { importId: string, line: number, others: readonly string[] } | null): Promise<BulkStanding[]>
  /** Turns the links of documents into ids, of placeholders where nobody knows the reference; at once where all of them were looked for before. */
  link(documents: readonly Record<string, unknown>[]): Record<string, unknown>[] | Promise<Record<string, unknown>[]>
  /**
   * Rows for {@link Bulk.add}, their links ids.
   * @param given.at when the system is taken to have said them: what it says beside the file is newer
   */
  prepare(given: { importId: string, at: string, schema: string, rows: readonly BulkRow[] }): PreparedRows
  /**
   * Adds records, raises them as a range for the subscriptions of their kind, and settles the lines: all of it, or nothing. Prices that would
   * overlap are left out; `settled` is told of them and answers what is to be noted.
   * @param turn resolves when all lines before are settled. The rows are copied meanwhile; where it rejects, nothing is added
   * @throws request.conflict as `settleLines`; request.invalid where PostgreSQL refuses a value, or a reference is known by now
   */
  add(receiver: ImportReceiver, holdMs: number, rows: PreparedRows, turn: () => Promise<void>, settled: (overlaps: readonly BulkOverlap[]) => SettledLines): Promise<SettledLines>
}

export interface BulkStore {
  /** Null where records of the kind have no table of their own. */
  openBulk(about: { kind: string, system: string }): Bulk | null
}
