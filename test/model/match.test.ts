import { expect } from 'chai'
import { kind, varied } from './support.ts'

type Json = Record<string, unknown>

/** Keys as `rule value`, sure ones with an exclamation mark. */
const keysOf = (name: string, document: Json, number: string | null = null): string[] =>
  (kind(name).rules.match?.keys(document, number) ?? []).map(({ rule, value, sure }) => `${rule}${sure ? '!' : ''} ${value}`)

describe('match keys', () => {
  const company = { type: 'organisation', organisationNumber: '0112038-9', country: 'FI' }
  const list: [kind: string, document: Json, expected: string[], number?: string][] = [
    ['customer', { emails: [{ value: ' Kari@Example.NO ' }, { value: 'kari+club@example.no' }] }, ['email kari@example.no', 'email kari+club@example.no']],
    ['customer', { emails: [{ value: 'kari@example.no' }, { value: 'KARI@example.no', verified: true }] }, ['email kari@example.no']],
    ['customer', { emails: [{ value: 'kari@example.no', verified: false }], phones: [{ value: '+4740000123', verified: false }] }, []],
    ['customer', { phones: [{ value: '+4740000123' }] }, ['phone +4740000123']],
    ['customer', company, ['organisation-number! FI 01120389']],
    ['customer', { ...company, country: undefined }, []],
    ['customer', { loyalty: { memberNumber: ' ab-10045871' } }, ['loyalty-number! AB-10045871']],
    ['customer', { loyalty: { memberNumber: 'x'.repeat(601) }, emails: null, phones: 'none' }, []],
    ['customer', { name: 'Kari', contacts: [{ name: 'Ola', email: 'ola@example.no' }] }, []],
    ['variant', { sku: ' ULL-M ', gtins: ['4006381333931', '036000291452'] }, ['sku! ULL-M', 'gtin! 04006381333931', 'gtin! 00036000291452']],
    ['variant', { sku: 'ULL-M', packaging: [{ gtin: '17038010055727' }] }, ['sku! ULL-M']],
    ['product', { name: { nb: 'Genser' } }, ['number 1042'], '1042'],
    ['product', { name: { nb: 'Genser' } }, []],
    ['receipt', { location: 'oslo', terminal: '2', sequenceNumber: '18841', businessDate: '2025-11-03' }, ['key! ["oslo","2","18841","2025-11-03"]']],
    ['receipt', { location: 'oslo', terminal: '2', sequenceNumber: '18841' }, []],
    ['location', { code: 'oslo' }, ['key! oslo']],
    ['campaign', { key: 'host-20' }, ['key! host-20']],
    ['order', { buyer: { email: 'kari@example.no' } }, [], '1042'],
  ]
  for (const [name, document, expected, number] of list) {
    it(`${name} ${JSON.stringify(document).slice(0, 90)}: ${expected.join(', ') || 'none'}`, () => expect(keysOf(name, document, number ?? null)).to.deep.equal(expected))
  }

  it('asks nothing of kinds whose references say all', () => {
    for (const name of ['order', 'price', 'stock', 'stock-movement', 'consent']) expect(kind(name).rules.match, name).to.equal(undefined)
  })
})

describe('what contradicts a match', () => {
  const against = (name: string, one: Json, other: Json, ...rules: string[]): string | null => {
    const { match } = kind(name).rules
    if (!match) throw new Error(`${name} has no match rules`)
    expect(match.contradiction(other, one, rules)).to.equal(match.contradiction(one, other, rules))
    return match.contradiction(one, other, rules)
  }
  const kari = { type: 'person', name: 'Kari Nordmann' }
  const firm = { type: 'organisation', name: 'Fjellheim AS' }
  const loyal = (memberNumber: string): Json => ({ ...kari, loyalty: { memberNumber } })
  const customers: [title: string, one: Json, other: Json, rules: string[], expected: string | null][] = [
    ['the same name, only the phone', kari, { type: 'person', name: 'KARI  NORDMANN' }, ['phone'], null],
    ['a middle name, only the phone', kari, { type: 'person', name: 'Kari Anne Nordmann' }, ['phone'], null],
    ['the names apart, only the phone', kari, { type: 'person', name: 'K. Nordmann', givenName: 'Kari', familyName: 'Nordmann' }, ['phone'], null],
    ['the family name first, only the phone', kari, { type: 'person', name: 'Nordmann, Kari' }, ['phone'], null],
    ['a family\'s phone', kari, { type: 'person', name: 'Ola Nordmann' }, ['phone'], 'given names'],
    ['a family\'s phone and e-mail', kari, { type: 'person', name: 'Ola Nordmann' }, ['phone', 'email'], 'given names'],
    ['a phone number that was given to somebody else', kari, { type: 'person', name: 'Kari Hansen' }, ['phone'], 'family names'],
    ['an e-mail after a wedding', kari, { type: 'person', name: 'Kari Hansen' }, ['email'], null],
    ['accents', { ...kari, name: 'Zoë Åberg' }, { ...kari, name: 'Zoe Aberg' }, ['phone'], null],
    ['no name on one side', kari, { type: 'person' }, ['phone'], null],
    ['another loyalty number', loyal('1'), loyal('2'), ['email'], 'loyalty numbers'],
    ['the same loyalty number and another name', loyal('1'), { ...loyal('1'), name: 'Ola Nordmann' }, ['loyalty-number', 'phone'], null],
    ['another birth date', { ...kari, birthDate: '1990-05-17' }, { ...kari, birthDate: '1962-01-02' }, ['email'], 'birth dates'],
    ['a person and an organisation', kari, { ...kari, type: 'organisation' }, ['email'], 'a person and an organisation'],
    ['another organisation number', { ...firm, country: 'NO', organisationNumber: '923609016' }, { ...firm, country: 'NO', organisationNumber: '123456785' }, ['email'], 'organisation numbers'],
    ['the accountant\'s e-mail', firm, { ...firm, name: 'Elvebakken AS' }, ['email'], 'different names'],
    ['the organisation\'s own e-mail', firm, { ...firm, name: 'FJELLHEIM A/S'.replace('/', '') }, ['email'], null],
  ]
  for (const [title, one, other, rules, expected] of customers) {
    it(title, () => {
      const said = against('customer', one, other, ...rules)
      if (expected === null) expect(said).to.equal(null)
      else expect(said).to.contain(expected)
    })
  }
  it('another sku with the same GTIN', () => {
    expect(against('variant', varied('variant', {}), varied('variant', { '/sku': 'OTHER' }), 'gtin')).to.equal('different skus')
    expect(against('variant', varied('variant', {}), varied('variant', { '/gtins': [] }), 'sku')).to.equal(null)
  })
  it('another brand with the same number', () => {
    expect(against('product', varied('product', {}), varied('product', { '/brand': 'Elvebris' }), 'number')).to.equal('different brands')
    expect(against('product', varied('product', {}), varied('product', { '/brand': 'FJELLVIND' }), 'number')).to.equal(null)
  })
})
