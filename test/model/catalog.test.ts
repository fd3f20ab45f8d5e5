import { expect } from 'chai'
import { kinds, splitEntity } from '../../runtime/model/index.ts'

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
  campaign: [
    { name: 'an effect that is none', with: { effect: { type: 'percentage', rate: '0.2' } }, at: '/effect/type', says: 'Did you mean percent?' },
    { name: 'a field of another effect', with: { effect: { type: 'percent', rate: '0.2', pay: 2 } }, at: '/effect/pay', says: 'unknown field' },
    { name: '20 percent as 20', with: { effect: { type: 'percent', rate: '20' } }, at: '/effect/rate', says: '"0.2"' },
    { name: 'nothing off', with: { effect: { type: 'percent', rate: '0' } }, at: '/effect/rate', says: 'above 0' },
    { name: 'an amount off in two currencies', with: { effect: { type: 'fixed', per: 'order', off: [nok('100'), { amount: '100', currency: 'SEK' }] } } },
    { name: 'two amounts in one currency', with: { effect: { type: 'fixed', per: 'order', off: [nok('100'), nok('90')] } }, at: '/effect/off/1/currency' },
    { name: 'an amount off and a price', with: { effect: { type: 'fixed', per: 'unit', off: [nok('100')], price: [nok('99')] } }, at: '/effect/off', says: 'both' },
    { name: 'neither an amount off nor a price', with: { effect: { type: 'fixed', per: 'unit' } }, at: '/effect/off', says: 'neither' },
    { name: 'a price that nobody can pay', with: { effect: { type: 'fixed', per: 'unit', price: [nok('99.995')] } }, at: '/effect/price/0/amount' },
    { name: '3 for 2', with: { effect: { type: 'buy-x-pay-y', buy: 3, pay: 2 } } },
    { name: '2 for 3', with: { effect: { type: 'buy-x-pay-y', buy: 2, pay: 3 } }, at: '/effect/pay', says: 'only 2 are bought' },
    { name: 'a bundle', with: { articles: undefined, effect: { type: 'bundle', parts: [{ articles: { categories: ['boots'] }, quantity: 1 }, { articles: { variants: [link('WAX')] }, quantity: 1 }], price: [nok('999')] } } },
    { name: 'a bundle of one', with: { articles: undefined, effect: { type: 'bundle', parts: [{ articles: { categories: ['boots'] }, quantity: 1 }], price: [nok('999')] } }, at: '/effect/parts' },
    { name: 'a bundle with articles beside its parts', with: { effect: { type: 'bundle', parts: [{ articles: { categories: ['boots'] }, quantity: 2 }], price: [nok('999')] } }, at: '/articles' },
    { name: 'a condition of nothing', with: { condition: { type: 'spend', minimum: [nok('0')] } }, at: '/condition/minimum/0/amount' },
    { name: 'articles named by nothing', with: { articles: {} }, at: '/articles', says: 'leave the field out' },
    { name: 'a campaign that ends before it begins', with: { validTo: '2025-10-01T00:00:00Z' }, at: '/validTo' },
  ],
  stock: [
    { name: 'more sold than booked in', with: { onHand: pieces('-2') } },
    { name: 'a negative reservation', with: { reserved: pieces('-1') }, at: '/reserved/value', says: 'not be below 0' },
    { name: 'two units', with: { reserved: { value: '1', unit: 'PR' } }, at: '/reserved/unit', says: 'onHand is in H87' },
    { name: 'a day without a quantity', with: { incoming: undefined }, at: '/incoming' },
    { name: 'what is available, written', with: { available: pieces('7') }, at: '/available', says: 'unknown field' },
    { name: 'a movement', with: { onHand: undefined, asOf: undefined, quantity: pieces('-1') }, at: '/asOf' },
  ],
  'stock-movement': [
    { name: 'a sale that brings something in', with: { quantity: pieces('1') }, at: '/quantity/value', says: 'below 0' },
    { name: 'a return that takes something out', with: { reason: 'return' }, at: '/quantity/value', says: 'above 0' },
    { name: 'a correction up', with: { reason: 'correction', quantity: pieces('1') } },
    { name: 'a correction down', with: { reason: 'correction' } },
    { name: 'a movement of nothing', with: { quantity: pieces('0') }, at: '/quantity/value', says: 'Leave it out' },
    { name: 'a transfer', with: { reason: 'transfer-out', counterpart: 'oslo-city' } },
    { name: 'a transfer to where it is', with: { reason: 'transfer-out', counterpart: 'trondheim-torg' }, at: '/counterpart' },
    { name: 'a sale to another location', with: { counterpart: 'oslo-city' }, at: '/counterpart' },
    { name: 'a movement without a key', with: { key: undefined }, at: '/key' },
    { name: 'a snapshot', with: { onHand: pieces('4') }, at: '/onHand', says: 'unknown field' },
  ],
  location: [
    { name: 'a day in two parts', with: { openingHours: [{ days: ['monday'], opens: '08:00', closes: '12:00' }, { days: ['monday'], opens: '12:00', closes: '24:00' }] } },
    { name: 'hours that overlap', with: { openingHours: [{ days: ['friday', 'monday'], opens: '08:00', closes: '12:01' }, { days: ['monday'], opens: '12:00', closes: '16:00' }] }, at: '/openingHours/1/opens', says: 'monday' },
    { name: 'hours past midnight', with: { openingHours: [{ days: ['friday'], opens: '20:00', closes: '02:00' }] }, at: '/openingHours/0/closes', says: 'two entries' },
    { name: 'an hour that is none', with: { openingHours: [{ days: ['friday'], opens: '8:00', closes: '24:30' }] }, at: '/openingHours/0/opens', says: '09:30' },
    { name: 'hours in no zone', with: { timeZone: undefined }, at: '/timeZone', says: 'Europe/Oslo' },
    { name: 'a zone that is none', with: { timeZone: 'Europe/Trondheim' }, at: '/timeZone', says: 'Europe/Oslo' },
    { name: 'a zone by its offset', with: { timeZone: '+01:00' }, at: '/timeZone' },
    { name: 'two exceptions on one day', with: { exceptions: [{ date: '2025-12-24', hours: [] }, { date: '2025-12-24', hours: [{ opens: '10:00', closes: '13:00' }] }] }, at: '/exceptions/1/date' },
    { name: 'an exception that closes before it opens', with: { exceptions: [{ date: '2025-12-24', hours: [{ opens: '13:00', closes: '10:00' }] }] }, at: '/exceptions/0/hours/0/closes' },
    { name: 'a GLN with a wrong check digit', with: { gln: '7080000000006' }, at: '/gln' },
    { name: 'a latitude beyond the pole', with: { coordinates: { latitude: 91, longitude: 0 } }, at: '/coordinates/latitude' },
    { name: 'a store that closed before it opened', with: { closedOn: '2013-12-31' }, at: '/closedOn' },
  ],
  content: [
    { name: 'a title alone', with: { texts: undefined, media: undefined } },
    { name: 'nothing to show', with: { title: undefined, texts: [], media: undefined }, at: '/texts', says: 'nothing to show' },
    { name: 'a text twice', with: { texts: [{ key: 'body', format: 'plain', value: 'a' }, { key: 'body', format: 'html', value: 'b' }] }, at: '/texts/1/key' },
    { name: 'content that ends before it begins', with: { validTo: '2025-10-01T00:00:00Z' }, at: '/validTo' },
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

  it('derives what is available of a stock, never below 0', () => {
    const available = (onHand: string, reserved?: string) => kinds.get('stock')?.status({ onHand: pieces(onHand), ...(reserved !== undefined && { reserved: pieces(reserved) }) })
    expect(available('9', '2')).to.deep.equal({ available: '7' })
    expect(available('2.75', '0.5')).to.deep.equal({ available: '2.25' })
    expect(available('4')).to.deep.equal({ available: '4' })
    expect(available('1', '3')).to.deep.equal({ available: '0' })
    expect(available('-2')).to.deep.equal({ available: '0' })
  })
  it('gives the movements of a location in their order', () => {
    const movement = kinds.get('stock-movement')
    expect(movement?.rules.fact).to.equal(true)
    expect(movement?.rules.orderKey?.(movement.example)).to.equal('trondheim-torg')
  })
  it('names the kind of every link, also in lists', () => {
    const { document } = splitEntity('campaign', {
      refs: [{ id: 'host-20' }],
      articles: { variants: [{ ref: { id: 'A' } }] },
      effect: { type: 'bundle', parts: [{ articles: { products: [{ ref: { id: 'B' } }] } }] },
    }, { system: 'erp' })
    expect(document).to.have.deep.nested.property('articles.variants[0].ref', { system: 'erp', kind: 'variant', id: 'A' })
    expect(document).to.have.deep.nested.property('effect.parts[0].articles.products[0].ref', { system: 'erp', kind: 'product', id: 'B' })
  })
})
