/** Mocha's spec reporter, with the result once more in one plain line at the very end. */
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

/** Takes the line out of what a run has written: its last, if it got that far. */
export function takeTotals(output: string): { rest: string, totals: Totals | undefined } {
  const found = /^tests: (\d+) passed, (\d+) failed(?:, (\d+) skipped)?\n$/m.exec(output.slice(output.lastIndexOf('tests: ')))
  if (!found) return { rest: output, totals: undefined }
  const [line, passed, failed, skipped] = found
  return { rest: output.slice(0, -line.length), totals: { passed: Number(passed), failed: Number(failed), skipped: Number(skipped ?? 0) } }
}
