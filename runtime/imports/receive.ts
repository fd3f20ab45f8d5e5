/** Receives the lines of an import: reads, checks and saves them a batch at a time, and remembers the last one that is settled. */
import { randomUUID } from 'node:crypto'
import { toTorgError } from '../errors.ts'
import type { BulkStore } from '../store/bulk-types.ts'
import type { Import, ImportReceiver, ImportStore } from '../store/import-types.ts'
import { createBulkTaking } from './bulk.ts'
import { createReader, type Reader, type ReaderContext } from './lines.ts'
import { createProgress, type Outcome, type Progress } from './progress.ts'
import type { Row } from './row.ts'
import { saveLine, type Save } from './save-line.ts'

export interface ReceiveOptions extends ReaderContext {
  store: Pick<ImportStore, 'receiveImport' | 'holdImport' | 'settleLines' | 'interruptImport' | 'endImport'> & BulkStore
  save: Save
  /** Share of a system's records, 0 to 1, that a full file may end without a person. */
  mostAbsent: number
  /** Resolves once the hub does not deploy: what is saved then would be raised for the old flows. */
  isReady(): Promise<void>
}

/** Takes rows in, some at a time. */
export interface Taking {
  /** Rows at once: this is what of a file is in memory. */
  size: number
  /** Resolves when more may be taken. */
  take(rows: readonly Row[]): Promise<void>
  /** Resolves when all of them are settled. */
  end(): Promise<void>
}

/** What it takes to take rows in. */
export interface TakingContext {
  begun: Import
  reader: Reader
  progress: Progress
  store: ReceiveOptions['store']
  save: Save
  receiver: ImportReceiver
  holdMs: number
  /** Resolves once the hub does not deploy. */
  isReady(): Promise<void>
}

const batchSize = 500
/** Bytes of rows that are taken together at most, unless one row has more. */
const mostBytes = 2_000_000
const holdMs = 20_000
const holdEveryMs = 5_000

/**
 * Takes in a file, or the rest of it where lines were settled before. Whatever ends it early leaves the import waiting for the same file.
 *
 * @param input the bytes of the whole file, from its first line on
 * @throws request.not-found or request.conflict where the import takes no lines, or the file is another than the one begun with
 */
export async function receiveFile(id: string, input: AsyncIterable<Buffer>, options: ReceiveOptions): Promise<Import> {
  const { store, mostAbsent } = options
  const receiver = { id, receiver: randomUUID() }
  const begun = await store.receiveImport(receiver, holdMs)
  // Lost, it is noticed when the next lines are settled.
  const holding = setInterval(() => { store.holdImport(receiver, holdMs).catch(() => undefined) }, holdEveryMs)
  try {
    await receiveLines(begun, input, { ...options, receiver })
    return await store.endImport(receiver, mostAbsent)
  } catch (thrown) {
    const error = toTorgError(thrown, 'request.invalid')
    // Without a database its hold runs out by itself.
    await store.interruptImport(receiver, error.message).catch(() => undefined)
    throw error
  } finally {
    clearInterval(holding)
  }
}

async function receiveLines(begun: Import & { digest: Buffer | null }, input: AsyncIterable<Buffer>, { store, save, kinds, lookups, isReady, receiver }: ReceiveOptions & { receiver: ImportReceiver }): Promise<void> {
  const reader = createReader(begun, { kinds, lookups })
  const progress = createProgress(begun)
  const context: TakingContext = { begun, reader, progress, store, save, receiver, holdMs, isReady }
  const bulk = begun.dryRun ? null : store.openBulk(begun)
  const taking = bulk ? createBulkTaking(context, bulk) : createTaking(context)
  let batch: Row[] = []
  let size = 0
  const take = async (): Promise<void> => {
    progress.recognise()
    const rows = batch
    batch = []
    size = 0
    await taking.take(rows)
  }
  try {
    for await (const rows of reader.rows(input)) {
      for (const row of rows) {
        if (row.line <= begun.line) {
          progress.pass(row)
          continue
        }
        size += row.size
        if (batch.push(row) >= taking.size || size >= mostBytes) await take()
      }
    }
    progress.recognise()
    if (batch.length > 0) await take()
  } finally {
    // Also where the file ends early: what was taken is settled, or fails with the reason.
    await taking.end()
  }
}

/** Line by line, each saved by itself. */
function createTaking({ begun, reader, progress, store, save, receiver, holdMs: heldMs, isReady }: TakingContext): Taking {
  return {
    size: batchSize,
    take: async rows => {
      await isReady()
      const lines = await Promise.all(rows.map(async row => ({ row, line: reader.toLine(row, await reader.read(row)) })))
      const outcomes = await Promise.all(lines.map(async ({ row, line }): Promise<Outcome> => 'refused' in line ? line : begun.dryRun ? { ...line, saved: null } : saveLine(line, row, save)))
      const noted = progress.settling(progress.mark(rows), outcomes)
      await store.settleLines(receiver, heldMs, noted)
      progress.settled(noted)
    },
    end: async () => undefined,
  }
}
