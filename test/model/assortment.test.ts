import { expect } from 'chai'
import { isOffered, needsListing } from '../../runtime/model/assortment.ts'
import { kinds } from '../../runtime/model/index.ts'

type Json = Record<string, unknown>

describe('the assortment', () => {
  const now = '2026-03-01T12:00:00Z'
  const web = { channel: 'web-no', offer: 'buyable' }
  const list: [what: string, listings: Json[], offered: boolean][] = [
    ['nothing listed', [], false],
    ['listed here', [web], true],
    ['listed elsewhere', [{ channel: 'web-se', offer: 'buyable' }, { store: 'web-no', offer: 'buyable' }], false],
    ['shown, not sold', [{ ...web, offer: 'visible' }], true],
    ['sold ahead', [{ ...web, offer: 'preorder' }], true],
    ['blocked', [{ ...web, offer: 'blocked' }], false],
    ['begins at this moment', [{ ...web, validFrom: now }], true],
    ['begins a moment later', [{ ...web, validFrom: '2026-03-01T12:00:00.001Z' }], false],
    ['ends at this moment', [{ ...web, validTo: now }], false],
    ['ends later', [{ ...web, validFrom: '2026-02-01T00:00:00Z', validTo: '2026-03-02T00:00:00Z' }], true],
    ['one ended, one holds', [{ ...web, validTo: now }, web], true],
    ['in the whole market', [{ market: 'no', offer: 'buyable' }], true],
    ['the channel takes it out of its market', [{ market: 'no', offer: 'buyable' }, { ...web, offer: 'blocked' }], false],
    ['the channel took it out until now', [{ market: 'no', offer: 'buyable' }, { ...web, offer: 'blocked', validTo: now }], true],
    ['the market is blocked, the channel is not', [{ market: 'no', offer: 'blocked' }, web], true],
    ['for some customers only', [{ ...web, assortment: 'club' }], true],
    ['blocked for some customers only', [{ ...web, assortment: 'club', offer: 'blocked' }, web], true],
    ['blocked for all, offered to some', [{ ...web, assortment: 'club' }, { ...web, offer: 'blocked' }], false],
  ]
  for (const [what, listings, offered] of list) it(`${what}: ${offered ? 'offered' : 'not offered'}`, () => expect(isOffered(listings, { channel: 'web-no', market: 'no' }, now)).to.equal(offered))

  it('is asked about the kinds that tell of articles', () => {
    const reach = (name: string): unknown => needsListing(kinds.get(name) ?? expect.fail(name), {})?.reach ?? null
    expect(Object.fromEntries([...kinds.keys()].map(name => [name, reach(name)]).filter(([, found]) => found !== null))).to.deep.equal({
      product: { type: 'linked', pointer: '/product' }, variant: { type: 'is' }, price: { type: 'links', pointer: '/variant' }, stock: { type: 'links', pointer: '/variant' },
    })
  })
})
