/** The proof of completeness: see README.md. */
export { prove, type ProofOptions, type Provable } from './prove.ts'
export { readPeriod } from './period.ts'
export type { Completeness } from './report.ts'
