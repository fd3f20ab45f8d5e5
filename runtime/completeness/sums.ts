/** Counts and sums of money under keys. */
import { Decimal, toAmount } from '../model/decimals.ts'
import type { Money } from './report.ts'

/** Exact sums per currency. */
export class Sums {
  readonly #byCurrency = new Map<string, Decimal>()

  /** Nothing happens without an amount or its currency. */
  add(amount: string | null | undefined, currency: string | null | undefined): void {
    if (amount === null || amount === undefined || !currency) return
    this.#byCurrency.set(currency, (this.#byCurrency.get(currency) ?? new Decimal(0)).plus(new Decimal(amount)))
  }

  toMoney(): Money[] {
    return [...this.#byCurrency].sort(([a], [b]) => a < b ? -1 : 1).map(([currency, sum]) => ({ amount: toAmount(sum, currency), currency }))
  }
}

/** Something counted, what it is worth, and since when. */
export class Tally {
  count = 0
  since: string | null = null
  readonly sums = new Sums()

  add({ count = 1, amount, currency, since }: { count?: number, amount?: string | null, currency?: string | null, since?: string | null }): void {
    this.count += count
    this.sums.add(amount, currency)
    if (since && (this.since === null || since < this.since)) this.since = since
  }
}

/** The value under a key, made where there is none. */
export function obtain<Key, Value>(map: Map<Key, Value>, key: Key, make: () => Value): Value {
  const found = map.get(key)
  if (found !== undefined) return found
  const made = make()
  map.set(key, made)
  return made
}
