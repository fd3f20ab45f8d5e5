import { expect } from 'chai'
import { Big } from 'big.js'
import { Decimal, rounding, toAmount } from '../../runtime/model/decimals.ts'
import { createRandom } from '../../nodes/shopify/twin/random.ts'

describe('decimals', () => {
  const seed = Math.floor(Math.random() * 2 ** 32)

  it(`are what big.js says, whatever the size (seed ${seed})`, () => {
    const random = createRandom(seed)
    /** Small and large ones, many and no decimals, and those at the edge of what fits. */
    const text = (): string => {
      const digits = random.pick([1, 2, 3, 5, 8, 14, 15, 16, 17, 25])
      const whole = Array.from({ length: digits }, (_, index) => random.integer(index === 0 ? 1 : 0, 9)).join('')
      const decimals = random.pick([0, 0, 1, 2, 3, 4, 12, 15, 18])
      return `${random.chance(0.3) ? '-' : ''}${random.chance(0.1) ? '0' : whole}${decimals === 0 ? '' : `.${Array.from({ length: decimals }, () => random.pick([0, 0, 5, random.integer(0, 9)])).join('')}`}`
    }
    for (let round = 0; round < 20_000; round += 1) {
      const [a, b] = [text(), text()]
      const [ours, other, theirs, otherTheirs] = [new Decimal(a), new Decimal(b), new Big(a), new Big(b)]
      const same = (one: Decimal, expected: Big, what: string): void => { expect(one.toFixed(), `${what} of ${a} and ${b}`).to.equal(expected.toFixed()) }
      same(ours, theirs, 'text')
      same(ours.plus(other), theirs.plus(otherTheirs), 'sum')
      same(ours.minus(other), theirs.minus(otherTheirs), 'difference')
      same(ours.times(other), theirs.times(otherTheirs), 'product')
      same(ours.neg(), theirs.neg(), 'negative')
      same(ours.abs(), theirs.abs(), 'absolute')
      expect(Math.sign(ours.cmp(other)), `order of ${a} and ${b}`).to.equal(theirs.cmp(otherTheirs))
      expect(ours.toNumber(), `number of ${a}`).to.equal(Number(a) === 0 ? 0 : Number(a))
      const decimals = random.integer(0, 6)
      for (const [name, mode] of Object.entries(rounding)) same(ours.round(decimals, mode), theirs.round(decimals, mode), `${name} to ${decimals} decimals`)
      expect(ours.round(decimals).toFixed(decimals), `${a} with ${decimals} decimals`).to.equal(theirs.toFixed(decimals, 1).replace(/^-(0(?:\.0+)?)$/, '$1'))
      if (!otherTheirs.eq(0)) {
        const divide = Big()
        divide.DP = 12
        same(ours.div(other), new divide(a).div(b), 'quotient')
      }
    }
  })

  it('read numbers and exponents, and refuse what is none', () => {
    for (const [given, text] of [[0.1, '0.1'], [-0, '0'], [1e21, '1000000000000000000000'], [1e-7, '0.0000001'], ['1e3', '1000'], ['007.50', '7.5'], ['9007199254740993', '9007199254740993']] as const) expect(new Decimal(given).toFixed()).to.equal(text)
    for (const wrong of ['', '-', '.', '1.2.3', 'twelve', '1,5', Number.NaN, Infinity]) expect(() => new Decimal(wrong), String(wrong)).to.throw()
  })

  it('write amounts with at least the decimals of the currency', () => {
    for (const [value, currency, amount] of [['199', 'NOK', '199.00'], ['199.5', 'NOK', '199.50'], ['199.555', 'NOK', '199.555'], ['1500', 'ISK', '1500'], ['1.5', 'KWD', '1.500'], ['-0.05', 'NOK', '-0.05'], ['12345678901234567890.5', 'NOK', '12345678901234567890.50']] as const) {
      expect(toAmount(new Decimal(value), currency)).to.equal(amount)
    }
  })
})
