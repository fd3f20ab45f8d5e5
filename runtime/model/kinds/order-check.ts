/**
 * What a schema cannot say of an order: one currency, sums that hold, fulfilments of lines that exist.
 *
 * Tolerance: systems round per line, per tax or on the whole. Each sum may differ by one minor unit of the currency
 * (0.01 NOK) for every amount that was rounded on the way to it: one for a line, one per tax row for a line's tax, one
 * per line and charge for the order. Anything beyond that is an error of the source or the mapping.
 */
import { TorgError } from '../../errors.ts'
import { currencyExponent, Decimal, minorUnit, toAmount } from '../decimals.ts'
import type { Money } from '../values.ts'
import type { Order, OrderCharge, OrderLine } from './order.ts'
import { fulfilmentMachine } from './order-states.ts'

/** The first thing that does not hold as an error, with all further ones in `errors`; null where everything adds up. */
export function checkOrder(order: Order): TorgError | null {
  const currencies = foreignAmounts(order)
  if (currencies.length > 0) return failure('model.totals', currencies)
  const sums = [...lineSums(order), ...orderSums(order)]
  if (sums.length > 0) return failure('model.totals', sums)
  const fulfilments = fulfilmentFindings(order)
  return fulfilments.length > 0 ? failure('validation.schema', fulfilments) : null
}

interface Finding { detail: string, pointer: string, value: unknown }

function failure(code: 'model.totals' | 'validation.schema', found: Finding[]): TorgError {
  const [first, ...others] = found
  const more = others.length === 0 ? '' : ` (and ${others.length} more)`
  return new TorgError(code, { detail: `${first?.detail ?? ''}${more}`, pointer: first?.pointer ?? '', value: first?.value, errors: found })
}

// ---------------------------------------------------------------- one currency, its own decimals

function foreignAmounts(order: Order): Finding[] {
  const found: Finding[] = []
  const visit = (value: unknown, pointer: string): void => {
    if (Array.isArray(value)) return value.forEach((item, index) => visit(item, `${pointer}/${index}`))
    if (typeof value !== 'object' || value === null) return
    if ('amount' in value && 'currency' in value && typeof value.currency === 'string') {
      if (value.currency !== order.currency) found.push({ detail: `${pointer} is in ${value.currency}, but the order is in ${order.currency}. An order has one currency.`, pointer: `${pointer}/currency`, value: value.currency })
      return
    }
    for (const [key, item] of Object.entries(value)) if (key !== 'ext') visit(item, `${pointer}/${key}`)
  }
  visit(order, '')
  return found
}

// ---------------------------------------------------------------- sums

const amount = (money: Money) => new Decimal(money.amount)
const sum = (values: Decimal[]) => values.reduce((total, value) => total.plus(value), new Decimal(0))

interface Comparison { pointer: string, given: Money, expected: Decimal, roundings: number, meaning: string }

function compare(currency: string, { pointer, given, expected, roundings, meaning }: Comparison): Finding[] {
  const difference = amount(given).minus(expected)
  const tolerance = minorUnit(currency).times(new Decimal(Math.max(1, roundings)))
  if (difference.abs().cmp(tolerance) <= 0) return []
  const shown = toAmount(expected.round(currencyExponent(currency)), currency)
  return [{ detail: `${pointer} is ${given.amount} ${currency}, but ${meaning} is ${shown} ${currency}: a difference of ${toAmount(difference, currency)}, allowed is ${toAmount(tolerance, currency)}.`, pointer: `${pointer}/amount`, value: given.amount }]
}

/** A total must be payable: no more decimals than its currency has. */
function decimals(currency: string, pointer: string, money: Money): Finding[] {
  const given = money.amount.split('.')[1]?.replace(/0+$/, '').length ?? 0
  const allowed = currencyExponent(currency)
  return given <= allowed ? [] : [{ detail: `${pointer} is ${money.amount} ${currency}, but totals in ${currency} have at most ${allowed} decimals.`, pointer: `${pointer}/amount`, value: money.amount }]
}

function ownSum(currency: string, pointer: string, totals: { net: Money, tax: Money, gross: Money }): Finding[] {
  return [
    ...decimals(currency, `${pointer}/net`, totals.net), ...decimals(currency, `${pointer}/tax`, totals.tax), ...decimals(currency, `${pointer}/gross`, totals.gross),
    ...compare(currency, { pointer: `${pointer}/gross`, given: totals.gross, expected: amount(totals.net).plus(amount(totals.tax)), roundings: 1, meaning: 'net + tax' }),
  ]
}

function lineSums(order: Order): Finding[] {
  const { currency, taxMode } = order
  const one = (pointer: string, item: OrderLine | OrderCharge, full: Decimal, meaning: string): Finding[] => {
    const discounts = (item.discounts ?? []).map(discount => amount(discount.amount))
    const side = taxMode === 'gross' ? 'gross' : 'net'
    const taxes = item.taxes ?? []
    return [
      ...ownSum(currency, `${pointer}/totals`, item.totals),
      ...compare(currency, { pointer: `${pointer}/totals/${side}`, given: item.totals[side], expected: full.minus(sum(discounts)), roundings: 1 + discounts.length, meaning: discounts.length > 0 ? `${meaning} - discounts` : meaning }),
      ...item.taxes === undefined ? [] : compare(currency, { pointer: `${pointer}/totals/tax`, given: item.totals.tax, expected: sum(taxes.map(tax => amount(tax.amount))), roundings: taxes.length, meaning: 'the sum of its taxes' }),
    ]
  }
  return [
    ...(order.lines ?? []).flatMap((line, index) => one(`/lines/${index}`, line, amount(line.unitPrice).times(new Decimal(line.quantity.value)), 'quantity x unit price')),
    ...(order.charges ?? []).flatMap((charge, index) => one(`/charges/${index}`, charge, amount(charge.price), 'the price')),
  ]
}

function orderSums(order: Order): Finding[] {
  const { currency, totals, taxMode } = order
  const own = ownSum(currency, '/totals', totals)
  if (order.lines === undefined) return own
  const items = [...order.lines, ...order.charges ?? []]
  const roundings = items.length + (order.taxes?.length ?? 0)
  const whole = sum((order.taxes ?? []).map(tax => amount(tax.amount)))
  const of = (side: 'net' | 'tax' | 'gross') => sum(items.map(item => amount(item.totals[side])))
  // A tax stated for the whole order comes on top of net prices, and is contained in gross prices.
  const expected = {
    net: taxMode === 'gross' ? of('net').minus(whole) : of('net'),
    tax: of('tax').plus(whole),
    gross: taxMode === 'gross' ? of('gross') : of('gross').plus(whole),
  }
  const discounts = items.flatMap(item => item.discounts ?? []).map(discount => amount(discount.amount))
  return [
    ...own,
    ...(['net', 'tax', 'gross'] as const).flatMap(side => compare(currency, { pointer: `/totals/${side}`, given: totals[side], expected: expected[side], roundings, meaning: `the sum over ${order.lines?.length ?? 0} lines and ${order.charges?.length ?? 0} charges` })),
    ...totals.discount === undefined ? [] : compare(currency, { pointer: '/totals/discount', given: totals.discount, expected: sum(discounts), roundings: discounts.length, meaning: 'the sum of the discounts of lines and charges' }),
  ]
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
