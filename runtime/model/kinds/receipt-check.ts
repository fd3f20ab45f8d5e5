/** What a schema cannot say of a receipt: one currency, signs, originals of returns, sums, and that it is paid. */
import type { TorgError } from '../../errors.ts'
import { faultOf, repeated } from '../checks.ts'
import { Decimal } from '../decimals.ts'
import { amount, foreignAmounts, sum, SumCheck } from '../sums.ts'
import type { Finding } from '../validation.ts'
import type { Receipt } from './receipt.ts'

/** The first thing that does not hold as an error, with all further ones in `errors`; null where everything adds up. */
export function checkReceipt(receipt: Receipt): TorgError | null {
  return faultOf('model.totals', foreignAmounts(receipt, 'receipt', ['foreign']))
    ?? faultOf('validation.schema', [...repeated('/lines', receipt.lines, 'id', ({ id }) => id), ...lineFindings(receipt), ...tenderFindings(receipt)])
    ?? faultOf('model.totals', wrongSums(receipt))
}

const zero = new Decimal(0)
const sign = (value: Decimal) => value.cmp(zero)

function lineFindings({ lines, order }: Receipt): Finding[] {
  return lines.flatMap(({ type, quantity, unitPrice, discounts = [], original, withoutOriginal, orderLine }, index) => {
    const found: Finding[] = []
    const pointer = `/lines/${index}`
    const direction = sign(new Decimal(quantity.value))
    if (type === 'sale' && direction <= 0) found.push({ detail: `${pointer} is a sale of ${quantity.value}. Something sold has a positive quantity, something that comes back is a line of type return.`, pointer: `${pointer}/quantity/value`, value: quantity.value })
    if (type === 'return' && direction >= 0) found.push({ detail: `${pointer} is a return of ${quantity.value}. What comes back has a negative quantity.`, pointer: `${pointer}/quantity/value`, value: quantity.value })
    if (type === 'return' && (original === undefined) === (withoutOriginal === undefined)) {
      found.push({ detail: `${pointer} is a return and must name either its original line or, in withoutOriginal, why there is none.`, pointer: `${pointer}/original`, value: original })
    }
    if (type === 'sale' && (original ?? withoutOriginal) !== undefined) found.push({ detail: `${pointer} is a sale and has no original line. Set the type to return, or leave original and withoutOriginal out.`, pointer: `${pointer}/${original ? 'original' : 'withoutOriginal'}`, value: original ?? withoutOriginal })
    if (original && (original.receipt === undefined) === (original.order === undefined)) found.push({ detail: `${pointer}/original must name one of receipt and order.`, pointer: `${pointer}/original`, value: original })
    if (orderLine !== undefined && order === undefined) found.push({ detail: `${pointer} names the order line "${orderLine}", but the receipt names no order.`, pointer: `${pointer}/orderLine`, value: orderLine })
    const full = sign(amount(unitPrice)) * direction
    for (const [position, discount] of discounts.entries()) {
      if (sign(amount(discount.amount)) * full < 0) found.push({ detail: `${pointer}/discounts/${position} is ${discount.amount.amount}. On a sale a discount is positive, on a return negative.`, pointer: `${pointer}/discounts/${position}/amount/amount`, value: discount.amount.amount })
    }
    return found
  })
}

function tenderFindings({ tenders, currency }: Receipt): Finding[] {
  return tenders.flatMap(({ amount: taken, change, foreign }, index) => {
    const found: Finding[] = []
    if (change && (sign(amount(change)) < 0 || (sign(amount(change)) > 0 && sign(amount(taken)) < 0))) {
      found.push({ detail: `/tenders/${index}/change is ${change.amount} of ${taken.amount}. Change is positive, and given only where money was taken.`, pointer: `/tenders/${index}/change/amount`, value: change.amount })
    }
    if (foreign?.amount.currency === currency) found.push({ detail: `/tenders/${index}/foreign is in ${currency}, the currency of the receipt. Leave foreign out.`, pointer: `/tenders/${index}/foreign/amount/currency`, value: currency })
    return found
  })
}

function wrongSums(receipt: Receipt): Finding[] {
  const { lines, totals, tenders } = receipt
  const sums = new SumCheck(receipt)
  for (const [index, line] of lines.entries()) sums.compareItem(`/lines/${index}`, line, amount(line.unitPrice).times(new Decimal(line.quantity.value)), 'quantity x unit price')
  sums.compareTotals('/totals', totals)
  for (const side of ['net', 'tax', 'gross'] as const) {
    sums.compare({ pointer: `/totals/${side}`, given: totals[side], expected: sum(lines, line => line.totals[side]), roundings: lines.length, meaning: `the sum over ${lines.length} lines` })
  }
  sums.compareDiscount(totals.discount, lines)
  compareTaxTotals(receipt, sums)
  const paid = sum(tenders, tender => tender.amount).minus(tenders.reduce((given, { change }) => change ? given.plus(amount(change)) : given, zero))
  const due = totals.rounding ? amount(totals.gross).plus(amount(totals.rounding)) : amount(totals.gross)
  sums.compare({ pointer: '/totals/gross', given: totals.gross, expected: paid.minus(due).plus(amount(totals.gross)), exact: true, meaning: 'what was paid (tenders - change - rounding)' })
  return sums.found
}

/** Taxes by rate against those of the lines, where all lines give theirs; else only their sum. */
function compareTaxTotals({ lines, taxTotals, totals }: Receipt, sums: SumCheck): void {
  if (taxTotals === undefined) return
  sums.compare({ pointer: '/totals/tax', given: totals.tax, expected: sum(taxTotals, tax => tax.amount), roundings: taxTotals.length, meaning: 'the sum of the tax totals' })
  const ofLines = lines.flatMap(({ taxes = [] }) => taxes)
  if (lines.some(({ taxes, totals }) => taxes === undefined && sign(amount(totals.tax)) !== 0)) return
  const rateOf = ({ rate }: { rate: string }) => new Decimal(rate).toFixed()
  for (const rate of new Set([...taxTotals, ...ofLines].map(rateOf))) {
    const given = taxTotals.filter(tax => rateOf(tax) === rate)
    const expected = ofLines.filter(tax => rateOf(tax) === rate)
    const owed = sum(expected, tax => tax.amount)
    const index = taxTotals.findIndex(tax => rateOf(tax) === rate)
    if (index >= 0) {
      sums.compare({
        pointer: `/taxTotals/${index}/amount`, given: { amount: sum(given, tax => tax.amount).toFixed(), currency: totals.tax.currency },
        expected: owed, roundings: given.length + expected.length, meaning: `the tax of all lines at the rate ${rate}`,
      })
    } else if (sign(owed) !== 0) sums.found.push({ detail: `The lines have ${owed.toFixed()} ${totals.tax.currency} of tax at the rate ${rate}, which the tax totals do not have. Map all of them, or leave taxTotals out.`, pointer: '/taxTotals', value: taxTotals.map(tax => tax.rate) })
  }
}
