/** Receives the lines of an import: reads, checks and saves them a batch at a time, and remembers the last one that is settled. */
import { createHash, randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { toTorgError, TorgError } from '../errors.ts'
import type { Import, ImportCounts, ImportError, ImportReceiver, ImportStore } from '../store/import-types.ts'
import type { EntityWrite, SaveOutcome } from '../store/types.ts'
import { createReader, refuse, type Line, type ReaderContext } from './lines.ts'
import type { Row } from './row.ts'

export interface ReceiveOptions extends ReaderContext {
  store: Pick<ImportStore, 'receiveImport' | 'holdImport' | 'settleLines' | 'interruptImport' | 'endImport'>
  /** Saves one entity like `hub save`; calls at the same time share a commit. */
  save(writes: EntityWrite[]): Promise<SaveOutcome[]>
  /** Share of a system's records, 0 to 1, that a full file may end without a person. */
  mostAbsent: number
  /** False while the hub deploys: what is saved then would be raised for the old flows. */
  ready(): boolean
}

/** Rows that are checked and saved before the file is read on: this is what of it is in memory. */
const batchSize = 500
const holdMs = 20_000
const holdEveryMs = 5_000
/** With so many refused lines the mapping or the whole file is wrong, and a person should look. */
const mostRefused = 10_000
/** Pauses before a save is tried again that failed for a passing reason; after the last one the import is interrupted. */
const pausesMs = [500, 1_000, 2_000, 4_000, 8_000, 16_000, 30_000]

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

async function receiveLines(begun: Import & { digest: Buffer | null }, input: AsyncIterable<Buffer>, { store, save, kinds, lookups, ready, receiver }: ReceiveOptions & { receiver: ImportReceiver }): Promise<void> {
  const reader = createReader(begun, { kinds, lookups })
  const hash = createHash('sha256')
  const counts: ImportCounts = { rows: begun.rows, created: begun.created, updated: begun.updated, unchanged: begun.unchanged, stale: begun.stale, removed: begun.removed, failed: begun.failed, unreadable: begun.unreadable }
  let known = begun.digest === null
  let line = begun.line

  /** Before anything new: what comes before is what was settled. */
  const recognise = (): void => {
    if (known) return
    known = true
    if (begun.digest?.equals(hash.copy().digest()) !== true) throw new TorgError('request.conflict', {
      detail: `This is not the file that the import ${begun.id} began with: it differs before line ${begun.line + 1}.`,
      next: 'Send the same file, or cancel the import and declare another one.',
    })
  }

  const take = async (rows: readonly Row[]): Promise<void> => {
    while (!ready()) await sleep(100)
    recognise()
    const lines = await Promise.all(rows.map(reader.toLine))
    const outcomes = await Promise.all(lines.map(async (one, index) => begun.dryRun ? one : saveLine(one, rows[index], save)))
    const errors: ImportError[] = []
    for (const outcome of outcomes) {
      counts.rows += 1
      if ('refused' in outcome) {
        errors.push(outcome.refused)
        counts.failed += 1
        if (outcome.present.length === 0) counts.unreadable += 1
      } else if ('saved' in outcome) counts[outcome.saved] += 1
    }
    for (const row of rows) hash.update(row.text).update('\n')
    line = rows.at(-1)?.line ?? line
    const present = begun.mode === 'full' ? outcomes.flatMap(outcome => outcome.present) : []
    await store.settleLines(receiver, holdMs, { line, digest: hash.copy().digest(), counts, errors, present })
    if (counts.failed > mostRefused) throw new TorgError('request.invalid', {
      detail: `${counts.failed} lines were refused up to line ${line}; the mapping or the whole file seems to be wrong.`,
      next: `See why with: torg imports show ${begun.id}; then cancel it and declare another one, or send the file again to go on.`,
    })
  }

  let batch: Row[] = []
  for await (const rows of reader.rows(input)) {
    for (const row of rows) {
      if (row.line <= begun.line) hash.update(row.text).update('\n')
      else if (batch.push(row) >= batchSize) {
        await take(batch)
        batch = []
      }
    }
  }
  recognise()
  if (batch.length > 0) await take(batch)
}

type Outcome = { present: string[] } & ({ refused: ImportError } | { saved: 'created' | 'updated' | 'unchanged' | 'stale' | 'removed' })

async function saveLine(line: Line, row: Row | undefined, save: ReceiveOptions['save']): Promise<Outcome> {
  if ('refused' in line) return line
  const { write, present } = line
  for (let attempt = 0; ; attempt += 1) {
    try {
      const [saved] = await save([write])
      const outcome = saved?.outcome ?? 'unchanged'
      const removed = write.operation === 'remove' && (outcome === 'updated' || outcome === 'created')
      return { present, saved: removed ? 'removed' : outcome === 'erased' ? 'stale' : outcome }
    } catch (thrown) {
      const error = toTorgError(thrown, 'hub.internal')
      if (error.class === 'permanent') return { present, refused: refuse({ line: line.line, text: row?.text ?? '' }, error) }
      const pauseMs = pausesMs[attempt]
      if (pauseMs === undefined) throw error
      await sleep(pauseMs)
    }
  }
}
