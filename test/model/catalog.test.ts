import { expect } from 'chai'
import { kinds } from '../../runtime/model/index.ts'

interface Case {
  /** What is wrong, or right, with it. */
  name: string
  /** Fields in place of those of the example; undefined takes one away. */
  with: Record<string, unknown>
  /** Pointer of the first finding; absent where there must be none. */
  at?: string
  says?: string
}

const nok = (amount: string) => ({ amount, currency: 'NOK' })
const pieces = (value: string) => ({ value, unit: 'H87' })
const link = (id: string) => ({ ref: { system: 'pim', kind: 'variant', id } })

const cases: Record<string, Case[]> = {
  product: [
    { name: 'a name in one language', with: { name: { nb: 'Ullgenser' } } },
    { name: 'a name without any', with: { name: {} }, at: '/name', says: 'a text per language' },
    { name: 'a name in no language', with: { name: { Norsk: 'Ullgenser' } }, at: '/name/Norsk', says: 'a text per language' },
    { name: 'an attribute of a type that is none', with: { attributes: [{ type: 'bolean', key: 'a', value: true }] }, at: '/attributes/0/type', says: 'Did you mean boolean?' },
    { name: 'an attribute without a type', with: { attributes: [{ key: 'a', value: true }] }, at: '/attributes/0/type', says: 'lacks the field type' },
    { name: 'an attribute whose value does not fit its type', with: { attributes: [{ type: 'number', key: 'a', value: true }] }, at: '/attributes/0/value' },
    { name: 'an attribute twice', with: { attributes: [{ type: 'boolean', key: 'a', value: true }, { type: 'text', key: 'a', value: 'yes' }] }, at: '/attributes/1/key', says: '"a" more than once' },
    { name: 'an option twice', with: { options: [{ key: 'size', values: [{ key: 'M' }] }, { key: 'size', values: [{ key: 'L' }] }] }, at: '/options/1/key' },
    { name: 'a value of an option twice', with: { options: [{ key: 'size', values: [{ key: 'M' }, { key: 'M' }] }] }, at: '/options/0/values/1/key' },
    { name: 'a picture at no address', with: { media: [{ type: 'image', url: 'javascript:alert(1)' }] }, at: '/media/0/url', says: 'https://' },
  ],
  variant: [
    { name: 'GTINs of every length', with: { gtins: ['96385074', '012345678905', '4006381333931', '10012345678902'] } },
    { name: 'a GTIN with a wrong check digit', with: { gtins: ['7038010055721'] }, at: '/gtins/0', says: 'the right check digit' },
    { name: 'a GTIN of a length that none has', with: { gtins: ['70380100557'] }, at: '/gtins/0' },
    { name: 'a UPC and the EAN that is the same', with: { gtins: ['012345678905', '0012345678905'] }, at: '/gtins/1' },
    { name: 'an option twice', with: { options: [{ option: 'size', value: 'M' }, { option: 'size', value: 'L' }] }, at: '/options/1/option' },
    { name: 'a unit that is no code', with: { unit: 'stk' }, at: '/unit', says: 'H87' },
    { name: 'a kit', with: { kit: [{ variant: link('A'), quantity: pieces('2') }] } },
    { name: 'a kit with nothing of a part', with: { kit: [{ variant: link('A'), quantity: pieces('0') }] }, at: '/kit/0/quantity/value', says: 'above 0' },
    { name: 'a weight in centimetres', with: { dimensions: { weight: { value: '1', unit: 'CMT' } } }, at: '/dimensions/weight/unit', says: 'KGM' },
    { name: 'a carton of nothing', with: { packaging: [{ unit: 'CT', contains: pieces('-1') }] }, at: '/packaging/0/contains/value' },
    { name: 'cartons of 6 and of 12', with: { packaging: [{ unit: 'CT', contains: pieces('6') }, { unit: 'CT', contains: pieces('12') }] } },
  ],
  price: [
    { name: 'a price of nothing', with: { value: nok('0') } },
    { name: 'a negative price', with: { value: nok('-1.00') }, at: '/value/amount', says: 'not be below 0' },
    { name: 'a gross price that nobody can pay', with: { value: nok('9.995') }, at: '/value/amount', says: 'at most 2 decimals' },
    { name: 'a net price of a small part', with: { value: nok('0.0125'), priorPrice: undefined, taxIncluded: false } },
    { name: 'a gross price in a currency without decimals', with: { value: { amount: '995.5', currency: 'ISK' }, priorPrice: undefined }, at: '/value/amount', says: 'at most 0 decimals' },
    { name: 'a prior price in another currency', with: { priorPrice: { amount: '1299.00', currency: 'SEK' } }, at: '/priorPrice/currency' },
    { name: 'a prior price of no campaign', with: { type: 'regular', campaign: undefined }, at: '/priorPrice', says: 'type regular has no priorPrice' },
    { name: 'a price of channel and store', with: { store: 'trondheim-torg' }, at: '/channel', says: 'store says it already' },
    { name: 'a price of a customer and a group', with: { customer: link('1') }, at: '/customerGroup' },
    { name: 'a price without an end', with: { validTo: undefined } },
    { name: 'a price that ends before it begins', with: { validTo: '2025-10-01T00:00:00.000Z' }, at: '/validTo', says: 'not after validFrom' },
    { name: 'a price that ends as it begins, written otherwise', with: { validTo: '2025-10-31T23:00:00.000Z' }, at: '/validTo' },
    { name: 'a price from a quantity of nothing', with: { minimumQuantity: pieces('0') }, at: '/minimumQuantity/value' },
  ],
  listing: [
    { name: 'a listing of nowhere', with: { channel: undefined }, at: '/channel', says: 'names no place' },
    { name: 'a listing of two places', with: { market: 'no' }, at: '/channel', says: 'market and channel' },
    { name: 'a day of delivery of what is there already', with: { offer: 'buyable' }, at: '/deliverableFrom', says: 'Set offer to preorder' },
    { name: 'a listing that ends before it begins', with: { validTo: '2025-08-01T00:00:00Z' }, at: '/validTo' },
  ],
}

describe('kinds of the assortment', () => {
  for (const [name, table] of Object.entries(cases)) {
    describe(name, () => {
      for (const { name: title, with: fields, at, says = '' } of table) {
        it(`${at === undefined ? 'takes' : 'refuses'} ${title}`, () => {
          const kind = kinds.get(name)
          const document = Object.fromEntries(Object.entries({ ...kind?.example, ...fields }).filter(([, value]) => value !== undefined))
          const { findings = [], fault = null } = kind?.examine(document) ?? {}
          const [first = fault] = findings
          if (at === undefined) expect(first).to.equal(null)
          else expect(first).to.include({ pointer: at })
          if (says !== '') expect(first && 'detail' in first ? first.detail : fault?.message).to.contain(says)
        })
      }
    })
  }
})
