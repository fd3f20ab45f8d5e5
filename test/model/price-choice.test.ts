import { expect } from 'chai'
import { choosePrice } from '../../runtime/model/index.ts'
import type { Price } from '../../runtime/model/kinds/price.ts'
import type { PriceWant } from '../../runtime/model/price-choice.ts'

const at = '2026-03-01T12:00:00Z'
const price = (amount: string, over: Partial<Price> = {}): Price => ({ variant: { id: 'v' }, type: 'regular', list: 'consumer', value: { amount, currency: 'NOK' }, taxIncluded: true, ...over })
const piece = (value: string) => ({ value, unit: 'H87' })

/** Amounts of the price to pay and the regular one. */
const chosen = (prices: Price[], want: Partial<PriceWant> = {}): (string | undefined)[] | null => {
  const choice = choosePrice(prices.map((one, index) => ({ id: String(index), price: one })), { at, currency: 'NOK', ...want })
  return choice && [choice.price.price.value.amount, choice.regular?.price.value.amount]
}

describe('the price in effect', () => {
  const cases: [name: string, prices: Price[], want: Partial<PriceWant>, expected: (string | undefined)[] | null][] = [
    ['is none where there is none', [], {}, null],
    ['is one of the currency asked for', [price('10', { value: { amount: '9', currency: 'SEK' } }), price('10')], {}, ['10', '10']],
    ['is never cost or recommendation', [price('5', { type: 'cost' }), price('8', { type: 'rrp' })], {}, null],
    ['holds from its begin', [price('10'), price('7', { type: 'campaign', validFrom: at })], {}, ['7', '10']],
    ['holds no more at its end', [price('10'), price('7', { type: 'campaign', validTo: '2026-03-01T12:00:00.000Z' })], {}, ['10', '10']],
    ['is the lower one of campaign and regular', [price('10'), price('12', { type: 'campaign' })], {}, ['10', '10']],
    ['is the store\'s own, also where that is dearer', [price('10'), price('14', { store: 'airport' }), price('11', { channel: 'stores' })], { store: 'airport', channel: 'stores' }, ['14', '14']],
    ['is not that of another store', [price('10'), price('14', { store: 'airport' })], { store: 'oslo' }, ['10', '10']],
    ['is a campaign everywhere, also in a dear store', [price('14', { store: 'airport' }), price('7', { type: 'campaign' })], { store: 'airport' }, ['7', '14']],
    ['is the club\'s for members', [price('10'), price('9', { customerGroup: 'club' })], { customerGroups: ['staff', 'club'] }, ['9', '10']],
    ['is not the club\'s for others', [price('10'), price('9', { customerGroup: 'club' })], {}, ['10', '10']],
    ['is the one agreed with the customer', [price('10'), price('8', { customer: { id: 'c1' } })], { customer: 'c1' }, ['8', '10']],
    ['is not the one agreed with another', [price('8', { customer: { id: 'c1' } }), price('7', { customer: { ref: { id: 'c2' } } })], { customer: 'c2' }, null],
    ['is that of the highest quantity reached', [price('10'), price('9', { minimumQuantity: piece('10') }), price('8', { minimumQuantity: piece('100') })], { quantity: '99.5' }, ['9', '9']],
    ['is of the list asked for', [price('10'), price('6', { list: 'wholesale', taxIncluded: false })], { list: 'wholesale' }, ['6', '6']],
    ['is gross or net as asked for', [price('10'), price('6', { taxIncluded: false })], { taxIncluded: true }, ['10', '10']],
    ['is of the unit asked for', [price('10'), price('100', { unit: 'CT' })], { unit: 'CT' }, ['100', '100']],
    ['has no regular one beside it where only members have one', [price('9', { customerGroup: 'club' })], { customerGroups: ['club'] }, ['9', undefined]],
  ]
  for (const [name, prices, want, expected] of cases) {
    it(name, () => {
      expect(chosen(prices, want)).to.deep.equal(expected)
      expect(chosen(prices.toReversed(), want), 'whatever their order').to.deep.equal(expected)
    })
  }

  it('is a campaign, then the newer, among equal ones', () => {
    const equal = [price('10'), price('10', { type: 'campaign' }), price('10', { validFrom: '2026-02-01T00:00:00Z' })]
    const idOf = (candidates: Price[]) => choosePrice(candidates.map((one, index) => ({ id: String(index), price: one })), { at, currency: 'NOK' })?.price.price
    expect(idOf(equal)).to.equal(equal[1])
    expect(idOf(equal.filter(({ type }) => type === 'regular'))).to.equal(equal[2])
  })
})
