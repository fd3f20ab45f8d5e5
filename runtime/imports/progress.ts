/** How far the file of an import is: what was read so far, by which the same file is known again, and how its lines came out. */
import { createHash } from 'node:crypto'
import { TorgError } from '../errors.ts'
import type { Import, ImportCounts, ImportError, SettledLines } from '../store/import-types.ts'
import { addTo } from './ndjson.ts'
import type { Row } from './row.ts'

/** With so many refused lines the mapping or the whole file is wrong, and a person should look. */
const mostRefused = 10_000

/** How a line came out. `present` are the system's own ids in it. */
export type Outcome = { present: readonly string[] } & ({ refused: ImportError } | { saved: keyof Pick<ImportCounts, 'created' | 'updated' | 'unchanged' | 'stale' | 'removed'> | null })

/** The end of some rows: the last line, and the hash of all up to it. */
export interface Mark { line: number, digest: Buffer, rows: number }

export interface Progress {
  /** A line that was settled before. */
  pass(row: Row): void
  /**
   * Before anything new: what comes before is what was settled.
   * @throws request.conflict where it is another file
   */
  recognise(): void
  /** Reads rows that are new; in the order of the file. */
  mark(rows: readonly Row[]): Mark
  /** What is to be noted of marked rows; nothing is noted yet. @param more further lines that came out well, of which no more is to be told */
  settling(mark: Mark, outcomes: readonly Outcome[], more?: Partial<Pick<ImportCounts, 'unchanged' | 'created'>>): SettledLines
  /** That was noted. @throws request.invalid where too many were refused */
  settled(noted: SettledLines): void
}

export function createProgress(begun: Import & { digest: Buffer | null }): Progress {
  const hash = createHash('sha256')
  const { rows, created, updated, unchanged, stale, removed, failed, unreadable } = begun
  let counts: ImportCounts = { rows, created, updated, unchanged, stale, removed, failed, unreadable }
  let known = begun.digest === null
  return {
    pass: row => { addTo(hash, [row]) },
    recognise: () => {
      if (known) return
      known = true
      if (begun.digest?.equals(hash.copy().digest()) !== true) throw new TorgError('request.conflict', {
        detail: `This is not the file that the import ${begun.id} began with: it differs before line ${begun.line + 1}.`,
        next: 'Send the same file, or cancel the import and declare another one.',
      })
    },
    mark: given => {
      addTo(hash, given)
      return { line: given.at(-1)?.line ?? begun.line, digest: hash.copy().digest(), rows: given.length }
    },
    settling: (mark, outcomes, more = {}) => {
      const sum = { ...counts, rows: counts.rows + mark.rows, unchanged: counts.unchanged + (more.unchanged ?? 0), created: counts.created + (more.created ?? 0) }
      const errors: ImportError[] = []
      for (const outcome of outcomes) {
        if ('refused' in outcome) {
          errors.push(outcome.refused)
          sum.failed += 1
          if (outcome.present.length === 0) sum.unreadable += 1
        } else if (outcome.saved !== null) sum[outcome.saved] += 1
      }
      return { line: mark.line, digest: mark.digest, counts: sum, errors, present: begun.mode === 'full' ? outcomes.flatMap(({ present }) => present) : [] }
    },
    settled: noted => {
      ({ counts } = noted)
      if (counts.failed > mostRefused) throw new TorgError('request.invalid', {
        detail: `${counts.failed} lines were refused up to line ${noted.line}; the mapping or the whole file seems to be wrong.`,
        next: `See why with: torg imports show ${begun.id}; then cancel it and declare another one, or send the file again to go on.`,
      })
    },
  }
}
