import { expect } from 'chai'
import type { RegisteredSubscription } from '../../runtime/hub.ts'
import { takeNext, type Takeable } from '../../runtime/lanes/batch-work.ts'
import type { Claim } from '../../runtime/lanes/key-work.ts'
import type { Delivery } from '../../runtime/store/types.ts'

describe('what is worked off together', () => {
  const record = { id: 'r', kind: 'order', version: 1, schema: 's', number: null, document: {}, refs: [], provenance: {}, createdAt: '', updatedAt: '', deletedAt: null }
  const subscription = (nodeId: string, size?: number): RegisteredSubscription => ({
    nodeId, kind: 'order', system: { nodeId: 's', key: 'erp', connector: 'rest', label: 'ERP' }, lane: 'erp.out', limitMs: 1_000, matches: () => true, toFlow: () => ({ payload: null }),
    ...(size !== undefined && { batch: { size, toFlow: () => ({ payload: [] }) } }), node: { id: nodeId, type: 'hub changes', send: () => undefined, status: () => undefined },
  })
  const subscriptions = new Map([['bulk', subscription('bulk', 3)], ['one', subscription('one')]])
  const claim = (key: string, of = 'bulk', operation: Delivery['operation'] = 'upsert'): Claim => ({
    lease: { lane: 'erp.out', key, owner: 'o', epoch: key }, leasedAt: 0, probe: false,
    deliveries: [{ subscription: of, system: 'erp', kind: 'order', recordId: key, version: 1, generation: 1, operation, reason: null, attempts: 0, present: false, record, wantedAt: '', messageId: null }],
  })
  const keys = (taken: Takeable | undefined): string[] | undefined => taken?.claims.map(({ lease }) => lease.key)

  it('is one key, or as many of one subscription and operation as make a batch', () => {
    const ready = [claim('a'), claim('b', 'bulk', 'remove'), claim('c'), claim('d'), claim('e', 'one'), claim('f')]
    const options = { subscriptions, under: new Set<Takeable>(), alone: false }
    expect(keys(takeNext(ready, options))).to.deep.equal(['a', 'c', 'd'])
    expect(keys(takeNext(ready, options))).to.deep.equal(['e'])
    expect(keys(takeNext(ready, options))).to.deep.equal(['b'])
    expect(keys(takeNext(ready, options))).to.deep.equal(['f'])
    expect(takeNext(ready, options)).to.equal(undefined)
  })

  it('waits while it is not full and another of its kind is under way', () => {
    const ready = [claim('a'), claim('b'), claim('c', 'bulk', 'remove')]
    const under = new Set<Takeable>([{ claims: [], group: 'bulk upsert' }])
    expect(keys(takeNext(ready, { subscriptions, under, alone: false }))).to.deep.equal(['c'])
    expect(takeNext(ready, { subscriptions, under, alone: false })).to.equal(undefined)
    ready.push(claim('d'))
    expect(keys(takeNext(ready, { subscriptions, under, alone: false }))).to.deep.equal(['a', 'b', 'd'])
  })

  it('is one key while the lane is shut', () => {
    const ready = [claim('a'), claim('b')]
    expect(takeNext(ready, { subscriptions, under: new Set(), alone: true })).to.deep.include({ group: 'bulk upsert' })
    expect(ready).to.have.length(1)
  })
})
