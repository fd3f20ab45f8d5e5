import { expect } from 'chai'
import { cases, kind, moves, varied } from './support.ts'

const sek = (amount: string) => ({ amount, currency: 'SEK' })

describe('check of a return', () => {
  cases('return', 'validation.schema', [
    ['nothing it was bought with', { '/order': undefined, '/lines/0/line': undefined, '/lines/1/line': undefined }, '/withoutOriginal'],
    ['a gift', { '/order': undefined, '/withoutOriginal': 'gift', '/lines/0/line': undefined, '/lines/1/line': undefined }, null],
    ['a gift that was bought with an order', { '/withoutOriginal': 'gift' }, '/withoutOriginal'],
    ['a line of nothing', { '/order': undefined, '/withoutOriginal': 'gift' }, '/lines/0/line', 'neither order nor receipt'],
    ['bought on a receipt', { '/order': undefined, '/receipt': { ref: { id: 'r' } } }, null],
    ['a negative quantity', { '/lines/0/quantity/value': '-1' }, '/lines/0/quantity/value', 'Leave the sign out'],
    ['a condition of what has not come', { '/lines/0/state': 'advised' }, '/lines/0/condition'],
    ['received at no time', { '/receivedAt': undefined }, '/lines/0/state', 'has no receivedAt'],
    ['two lines with one id', { '/lines/1/id': '1' }, '/lines/1/id'],
  ])
})

describe('states of a return', () => {
  const [first, second] = ['/lines/0/state', '/lines/1/state']
  moves('return', [
    [{ [first]: 'advised' }, { [first]: 'unusable' }],
    [{ [first]: 'received' }, { [first]: 'cancelled' }, 'Line 1 cannot go from received to cancelled. From received it can go to restocked, unusable, rejected.'],
    [{ [first]: 'restocked' }, { [first]: 'unusable' }, 'restocked is final.'],
  ])
  for (const [a, b, status] of [
    ['cancelled', 'cancelled', 'cancelled'], ['advised', 'advised', 'advised'], ['advised', 'cancelled', 'advised'], ['received', 'advised', 'partly-received'],
    ['restocked', 'received', 'received'], ['restocked', 'rejected', 'done'], ['unusable', 'cancelled', 'done'],
  ]) {
    it(`${a} and ${b} together: ${status}`, () => expect(kind('return').status(varied('return', { [first]: a, [second]: b }))).to.deep.equal({ return: status }))
  }
})

describe('check of a refund', () => {
  cases('refund', 'validation.schema', [
    ['of nothing that was paid', { '/order': undefined }, '/order'],
    ['of a receipt', { '/order': undefined, '/receipt': { ref: { id: 'r' } } }, null],
    ['of less than nothing', { '/totals/gross': sek('-1750.00') }, '/totals/gross/amount'],
    ['a payment of nothing', { '/payments/0/amount': sek('0.00') }, '/payments/0/amount/amount'],
    ['a return fee that is given back', { '/charges/0/totals/gross': sek('49.00') }, '/charges/0/totals/gross/amount', 'charge of type fee'],
    ['a reason of a rejection that was none', { '/rejectedReason': 'card closed' }, '/rejectedReason'],
    ['a rejection', { '/state': 'rejected', '/rejectedReason': 'card closed' }, null],
  ])
  cases('refund', 'model.totals', [
    ['a total that is not the sum of lines and charges', { '/charges': undefined }, '/totals/gross/amount', 'the sum over 1 lines and 0 charges'],
    ['a line whose tax is not the sum of its rows', { '/lines/0/taxes/0/amount': sek('300.00') }, '/lines/0/totals/tax/amount'],
    ['only the sum', { '/lines': undefined, '/charges': undefined }, null],
    ['paid back too little, by the smallest coin', { '/payments/0/amount': sek('1749.99') }, '/totals/gross/amount', 'the sum of the payments is 1749.99 SEK'],
    ['not yet decided how', { '/state': 'pending', '/payments': undefined }, null],
    ['another currency', { '/payments/0/amount/currency': 'NOK' }, '/payments/0/amount/currency'],
  ])
})

describe('states of a refund', () => moves('refund', [
  [{ '/state': 'pending' }, { '/state': 'done' }],
  [{ '/state': 'rejected' }, { '/state': 'done' }, 'The refund cannot go from rejected to done. rejected is final.'],
]))
