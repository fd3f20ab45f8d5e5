import { expect } from 'chai'
import { cases, kind } from './support.ts'

const ship = { '/type': 'ship', '/state': 'shipped', '/pickup': undefined }

describe('check of a fulfilment', () => {
  cases('fulfilment', 'validation.schema', [
    ['a parcel has a carrier and no pickup', { ...ship, '/carrier': 'posten', '/servicePoint': { id: '118822' }, '/tracking': [{ number: 'NO370000000000' }] }, null],
    ['a parcel is not ready to be collected', { '/type': 'ship', '/pickup': undefined }, '/state', 'cannot be ready. Its states: requested, accepted, picking, packed, shipped'],
    ['a pickup is not shipped', { '/state': 'shipped' }, '/state'],
    ['a gift card by e-mail is not packed', { '/type': 'digital', '/state': 'packed', '/pickup': undefined }, '/state', 'requested, accepted, delivered'],
    ['what is carried out is collected', { '/type': 'carry-out', '/state': 'collected', '/pickup': undefined }, null],
    ['pickup fields on a parcel', { '/type': 'ship-from-store', '/state': 'packed' }, '/pickup', 'Set the type to pickup'],
    ['a pickup nowhere', { '/location': undefined }, '/location'],
    ['a pickup by carrier', { '/carrier': 'posten' }, '/carrier', 'Leave carrier out'],
    ['to be collected before it is ready', { '/pickup/collectBy': '2025-11-08T10:59:59.9Z' }, '/pickup/collectBy'],
    ['nothing asked for', { '/lines/0/quantity/value': '0', '/lines/0/picked': undefined }, '/lines/0/quantity/value'],
    ['more picked than asked for', { '/lines/1/picked/value': '3' }, '/lines/1/picked/value', 'from 0 to 2'],
    ['nothing found', { '/lines/1/picked/value': '0' }, null],
    ['picked in another unit', { '/lines/1/picked/unit': 'PR' }, '/lines/1/picked/unit'],
    ['two lines with one id', { '/lines/1/id': '1' }, '/lines/1/id'],
  ])
  it('needs its order and at least one line', () => {
    const { validate, example } = kind('fulfilment')
    expect(validate({ ...example, order: undefined }).map(({ pointer }) => pointer)).to.include('/order')
    expect(validate({ ...example, lines: [] }).map(({ pointer }) => pointer)).to.deep.equal(['/lines'])
  })
})
