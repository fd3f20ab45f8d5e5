import { expect } from 'chai'
import { kinds } from '../../runtime/model/index.ts'
import { kind } from './support.ts'

/** What is looked for, and what would be found by it, as `rule value`. */
const formsOf = (name: string, parameter: string, text: string): string[] =>
  kind(name).searches.filter(search => search.name === parameter).flatMap(({ rule, forms }) => forms(text).map(form => `${rule} ${form}`))

describe('searching by what match keys are made of', () => {
  const list: [kind: string, parameter: string, text: string, expected: string[]][] = [
    ['customer', 'email', ' Kari@Example.NO', ['email kari@example.no']],
    ['customer', 'email', 'kari', []],
    ['customer', 'phone', '+47 22 33 44 55', ['phone +4722334455']],
    ['customer', 'phone', ' 4722334455', ['phone +4722334455']],
    ['customer', 'phone', '0047 22334455', ['phone +4722334455']],
    ['customer', 'phone', '22 33 44 55', ['phone +4722334455', 'phone +4522334455']],
    ['customer', 'phone', '070-123 45 67', ['phone +46701234567', 'phone +358701234567']],
    ['customer', 'phone', '(08) 12 34 56', ['phone +468123456', 'phone +3588123456']],
    ['customer', 'phone', '4471', []],
    ['customer', 'phone', 'Kari', []],
    ['customer', 'organisationNumber', '923 609 016', ['organisation-number NO 923609016']],
    ['customer', 'organisationNumber', 'no923609016mva', ['organisation-number NO 923609016']],
    ['customer', 'organisationNumber', '556036-0793', ['organisation-number SE 5560360793']],
    ['customer', 'organisationNumber', '0112038-9', ['organisation-number FI 01120389']],
    ['customer', 'organisationNumber', 'DE HRB 4711', ['organisation-number DE HRB 4711']],
    ['customer', 'organisationNumber', '923 609 017', []],
    ['customer', 'loyaltyNumber', ' ab-10045871', ['loyalty-number AB-10045871']],
    ['variant', 'gtin', '036000291452', ['gtin 00036000291452']],
    ['variant', 'gtin', '036000291453', []],
    ['receipt', 'key', 'oslo/2/18841/2025-11-03', ['key ["oslo","2","18841","2025-11-03"]']],
    ['receipt', 'key', 'oslo%2Fnord/2/18841/2025-11-03', ['key ["oslo/nord","2","18841","2025-11-03"]']],
    ['receipt', 'key', 'oslo/2/18841', []],
    ['receipt', 'key', '%/2/18841/2025-11-03', []],
    ['location', 'code', 'oslo', ['key oslo']],
    ['campaign', 'key', 'host-20', ['key host-20']],
  ]
  for (const [name, parameter, text, expected] of list) {
    it(`${name} ${parameter} "${text}": ${expected.join(', ') || 'none'}`, () => expect(formsOf(name, parameter, text)).to.deep.equal(expected))
  }

  it('finds every example that has such a value by the example that is shown', () => {
    for (const { name, searches, rules, example } of kinds.values()) {
      for (const { name: parameter, rule, forms, example: shown } of searches) {
        expect(forms(shown), `${name} ${parameter}`).to.have.length.greaterThan(0)
        if (parameter === 'key' || parameter === 'code') expect(rules.match?.keys(example, null).map(({ rule: has, value }) => `${has} ${value}`), name).to.include(`${rule} ${forms(shown).join()}`)
      }
    }
  })
})
