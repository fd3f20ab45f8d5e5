/**
 * Sums of documents with amounts: one currency, its own decimals, totals that hold.
 *
 * Tolerance: systems round per line, per tax or on the whole. Each sum may differ by one minor unit of the currency
 * (0.01 NOK) for every amount that was rounded on the way to it: one for a line, one per tax row for a line's tax, one
 * per line and charge for the whole. Anything beyond that is an error of the source or the mapping.
 */
import { unpayable } from './checks.ts'
import { currencyExponent, Decimal, minorUnit, toAmount } from './decimals.ts'
import { isRecord, type Finding } from './validation.ts'
import type { Money } from './values.ts'

export const amount = (money: Money) => new Decimal(money.amount)
const zero = new Decimal(0)
export const sum = <Item>(items: readonly Item[], of: (item: Item) => Money) => items.reduce((total, item) => total.plus(amount(of(item))), zero)

/**
 * Amounts in another currency than the document's own.
 * @param except Fields, at any depth, whose amounts are of another currency on purpose, beside `ext`.
 */
export function foreignAmounts(document: { currency: string }, kind: string, except: readonly string[] = []): Finding[] {
  const found: Finding[] = []
  const visit = (value: unknown, pointer: string): void => {
    if (Array.isArray(value)) return value.forEach((item, index) => visit(item, `${pointer}/${index}`))
    if (!isRecord(value)) return
    const { amount, currency } = value
    if (amount !== undefined && typeof amount !== 'object' && typeof currency === 'string') {
      if (currency !== document.currency) found.push({ detail: `${pointer} is in ${currency}, but the ${kind} is in ${document.currency}. It has one currency.`, pointer: `${pointer}/currency`, value: currency })
      return
    }
    for (const key in value) if (typeof value[key] === 'object' && key !== 'ext' && !except.includes(key)) visit(value[key], `${pointer}/${key}`)
  }
  visit(document, '')
  return found
}

interface Totals { net: Money, tax: Money, gross: Money }

/** What is sold or charged: its totals, and what leads to them. */
export interface SumItem {
  totals: Totals
  discounts?: readonly { amount: Money }[]
  taxes?: readonly { amount: Money }[]
}

export interface Comparison {
  pointer: string
  given: Money
  expected: Decimal
  /** Amounts rounded on the way; at least one is assumed, none with `exact`. */
  roundings?: number
  exact?: boolean
  /** What the expected amount is, in words. */
  meaning: string
}

/** Compares the sums of one document and collects what does not add up in `found`. */
export class SumCheck {
  readonly found: Finding[] = []
  readonly #currency: string
  readonly #exponent: number
  readonly #unit: Decimal
  /** The side of totals that prices and discounts are on. */
  readonly side: 'net' | 'gross'

  constructor({ currency, taxMode }: { currency: string, taxMode: 'net' | 'gross' }) {
    this.#currency = currency
    this.#exponent = currencyExponent(currency)
    this.#unit = minorUnit(currency)
    this.side = taxMode
  }

  compare({ pointer, given, expected, roundings = 1, exact = false, meaning }: Comparison): void {
    const difference = amount(given).minus(expected)
    const tolerance = exact ? zero : this.#unit.times(new Decimal(Math.max(1, roundings)))
    if (difference.abs().cmp(tolerance) <= 0) return
    const text = (value: Decimal) => toAmount(value, this.#currency)
    this.found.push({ detail: `${pointer} is ${given.amount} ${this.#currency}, but ${meaning} is ${text(expected.round(this.#exponent))} ${this.#currency}: a difference of ${text(difference)}, allowed is ${text(tolerance)}.`, pointer: `${pointer}/amount`, value: given.amount })
  }

  /** net + tax = gross, in the currency's own decimals. */
  compareTotals(pointer: string, { net, tax, gross }: Totals): void {
    this.found.push(...unpayable(`${pointer}/net`, net))
    this.found.push(...unpayable(`${pointer}/tax`, tax))
    this.found.push(...unpayable(`${pointer}/gross`, gross))
    this.compare({ pointer: `${pointer}/gross`, given: gross, expected: amount(net).plus(amount(tax)), meaning: 'net + tax' })
  }

  /** A line or charge without what leads to its price: totals, and their tax from its rows. */
  compareParts(pointer: string, { totals, taxes }: SumItem): void {
    this.compareTotals(`${pointer}/totals`, totals)
    if (taxes) this.compare({ pointer: `${pointer}/totals/tax`, given: totals.tax, expected: sum(taxes, tax => tax.amount), roundings: taxes.length, meaning: 'the sum of its taxes' })
  }

  /** A line or charge: `full` is its price before discounts, in the tax mode of the document. */
  compareItem(pointer: string, item: SumItem, full: Decimal, meaning: string): void {
    const { totals, discounts = [] } = item
    this.compareParts(pointer, item)
    this.compare({
      pointer: `${pointer}/totals/${this.side}`, given: totals[this.side], expected: full.minus(sum(discounts, discount => discount.amount)),
      roundings: 1 + discounts.length, meaning: discounts.length > 0 ? `${meaning} - discounts` : meaning,
    })
  }

  /** The discounts of all items, where the whole states their sum. */
  compareDiscount(given: Money | undefined, items: readonly SumItem[]): void {
    if (given === undefined) return
    const discounts = items.flatMap(item => item.discounts ?? [])
    this.compare({ pointer: '/totals/discount', given, expected: sum(discounts, discount => discount.amount), roundings: discounts.length, meaning: 'the sum of the discounts of its lines' })
  }
}
