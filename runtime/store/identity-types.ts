/** Contract of the store: reviews of what may be the same, and records that became one. */
import type { LaneName } from './work-types.ts'

/** Records that may be of the same thing: a person decides. */
export interface Review {
  id: number
  kind: string
  /** The record that was made, then those it may be the same as. */
  records: { id: string, number: string | null, refs: { system: string, kind: string, id: string }[] }[]
  /** Match rules by which they were found. */
  rules: string[]
  reason: string
  message: string | null
  openedAt: string
  state: 'open' | 'merged' | 'distinct'
  decidedAt: string | null
  decidedBy: string | null
  note: string | null
}

/** One record became part of another one: who did it, when and why, and who took it back. */
export interface Merge {
  id: number
  kind: string
  /** The record that stays. */
  into: string
  /** The one that became part of it. */
  from: string
  by: string
  why: string
  at: string
  undone: { by: string, why: string, at: string } | null
  /** Lanes in which deliveries were raised: hint them. */
  lanes: LaneName[]
}

export interface IdentityStore {
  /** Newest first; `before` is the id of the last one seen. */
  reviews(filter: { state?: Review['state'], limit: number, before?: number }): Promise<Review[]>
  review(id: number): Promise<Review | null>
  /** The records are of different things. Null where the review is not open. */
  closeReview(id: number, by: string, note: string | null): Promise<Review | null>
  /**
   * Makes one record part of another one: references, links and open reviews follow, and systems that have both lose the one.
   * @throws request.not-found, or request.conflict where they cannot become one
   */
  merge(want: { kind: string, into: string, from: string, by: string, why: string }): Promise<Merge>
  /**
   * Takes a merge back: the record is what it was, and the other one too but for what was written since.
   * @throws request.not-found, or request.conflict where it is not merged, or its winner has become part of a further one
   */
  unmerge(want: { kind: string, from: string, by: string, why: string }): Promise<Merge>
}
