import { expect } from 'chai'
import { cases, kind } from './support.ts'

describe('check of a consent', () => {
  cases('consent', 'validation.schema', [
    ['granted to no text', { '/textVersion': undefined }, '/textVersion', 'which text the customer saw'],
    ['pending to no text', { '/decision': 'pending', '/textVersion': undefined }, '/textVersion'],
    ['withdrawn, which needs no text', { '/decision': 'withdrawn', '/textVersion': undefined }, null],
    ['an existing customer, who was asked nothing', { '/basis': 'existing-customer', '/textVersion': undefined }, null],
    ['an existing customer who has yet to confirm', { '/basis': 'existing-customer', '/decision': 'pending' }, '/decision'],
    ['over when it begins', { '/expiresAt': '2025-11-08T13:41:52.000Z' }, '/expiresAt'],
    ['over in a year', { '/expiresAt': '2026-11-08T13:41:52Z' }, null],
  ])
  it('is a fact in the order of its customer, also before the customer is known', () => {
    const { rules, example } = kind('consent')
    expect(rules.fact).to.equal(true)
    expect(rules.orderKey?.({ ...example, customer: { id: '0199f3a0-0000-7000-8000-000000000001' } })).to.equal('0199f3a0-0000-7000-8000-000000000001')
    expect(rules.orderKey?.(example)).to.contain('10045871')
  })
})
