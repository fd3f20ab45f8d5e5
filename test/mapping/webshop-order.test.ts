import { existsSync, readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { expect } from 'chai'
import { compileMapping } from '../../runtime/mapping/index.ts'
import { kinds, splitEntity } from '../../runtime/model/index.ts'
import { shopifyShape } from './shopify-shape.ts'

const specs = resolve(process.env.TORG_SPECS ?? resolve(import.meta.dirname, '../../../shared/specs'))
const fixtures = resolve(specs, 'shopify/rest-fixtures')
const map = compileMapping(shopifyShape)

function canonical(source: unknown) {
  const kind = kinds.get('order')
  if (!kind) throw new Error('no kind order')
  const { document, refs, number } = splitEntity('order', map(source, { system: 'webshop-no' }), { system: 'webshop-no' })
  const { findings, fault } = kind.examine(document)
  expect(findings).to.deep.equal([])
  return { document, refs, number, fault }
}

/** An order as a webshop of this kind sends it: two lines, allocated discounts, freight, tax. Written for this test. */
const order = (included: boolean) => ({
  id: 5501, name: '#1042', created_at: '2025-11-03T10:30:00+01:00', currency: 'NOK', taxes_included: included, email: null, customer: null, note: '', tags: 'vip, club',
  total_price: included ? '1117.00' : '1377.00', total_tax: included ? '207.40' : '260.00',
  line_items: [
    { id: 1, sku: 'A-1', name: 'Genser', price: '499.00', quantity: 2, discount_allocations: [{ amount: '60.00' }, { amount: '40.00' }], tax_lines: [{ title: 'MVA', rate: 0.25, price: included ? '179.60' : '224.50' }] },
    { id: 2, sku: '', name: 'Gavekort', price: '80.00', quantity: 1, discount_allocations: [], tax_lines: [] },
  ],
  shipping_lines: [{ title: 'Hjemlevering', price: '139.00', discount_allocations: [], tax_lines: [{ title: 'MVA', rate: 0.25, price: included ? '27.80' : '35.50' }] }],
  tax_lines: [{ title: 'MVA', rate: 0.25, price: 'repeated on the order' }],
})

describe('webshop orders in the mapping format', () => {
  it('maps prices with tax included, discounts allocated to lines, freight and no customer', () => {
    const { document, fault } = canonical(order(true))
    expect(fault).to.equal(null)
    expect(document).to.deep.include({ taxMode: 'gross', tags: ['vip', 'club'], channel: 'webshop-no' })
    expect(document).to.not.have.any.keys('buyer', 'taxes', 'notes')
    expect(document).to.have.nested.property('lines[0].totals.net.amount', '718.40')
    expect(document).to.have.nested.property('charges[0].totals.net.amount', '111.20')
  })

  it('maps prices without tax', () => {
    const { document, fault } = canonical(order(false))
    expect(fault).to.equal(null)
    expect(document).to.have.nested.property('lines[0].totals.gross.amount', '1122.50')
  })

  it('lets the model refuse an order that does not add up', () => {
    expect(canonical({ ...order(true), total_price: '1000.00' }).fault).to.include({ code: 'model.totals', pointer: '/totals/net/amount' })
  })

  if (existsSync(fixtures)) {
    const read = (name: string): unknown => JSON.parse(readFileSync(resolve(fixtures, name), 'utf8'))
    it('maps the vendor\'s sample without lines to a valid order', () => {
      const source = read('orders.json')
      const [first] = typeof source === 'object' && source !== null && 'orders' in source && Array.isArray(source.orders) ? source.orders : []
      const { refs, number, fault } = canonical(first)
      expect(fault).to.equal(null)
      expect({ refs, number }).to.deep.equal({ refs: [{ system: 'webshop-no', kind: 'order', id: '450789469' }], number: '#1001' })
    })
    it('maps the vendor\'s sample with lines, whose sums do not hold, and says which', () => {
      const source = read('order.json')
      const { fault, document } = canonical(typeof source === 'object' && source !== null && 'order' in source ? source.order : source)
      expect(document).to.have.property('lines').with.length(3)
      expect(fault?.message).to.contain('/totals/net is 398.00 USD').and.contain('597.00 USD')
    })
  }
})
