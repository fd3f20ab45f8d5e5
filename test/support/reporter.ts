/** Mocha's spec reporter, with the result once more in one plain line at the very end, or told to `run-all.ts`. */
import Mocha from 'mocha'

/** What a part of the run tells the whole. */
export interface Totals { passed: number, failed: number, skipped: number }

export default class Reporter extends Mocha.reporters.Spec {
  override epilogue(): void {
    super.epilogue()
    const { passes, failures, pending } = this.stats
    const totals: Totals = { passed: passes, failed: failures, skipped: pending }
    if (process.send) process.send(totals)
    else process.stdout.write(lineOf(totals))
  }
}

export const lineOf = ({ passed, failed, skipped }: Totals): string => `tests: ${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}\n`
