import { expect } from 'chai'
import { changeNames, changeOrder } from '../../nodes/shopify/twin/changes.ts'
import { makeOrder } from '../../nodes/shopify/twin/order.ts'
import type { TwinOrder } from '../../nodes/shopify/twin/order.ts'
import { createRandom } from '../../nodes/shopify/twin/random.ts'
import { faultsOf, mappingOf, orderMapping } from './support.ts'

/** Orders of the demo webshop, each with everything that may happen to it. */
function* ordersOf(count: number): Generator<TwinOrder> {
  const now = new Date('2026-03-02T12:00:00Z')
  for (let number = 1001; number < 1001 + count; number += 1) {
    const placed = makeOrder({ random: createRandom(number), number, now })
    yield placed
    const changed = changeNames.map(change => changeOrder(placed, change, now)).filter(order => order !== null)
    yield* changed
    yield* changed.flatMap(order => changeNames.map(change => changeOrder(order, change, now))).filter(order => order !== null)
  }
}

describe('orders of the demo webshop', () => {
  it('all become valid orders that add up without an adjustment, and valid customers', async () => {
    const toOrder = await orderMapping()
    const toCustomer = await mappingOf('webshop-customer')
    const seen = { guests: 0, discounts: 0, refunds: 0, cancelled: 0, noSku: 0 }
    for (const source of ordersOf(80)) {
      const order = await toOrder(source)
      expect(faultsOf('order', order), source.name).to.deep.equal([])
      expect(JSON.stringify(order['charges']), source.name).not.to.contain('adjustment').and.not.to.contain('rounding')
      if (source.customer) expect(faultsOf('customer', await toCustomer(source)), source.name).to.deep.equal([])
      else seen.guests += 1
      seen.discounts += Number(JSON.stringify(order['lines']).includes('"code"'))
      seen.refunds += Number(source.refunds.length > 0)
      seen.cancelled += Number(order['cancelledAt'] !== undefined)
      seen.noSku += Number(source.line_items.some(line => line['sku'] === null))
    }
    for (const [what, count] of Object.entries(seen)) expect(count, what).to.be.above(0)
  })

  it('are the same again for the same seed', () => {
    const make = (): TwinOrder => makeOrder({ random: createRandom(7), number: 1007, now: new Date('2026-03-02T12:00:00Z') })
    expect(make()).to.deep.equal(make())
  })
})
