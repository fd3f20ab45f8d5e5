/** Random choices that are the same for the same seed, so that a test can be told what to expect. */

export interface Random {
  /** From 0 to below 1. */
  next(): number
  /** A whole number from `from` to `to`, both included. */
  integer(from: number, to: number): number
  pick<T>(list: readonly [T, ...T[]]): T
  /** True in this share of cases. */
  chance(share: number): boolean
}

/** A generator (mulberry32: 32 bits of state, good enough for shopping). */
export function createRandom(seed: number): Random {
  let state = seed >>> 0
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
  const integer = (from: number, to: number): number => from + Math.floor(next() * (to - from + 1))
  return { next, integer, pick: list => list[integer(0, list.length - 1)] ?? list[0], chance: share => next() < share }
}
