import { expect } from 'chai'
import { splitEntity } from '../../runtime/model/index.ts'
import { organisationNumberFault } from '../../runtime/model/organisation-numbers.ts'
import { cases, kind } from './support.ts'

const club = { '/type': 'organisation', '/name': 'Fjellheim Idrettslag', '/organisationNumber': '123456785', '/country': 'NO' }
const shop = { country: 'NO', purpose: ['shipping'], primary: true }

describe('check of a customer', () => {
  cases('customer', 'validation.schema', [
    ['two primary e-mails', { '/emails': [{ value: 'a@example.no', primary: true }, { value: 'b@example.no', primary: true }] }, '/emails/1/primary'],
    ['two primary phones, apart', { '/phones': [{ value: '+4740000123', primary: true }, { value: '+4740000124' }, { value: '+4740000125', primary: true }] }, '/phones/2/primary'],
    ['one primary address for each purpose', { '/addresses': [shop, { ...shop, purpose: ['billing'] }] }, null],
    ['two primary addresses for one purpose', { '/addresses': [shop, { ...shop, primary: false }, { ...shop, purpose: ['billing', 'shipping'] }] }, '/addresses/2/primary', 'in addresses for shipping'],
    ['an organisation number of a person', { '/organisationNumber': '923609016' }, '/organisationNumber', 'Set type to organisation'],
    ['contacts of a person', { '/contacts': [{ name: 'Kari' }] }, '/contacts'],
    ['a birth date of a person', { '/birthDate': '1990-05-17' }, null],
    ['a birth date of an organisation', { ...club, '/birthDate': '1990-05-17' }, '/birthDate', 'Set type to person'],
    ['an organisation', { ...club, '/eInvoice': { scheme: '0192', id: '123456785' }, '/accountManager': 'Sindre Aas', '/contacts': [{ name: 'Kari', primary: true }, { name: 'Ola' }] }, null],
    ['two first contacts', { ...club, '/contacts': [{ name: 'Kari', primary: true }, { name: 'Ola', primary: true }] }, '/contacts/1/primary'],
    ['an organisation number that cannot exist', { ...club, '/organisationNumber': '123456784' }, '/organisationNumber', 'leave it out until it is known'],
    ['the same where nobody says which country it is of', { ...club, '/organisationNumber': '123456784', '/country': undefined }, null],
  ])

  it('takes phones only in international form', () => {
    const { validate, example } = kind('customer')
    for (const [value, wrong] of [['+4740000123', 0], ['40000123', 1], ['004740000123', 1], ['+47 40 00 01 23', 1], ['+0740000123', 1], ['+4712345678901234', 1]] as const) {
      expect(validate({ ...example, phones: [{ value }] }), value).to.have.length(wrong)
    }
  })

  it('links contacts to customers of their own', () => {
    const { document } = splitEntity('customer', { refs: [{ id: 'c' }], contacts: [{ name: 'Kari', customer: { ref: { id: 7 } } }] }, { system: 'crm' })
    expect(document).to.deep.equal({ contacts: [{ name: 'Kari', customer: { ref: { system: 'crm', kind: 'customer', id: '7' } } }] })
  })
})

describe('organisation numbers', () => {
  // Each is public: of the authority's own example, or of a listed company.
  const right: [country: string, number: string][] = [
    ['NO', '123456785'], ['NO', '923609016'], ['SE', '5560360793'], ['SE', '2120000142'], ['DK', '13748136'], ['DK', '24256790'], ['FI', '0112038-9'], ['FI', '1572860-0'],
  ]
  for (const [country, number] of right) {
    it(`${country} ${number}, and no other in one digit`, () => {
      expect(organisationNumberFault(number, country)).to.equal(null)
      for (const [at, digit] of number.split('').entries()) {
        if (digit !== '-') expect(organisationNumberFault(`${number.slice(0, at)}${(Number(digit) + 1) % 10}${number.slice(at + 1)}`, country)).to.contain('a digit is wrong')
      }
    })
  }
  for (const [country, number] of [['NO', '92360901'], ['NO', 'NO923609016MVA'], ['SE', '556036-0793'], ['SE', '165560360793'], ['DK', '13-74-81-36'], ['FI', '01120389']] as const) {
    it(`${country} ${number} in another form`, () => expect(organisationNumberFault(number, country)).to.contain('expected'))
  }
  it('refuses zeros, and knows nothing of other countries', () => {
    expect(organisationNumberFault('000000000', 'NO')).to.contain('a digit is wrong')
    expect(organisationNumberFault('anything', 'DE')).to.equal(null)
  })
})
