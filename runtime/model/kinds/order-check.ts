/** What a schema cannot say of an order: one currency, sums that hold ({@link SumCheck}), fulfilments of lines that exist. */
import type { TorgError } from '../../errors.ts'
import { faultOf, repeated } from '../checks.ts'
import { Decimal } from '../decimals.ts'
import { amount, foreignAmounts, sum, SumCheck } from '../sums.ts'
import type { Finding } from '../validation.ts'
import type { Order } from './order.ts'

/** The first thing that does not hold as an error, with all further ones in `errors`; null where everything adds up. */
export function checkOrder(order: Order): TorgError | null {
  return faultOf('model.totals', foreignAmounts(order, 'order')) ?? faultOf('model.totals', wrongSums(order)) ?? faultOf('validation.schema', fulfilmentFindings(order))
}

/** Everything that does not add up. */
function wrongSums(order: Order): Finding[] {
  const { taxMode, lines = [], charges = [], taxes = [], totals } = order
  const sums = new SumCheck(order)
  for (const [index, line] of lines.entries()) sums.compareItem(`/lines/${index}`, line, amount(line.unitPrice).times(new Decimal(line.quantity.value)), 'quantity x unit price')
  for (const [index, charge] of charges.entries()) sums.compareItem(`/charges/${index}`, charge, amount(charge.price), 'the price')
  sums.compareTotals('/totals', totals)
  if (order.lines === undefined) return sums.found

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
    sums.compare({ pointer: `/totals/${side}`, given: totals[side], expected: expected[side], roundings: items.length + taxes.length, meaning: `the sum over ${lines.length} lines and ${charges.length} charges` })
  }
  sums.compareDiscount(totals.discount, items)
  return sums.found
}

function fulfilmentFindings(order: Order): Finding[] {
  const found = repeated('/lines', order.lines, 'id', ({ id }) => id)
  if (order.lines === undefined) return found
  const lines = new Set(order.lines.map(({ id }) => id))
  order.fulfilments?.forEach((fulfilment, index) => fulfilment.lines.forEach(({ line }, position) => {
    if (!lines.has(line)) found.push({ detail: `/fulfilments/${index}/lines/${position} names the order line "${line}", which the order does not have.`, pointer: `/fulfilments/${index}/lines/${position}/line`, value: line })
  }))
  return found
}
