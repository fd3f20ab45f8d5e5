/** How long keys are leased. */
import type { LaneName } from '../store/types.ts'

/** The lane of a key. `limitMs` is the longest run limit of its flows. */
export interface WorkedLane { readonly name: LaneName, readonly limitMs: number }

/** Added to the run's limit: an HTTP call aborted at the limit must have ended before another may take the key. */
const marginMs = 35_000

/** How long a key of this lane is leased. */
export const leaseMsOf = ({ limitMs }: WorkedLane): number => limitMs + marginMs

/** Whether a lease taken or prolonged then must be prolonged before another run under it. */
export const isOld = (leasedAt: number): boolean => Date.now() - leasedAt > marginMs / 2
