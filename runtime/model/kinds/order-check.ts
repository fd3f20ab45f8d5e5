/**
 * What a schema cannot say of an order: one currency, sums that hold, fulfilments of lines that exist.
 *
 * Tolerance: systems round per line, per tax or on the whole. Each sum may differ by one minor unit of the currency
 * (0.01 NOK) for every amount that was rounded on the way to it: one for a line, one per tax row for a line's tax, one
 * per line and charge for the order. Anything beyond that is an error of the source or the mapping.
 */
import type { TorgError } from '../../errors.ts'
import { faultOf } from '../checks.ts'
import { currencyExponent, Decimal, minorUnit, toAmount } from '../decimals.ts'
import { isRecord, type Finding } from '../validation.ts'
import type { Money } from '../values.ts'
import type { Order, OrderCharge, OrderLine } from './order.ts'
import { fulfilmentMachine } from './order-states.ts'

/** The first thing that does not hold as an error, with all further ones in `errors`; null where everything adds up. */
export function checkOrder(order: Order): TorgError | null {
  return faultOf('model.totals', foreignAmounts(order)) ?? faultOf('model.totals', wrongSums(order)) ?? faultOf('validation.schema', fulfilmentFindings(order))
}

// ---------------------------------------------------------------- one currency, its own decimals

function foreignAmounts(order: Order): Finding[] {
  const found: Finding[] = []
  const visit = (value: unknown, pointer: string): void => {
    if (Array.isArray(value)) return value.forEach((item, index) => visit(item, `${pointer}/${index}`))
    if (!isRecord(value)) return
    const { amount, currency } = value
    if (amount !== undefined && typeof currency === 'string') {
      if (currency !== order.currency) found.push({ detail: `${pointer} is in ${currency}, but the order is in ${order.currency}. An order has one currency.`, pointer: `${pointer}/currency`, value: currency })
      return
    }
    for (const key in value) if (typeof value[key] === 'object' && key !== 'ext') visit(value[key], `${pointer}/${key}`)
  }
  visit(order, '')
  return found
}

// ---------------------------------------------------------------- sums

const amount = (money: Money) => new Decimal(money.amount)
const zero = new Decimal(0)
const sum = <Item>(items: readonly Item[], of: (item: Item) => Money) => items.reduce((total, item) => total.plus(amount(of(item))), zero)

interface Comparison { pointer: string, given: Money, expected: Decimal, roundings: number, meaning: string }

/** Everything that does not add up. */
function wrongSums(order: Order): Finding[] {
  const { currency, taxMode, lines = [], charges = [], taxes = [], totals } = order
  const exponent = currencyExponent(currency)
  const unit = minorUnit(currency)
  const found: Finding[] = []

  function compare({ pointer, given, expected, roundings, meaning }: Comparison): void {
    const difference = amount(given).minus(expected)
    const tolerance = unit.times(new Decimal(Math.max(1, roundings)))
    if (difference.abs().cmp(tolerance) <= 0) return
    const shown = toAmount(expected.round(exponent), currency)
    found.push({ detail: `${pointer} is ${given.amount} ${currency}, but ${meaning} is ${shown} ${currency}: a difference of ${toAmount(difference, currency)}, allowed is ${toAmount(tolerance, currency)}.`, pointer: `${pointer}/amount`, value: given.amount })
  }

  /** A total must be payable: no more decimals than its currency has. */
  function compareDecimals(pointer: string, money: Money): void {
    const value = amount(money)
    if (!value.eq(value.round(exponent))) found.push({ detail: `${pointer} is ${money.amount} ${currency}, but totals in ${currency} have at most ${exponent} decimals.`, pointer: `${pointer}/amount`, value: money.amount })
  }

  function compareTotals(pointer: string, { net, tax, gross }: { net: Money, tax: Money, gross: Money }): void {
    compareDecimals(`${pointer}/net`, net)
    compareDecimals(`${pointer}/tax`, tax)
    compareDecimals(`${pointer}/gross`, gross)
    compare({ pointer: `${pointer}/gross`, given: gross, expected: amount(net).plus(amount(tax)), roundings: 1, meaning: 'net + tax' })
  }

  function compareItem(pointer: string, { totals, discounts = [], taxes }: OrderLine | OrderCharge, full: Decimal, meaning: string): void {
    const side = taxMode === 'gross' ? 'gross' : 'net'
    compareTotals(`${pointer}/totals`, totals)
    compare({
      pointer: `${pointer}/totals/${side}`, given: totals[side], expected: full.minus(sum(discounts, discount => discount.amount)),
      roundings: 1 + discounts.length, meaning: discounts.length > 0 ? `${meaning} - discounts` : meaning,
    })
    if (taxes) compare({ pointer: `${pointer}/totals/tax`, given: totals.tax, expected: sum(taxes, tax => tax.amount), roundings: taxes.length, meaning: 'the sum of its taxes' })
  }

  for (const [index, line] of lines.entries()) compareItem(`/lines/${index}`, line, amount(line.unitPrice).times(new Decimal(line.quantity.value)), 'quantity x unit price')
  for (const [index, charge] of charges.entries()) compareItem(`/charges/${index}`, charge, amount(charge.price), 'the price')
  compareTotals('/totals', totals)
  if (order.lines === undefined) return found

  const items = [...lines, ...charges]
  const whole = sum(taxes, tax => tax.amount)
  const of = (side: 'net' | 'tax' | 'gross') => sum(items, item => item.totals[side])
  // A tax stated for the whole order comes on top of net prices, and is contained in gross prices.
  const expected = {
    net: taxMode === 'gross' ? of('net').minus(whole) : of('net'),
    tax: of('tax').plus(whole),
    gross: taxMode === 'gross' ? of('gross') : of('gross').plus(whole),
  }
  for (const side of ['net', 'tax', 'gross'] as const) {
    compare({ pointer: `/totals/${side}`, given: totals[side], expected: expected[side], roundings: items.length + taxes.length, meaning: `the sum over ${lines.length} lines and ${charges.length} charges` })
  }
  if (totals.discount) {
    const discounts = items.flatMap(item => item.discounts ?? [])
    compare({ pointer: '/totals/discount', given: totals.discount, expected: sum(discounts, discount => discount.amount), roundings: discounts.length, meaning: 'the sum of the discounts of lines and charges' })
  }
  return found
}

// ---------------------------------------------------------------- fulfilments

function fulfilmentFindings(order: Order): Finding[] {
  const found: Finding[] = []
  const lines = new Map((order.lines ?? []).map(line => [line.id, line]))
  if (lines.size < (order.lines?.length ?? 0)) found.push({ detail: 'Two lines of the order have the same id. Map an id that is unique within the order.', pointer: '/lines', value: order.lines?.map(line => line.id) })
  order.fulfilments?.forEach((fulfilment, index) => {
    const states = Object.keys(fulfilmentMachine(fulfilment.type))
    if (!states.includes(fulfilment.state)) found.push({ detail: `/fulfilments/${index}/state is "${fulfilment.state}", which a fulfilment of type ${fulfilment.type} does not have. Its states: ${states.join(', ')}.`, pointer: `/fulfilments/${index}/state`, value: fulfilment.state })
    if (order.lines === undefined) return
    fulfilment.lines.forEach(({ line }, position) => {
      if (!lines.has(line)) found.push({ detail: `/fulfilments/${index}/lines/${position} names the order line "${line}", which the order does not have.`, pointer: `/fulfilments/${index}/lines/${position}/line`, value: line })
    })
  })
  return found
}
