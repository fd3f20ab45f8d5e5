/** What may happen to an order after it was placed. Pure: each gives the changed order, or null where it cannot happen. */
import { decimalOf, withOffset } from './order.ts'
import type { TwinOrder } from './order.ts'

export const changeNames = ['capture', 'ship', 'return', 'cancel'] as const
export type ChangeName = typeof changeNames[number]

/** Applies a change to an order at a time. */
export function changeOrder(order: TwinOrder, change: ChangeName, now: Date): TwinOrder | null {
  if (order.cancelled_at !== null) return null
  // Two changes in one second still differ: a stand-in is faster than people.
  const at = withOffset(new Date(Math.max(now.getTime(), Date.parse(order.updated_at) + 1000)))
  const changed = { ...order, updated_at: at }
  switch (change) {
    case 'capture': return order.financial_status === 'authorized' ? { ...changed, financial_status: 'paid', total_outstanding: '0.00' } : null
    // What is collected in a store is not sent: it has no address.
    case 'ship': return order.fulfillment_status === null && order['shipping_address'] !== null ? ship(changed, at) : null
    case 'return': return order.fulfillment_status === 'fulfilled' && order.financial_status === 'paid' ? giveBack(changed, at) : null
    case 'cancel': return order.fulfillment_status === null ? cancel(changed, at) : null
  }
}

function ship(order: TwinOrder, at: string): TwinOrder {
  const tracking = `3707221500${String(order.id).slice(-8)}`
  const lines = order.line_items.map(({ id, quantity }) => ({ id, quantity }))
  return {
    ...order, financial_status: 'paid', fulfillment_status: 'fulfilled', total_outstanding: '0.00',
    line_items: order.line_items.map(line => ({ ...line, fulfillable_quantity: 0, fulfillment_status: 'fulfilled' })),
    fulfillments: [{ id: order.id + 70_000_000, status: 'success', shipment_status: null, location_id: 71200450833, tracking_company: 'Bring', tracking_number: tracking, tracking_numbers: [tracking], tracking_urls: [`https://tracking.example.no/${tracking}`], created_at: at, updated_at: at, line_items: lines }],
  }
}

/** One piece of the first line comes back and its money goes back. */
function giveBack(order: TwinOrder, at: string): TwinOrder | null {
  const [line] = order.line_items
  if (!line) return null
  const allocations = Array.isArray(line['discount_allocations']) ? line['discount_allocations'] : []
  const off = allocations.reduce((sum: number, { amount }: { amount: string }) => sum + Number(amount), 0)
  const ore = Math.round(((Number(line.price) * line.quantity - off) / line.quantity) * 100)
  return {
    ...order, financial_status: 'partially_refunded',
    refunds: [{ id: order.id + 90_000_000, created_at: at, note: 'Returned', refund_line_items: [{ id: order.id + 91_000_000, line_item_id: line.id, quantity: 1 }], transactions: [{ id: order.id + 92_000_000, kind: 'refund', status: 'success', amount: decimalOf(ore), currency: 'NOK', gateway: null, created_at: at }] }],
  }
}

function cancel(order: TwinOrder, at: string): TwinOrder {
  return { ...order, cancelled_at: at, cancel_reason: 'customer', closed_at: at, financial_status: order.financial_status === 'paid' ? 'refunded' : 'voided',
    refunds: order.financial_status === 'paid' ? [{ id: order.id + 90_000_000, created_at: at, note: 'Cancelled', refund_line_items: [], transactions: [{ id: order.id + 92_000_000, kind: 'refund', status: 'success', amount: order.total_price, currency: 'NOK', gateway: null, created_at: at }] }] : [] }
}
