import { expect } from 'chai'
import { kinds } from '../../runtime/model/index.ts'
import { statesAfter } from '../../runtime/model/states.ts'
import { kind, moves } from './support.ts'

describe('states of kinds', () => {
  for (const { name, machines } of kinds.values()) {
    for (const [machine, followers] of Object.entries(machines)) {
      it(`${name}: ${machine} names only its own states, all reachable from the first, and ends`, () => {
        const states = Object.keys(followers)
        const [first = ''] = states
        expect([first, ...statesAfter(followers, first)]).to.have.members(states)
        expect(Object.values(followers).some(next => next.length === 0)).to.equal(true)
      })
    }
  }

  it('a kind without states allows every change', () => {
    const { checkChange, example, machines } = kind('customer')
    expect(machines).to.deep.equal({})
    expect(checkChange(example, { ...example, name: 'Another' })).to.equal(null)
  })

  describe('of a fulfilment', () => moves('fulfilment', [
    [{ '/state': 'requested' }, { '/state': 'ready' }],
    [{ '/state': 'ready' }, { '/state': 'ready' }],
    [{ '/state': 'ready' }, { '/state': 'picking' }, 'The fulfilment cannot go from ready to picking. From ready it can go to collected, expired, cancelled.'],
    [{ '/state': 'collected' }, { '/state': 'cancelled' }, 'collected is final.'],
    [{ '/state': 'picking' }, { '/state': 'declined' }, 'From picking it can go to ready, cancelled, collected, expired.'],
  ]))

  describe('of an order', () => moves('order', [
    [{ '/payments/0/state': 'authorised' }, { '/payments/0/state': 'captured' }],
    [{ '/payments/0/state': 'captured' }, { '/payments/0/state': 'authorised' }, 'Payment p1 cannot go from captured to authorised. From captured it can go to partly-refunded, refunded.'],
    [{ '/payments/0/state': 'captured', '/payments/0/id': undefined }, { '/payments/0/state': 'authorised', '/payments/0/id': undefined }],
    [{ '/fulfilments/0/state': 'shipped' }, { '/fulfilments/0/state': 'undelivered' }],
    [{ '/cancelledAt': '2025-11-03T10:00:00Z', '/fulfilments': undefined }, { '/fulfilments': undefined }, 'cancelled is final.'],
  ]))
})
