import { expect } from 'chai'
import { kinds } from '../../runtime/model/index.ts'
import { maskedWords, maskUnmarked, maskWords } from '../../runtime/model/masking.ts'
import { personalData } from '../../runtime/model/personal.ts'
import { kind } from './support.ts'

/** Of the kind's own schema. */
const of = (name: string) => personalData(kind(name).schema)

describe('personal data', () => {
  it('in findings is masked, by its shape one still sees what is wrong', () => {
    const findings = kind('customer').examine({ ...kind('customer').example, name: '', phones: [{ value: '400 55 666' }], emails: [{ value: 'Kari@example' }], addresses: [{ country: 'NO', postalCode: 7012 }], homeStore: 7 }).findings
    expect(findings.map(({ pointer, value }) => [pointer, value])).to.deep.equal([['/name', ''], ['/emails/0/value', 'Xxxx@xxxxxxx'], ['/phones/0/value', '999 99 999'], ['/addresses/0/postalCode', '9999'], ['/homeStore', 7]])
    expect(findings[2]?.detail).to.include('/phones/0/value looks like "999 99 999" (personal data, masked); expected a phone number')
    expect(JSON.stringify(findings)).not.to.match(/400|Kari@|7012/)
  })

  it('for a screen is masked where it stands, and nothing else is', () => {
    const { masked } = of('customer')
    const { example } = kind('customer')
    expect(masked({ ...example, name: 'Kari Nordmann', groups: ['club'] })).to.deep.include({ name: 'Xxxx Xxxxxxxx', groups: ['club'], type: 'person' })
    for (const { name, example: one, masked: hide } of kinds.values()) for (const text of of(name).identifiers(one)) expect(JSON.stringify(hide(one)), name).not.to.include(text)
    expect(of('order').masked(kind('order').example)).to.deep.include({ lines: kind('order').example['lines'], totals: kind('order').example['totals'] })
  })

  for (const [given, shown] of [
    ['Kari', 'Xxxx'], ['912 34 567', '999 99 999'], ['1198.00', '1198.00'], ['2026-03-02T14:03:11Z', '2026-03-02T14:03:11Z'], ['2026-03-02', '2026-03-02'], ['', ''], ['NOK', 'XXX'],
    [12, 12], [91234567, '99999999'], [null, null], [true, true], [{ to: ['a@b.no'], n: 2 }, { to: ['x@x.xx'], n: 2 }],
  ] as const) {
    it(`nobody has marked: ${JSON.stringify(given)} is shown as ${JSON.stringify(shown)}`, () => { expect(maskUnmarked(given)).to.deep.equal(shown) })
  }

  it('is masked in what was made of a document, however it was put together', () => {
    const { masked } = kind('customer')
    const document = { name: 'Kari Nordmann', givenName: 'Bo', phones: [{ value: '+4791234567' }], addresses: [{ street: 'Elvegata 250', country: 'NO' }], groups: ['club'] }
    const words = maskedWords(document, masked(document))
    expect(maskWords({ CustomerName: 'NORDMANN, Kari', Phone: '+47 912 34 567', Given: 'BO', Item: 'BR-COFF-250', Country: 'NO', Group: 'club', Lines: [{ No: 1042, Text: 'Coffee for kari' }] }, words))
      .to.deep.equal({ CustomerName: 'XXXXXXXX, Xxxx', Phone: '+99 999 99 999', Given: 'XX', Item: 'BR-COFF-250', Country: 'NO', Group: 'club', Lines: [{ No: 1042, Text: 'Xxxxxx xxx xxxx' }] })
  })

  it('of a customer: what is left says nothing of the person', () => {
    const { example } = kind('customer')
    const left = of('customer').without({ ...example, notes: [{ text: 'Calls on Fridays.', audience: 'internal' }], accountManager: 'Kari Nordmann' })
    expect(left).to.deep.equal({
      type: 'person', name: 'erased', addresses: [{ purpose: ['billing', 'shipping'], city: 'Trondheim', country: 'NO' }], groups: ['club'], homeStore: 'trondheim-torg', language: 'nb', accountManager: 'Kari Nordmann',
    })
    expect(of('customer').bare(example)).to.deep.equal({ type: 'person', name: 'erased' })
  })

  it('of an order: lines, sums and payments stay as they are', () => {
    const { example } = kind('order')
    const left = of('order').without(example)
    for (const field of ['lines', 'charges', 'payments', 'totals', 'placedAt', 'channel']) expect(left[field], field).to.deep.equal(example[field])
    expect(left['buyer']).to.deep.equal({ customer: { ref: { system: 'webshop-no', kind: 'customer', id: '7001' } } })
    expect(left['billingAddress']).to.deep.equal({ city: 'Trondheim', country: 'NO' })
    expect(kind('order').examine(left)).to.deep.equal({ findings: [], fault: null })
  })

  for (const { name, example, examine } of kinds.values()) {
    it(`${name}: what is left is valid, and has no personal text of before`, () => {
      const left = of(name).without(example)
      expect(examine(left)).to.deep.equal({ findings: [], fault: null })
      for (const text of [...of(name).identifiers(example), 'Ingrid', 'Solbakken', 'Elvegata']) expect(JSON.stringify(left)).not.to.include(text)
    })
  }

  it('is also found in shapes told apart by a tag, in lists and under names of the customer\'s own', () => {
    const { without, identifiers } = personalData({
      type: 'object', required: ['who', 'list'],
      properties: {
        who: { oneOf: [{ properties: { type: { const: 'a' }, mail: { $ref: '#/$defs/Email' } } }, { properties: { type: { const: 'b' }, phone: { $ref: '#/$defs/Phone' } } }] },
        list: { type: 'array', items: { type: 'object', required: ['mail'], properties: { mail: { $ref: '#/$defs/Email' } } } },
        ext: { type: 'object', patternProperties: { '^x-': { type: 'string', pii: true } }, additionalProperties: true },
      },
      $defs: { Email: { type: 'string', format: 'email', pii: true }, Phone: { type: 'string', pattern: '^\\+', pii: true } },
    })
    const document = { who: { type: 'b', phone: '+4740000123', kept: 1 }, list: [{ mail: 'a@example.no' }, { mail: 'b@example.no' }], ext: { 'x-nick': 'Inga', points: 3 } }
    expect(without(document)).to.deep.equal({ who: { type: 'b', kept: 1 }, list: [], ext: { points: 3 } })
    expect(identifiers(document)).to.deep.equal(['+4740000123', '40000123', 'a@example.no', 'b@example.no'])
  })
})
