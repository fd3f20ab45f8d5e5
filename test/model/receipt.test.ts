import { expect } from 'chai'
import { splitEntity } from '../../runtime/model/index.ts'
import { cases, kind } from './support.ts'

const nok = (amount: string) => ({ amount, currency: 'NOK' })
const link = { ref: { system: 'pos', kind: 'receipt', id: 'oslo-storo/1/2025-10-30/39907' } }

describe('check of a receipt', () => {
  describe('lines', () => cases('receipt', 'validation.schema', [
    ['a sale of less than nothing', { '/lines/0/quantity/value': '-1' }, '/lines/0/quantity/value', 'a line of type return'],
    ['a return of something', { '/lines/2/quantity/value': '1' }, '/lines/2/quantity/value', 'negative quantity'],
    ['a return without its original', { '/lines/2/original': undefined }, '/lines/2/original', 'withoutOriginal'],
    ['a return without its original, and why', { '/lines/2/original': undefined, '/lines/2/withoutOriginal': 'gift' }, null],
    ['a return with an original and without one', { '/lines/2/withoutOriginal': 'gift' }, '/lines/2/original'],
    ['a return of something bought in the webshop', { '/lines/2/original': { order: { ref: { id: '5402' } }, line: '1' } }, null],
    ['an original both on a receipt and an order', { '/lines/2/original/order': { ref: { id: '5402' } } }, '/lines/2/original', 'one of receipt and order'],
    ['a sale with an original', { '/lines/0/original': { receipt: link, line: '1' } }, '/lines/0/original'],
    ['a line of an order without the order', { '/lines/0/orderLine': '1' }, '/lines/0/orderLine'],
    ['a scanned code that is no GTIN', { '/lines/0/gtin': undefined, '/lines/0/barcode': '4011' }, null],
    ['a line of an order', { '/lines/0/orderLine': '1', '/order': { ref: { id: '5402' } } }, null],
    ['a discount that adds', { '/lines/1/discounts/0/amount/amount': '-25.98' }, '/lines/1/discounts/0/amount/amount'],
    ['two lines with one id', { '/lines/1/id': '1' }, '/lines/1/id'],
  ]))

  describe('sums', () => cases('receipt', 'model.totals', [
    ['a returned line counts negative', { '/lines/2/totals/gross': nok('599.00') }, '/lines/2/totals/gross/amount'],
    ['a line that is not quantity x price - discounts', { '/lines/1/unitPrice': nok('130.00') }, '/lines/1/totals/gross/amount', 'quantity x unit price - discounts is 234.02 NOK'],
    ['a discount given back with the return', { '/lines/2/unitPrice': nok('699.00'), '/lines/2/discounts': [{ amount: nok('-100.00'), source: 'campaign' }], '/totals/discount': nok('-74.02') }, null],
    ['a total that is not the sum of its lines', { '/totals/net': nok('917.06'), '/totals/gross': nok('1143.82') }, '/totals/net/amount', 'the sum over 3 lines is 907.06 NOK'],
    ['a discount total that is not the sum', { '/totals/discount': nok('30.00') }, '/totals/discount/amount'],
    ['net + tax that is not gross', { '/totals/gross': nok('1133.90') }, '/totals/gross/amount', 'net + tax'],
    ['tax totals that are not the tax', { '/taxTotals/0/amount': nok('230.00') }, '/taxTotals/0/amount/amount', 'sum of the tax totals is 230.00'],
    ['tax totals at another rate than the lines', { '/taxTotals/0/rate': '0.15' }, '/taxTotals/0/amount/amount', 'at the rate 0.15 is 0.00 NOK'],
    ['a rate of the lines that the totals lack', { '/lines/1/taxes/0/rate': '0.15' }, '/taxTotals'],
    ['one rate written in two ways', { '/taxTotals/0/rate': '0.250' }, null],
    ['no tax totals', { '/taxTotals': undefined }, null],
    ['tax totals of lines that give only their tax', { '/lines/0/taxes': undefined, '/taxTotals/0/rate': '0.15' }, null],
    ['another currency', { '/tenders/0/amount': { amount: '500.00', currency: 'SEK' } }, '/tenders/0/amount/currency'],
  ]))

  describe('tenders', () => {
    cases('receipt', 'model.totals', [
      ['paid too little, by the smallest coin', { '/tenders/0/amount': nok('499.99') }, '/totals/gross/amount', 'what was paid (tenders - change - rounding) is 1133.81 NOK'],
      ['change that was not given', { '/tenders/1/change': undefined }, '/totals/gross/amount', 'is 1499.82 NOK'],
      ['rounding that was left out', { '/totals/rounding': undefined }, '/totals/gross/amount', 'is 1134.00 NOK'],
      ['paid exactly by card, not rounded', { '/totals/rounding': undefined, '/tenders': [{ type: 'card', method: 'visa', amount: nok('1133.82') }] }, null],
      ['money given back counts against what was taken', { '/tenders': [{ type: 'cash', amount: nok('1500.00') }, { type: 'mobile', method: 'vipps', amount: nok('-366.00') }] }, null],
      ['not paid at all', { '/tenders': [] }, '/totals/gross/amount'],
      ['Swedish kronor in a Norwegian store', { '/tenders/1': { type: 'cash', amount: nok('1000.00'), change: nok('366.00'), foreign: { amount: { amount: '940.00', currency: 'SEK' }, rate: '1.0638' } } }, null],
    ])
    cases('receipt', 'validation.schema', [
      ['negative change', { '/tenders/1/change': nok('-366.00') }, '/tenders/1/change/amount'],
      ['change of money given back', { '/tenders/0/amount': nok('-1.00'), '/tenders/0/change': nok('1.00') }, '/tenders/0/change/amount'],
      ['a foreign currency that is the own one', { '/tenders/1/foreign': { amount: nok('1000.00'), rate: '1' } }, '/tenders/1/foreign/amount/currency'],
    ])
  })

  it('is a fact in the order of its till, told apart by till, number and day', () => {
    const { rules, example } = kind('receipt')
    expect(rules.fact).to.equal(true)
    expect(rules.orderKey?.(example)).to.equal('oslo-storo/2')
    expect(rules.match?.keys(example, null).map(({ rule }) => rule)).to.deep.equal(['key'])
  })

  it('links to customer, order and the receipts it gives back or corrects', () => {
    const { document } = splitEntity('receipt', { refs: [{ id: 'r' }], customer: { ref: { id: 1 } }, corrects: { ref: { id: 'a' } }, lines: [{ original: { receipt: { ref: { id: 'b' } } } }] }, { system: 'pos' })
    expect(document).to.deep.equal({
      customer: { ref: { system: 'pos', kind: 'customer', id: '1' } }, corrects: { ref: { system: 'pos', kind: 'receipt', id: 'a' } },
      lines: [{ original: { receipt: { ref: { system: 'pos', kind: 'receipt', id: 'b' } } } }],
    })
  })
})
