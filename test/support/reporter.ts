/** Mocha's spec reporter, with the result once more in one plain line at the very end. */
import { stripVTControlCharacters } from 'node:util'
import Mocha from 'mocha'

export interface Totals { passed: number, failed: number, skipped: number }

export default class Reporter extends Mocha.reporters.Spec {
  override epilogue(): void {
    super.epilogue()
    const { passes, failures, pending } = this.stats
    process.stdout.write(lineOf({ passed: passes, failed: failures, skipped: pending }))
  }
}

export const lineOf = ({ passed, failed, skipped }: Totals): string => `tests: ${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}\n`

/** What a run has written: its cases, then its summary with every failure, then the line above, if it got that far. */
export function readRun(written: string): { cases: string, summary: string, totals: Totals | undefined } {
  const output = stripVTControlCharacters(written)
  const found = /^tests: (\d+) passed, (\d+) failed(?:, (\d+) skipped)?\n$/m.exec(output.slice(output.lastIndexOf('tests: ')))
  if (!found) return { cases: output, summary: '', totals: undefined }
  const [line, passed, failed, skipped] = found
  const summaryAt = [...output.matchAll(/^ *\d+ passing /gm)].at(-1)?.index ?? output.length
  return {
    cases: output.slice(0, summaryAt), summary: output.slice(summaryAt, -line.length),
    totals: { passed: Number(passed), failed: Number(failed), skipped: Number(skipped ?? 0) },
  }
}
