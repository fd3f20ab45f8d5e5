/** The demo webshop's own page: its orders, and a button to place one. */
import { escapeHtml, renderPage, renderTable } from '../../../runtime/twins/page.ts'
import type { ChangeName } from './changes.ts'
import { changeOrder } from './changes.ts'
import type { TwinOrder } from './order.ts'

const shownRows = 50
const freshMs = 2500
const verbs: readonly (readonly [ChangeName, string])[] = [['capture', 'Capture'], ['ship', 'Ship'], ['return', 'Return one'], ['cancel', 'Cancel']]

/** The whole page, newest order first. */
export function renderShop({ title, orders, pending }: { title: string, orders: readonly TwinOrder[], pending: number }): string {
  const newest = orders.toReversed().slice(0, shownRows)
  const table = renderTable({
    title: 'Orders',
    note: orders.length > shownRows ? `the newest ${shownRows} of ${orders.length}` : String(orders.length),
    columns: [{ label: 'Order' }, { label: 'Customer' }, { label: 'Goods' }, { label: 'Total NOK', number: true }, { label: 'Payment' }, { label: 'Parcel' }, { label: '' }],
    rows: newest.map(order => ({ fresh: Date.now() - Date.parse(order.updated_at) < freshMs, cells: cellsOf(order) })),
    empty: 'No orders yet. Place one!',
  })
  const waiting = `<p><span class="tag">${pending === 0 ? 'every webhook was taken by the hub' : `${pending} webhooks wait for the hub`}</span></p>`
  return renderPage({ title, subtitle: 'An offline stand-in of a webshop: it sends its orders to the hub as signed webhooks', color: '#2f6b4f', body: waiting + table, action: '<form method="post" action="/place"><button>Place an order</button></form> <form method="post" action="/place?collect=true"><button>… to collect in the store</button></form>' })
}

function cellsOf(order: TwinOrder): string[] {
  const goods = order.line_items.map(({ quantity, name }) => `${quantity} × ${name}`).join(', ')
  const buttons = verbs.filter(([change]) => changeOrder(order, change, new Date()) !== null).map(([change, label]) => `<form method="post" action="/orders/${order.id}/${change}"><button>${label}</button></form>`)
  return [
    escapeHtml(order.name),
    escapeHtml(order.email) + (order.customer === null ? ' <span class="tag">guest</span>' : ''),
    escapeHtml(goods),
    escapeHtml(order.total_price),
    `<span class="tag">${escapeHtml(order.financial_status.replaceAll('_', ' '))}</span>`,
    `<span class="tag">${order.cancelled_at === null ? escapeHtml(order.fulfillment_status ?? 'to be sent') : 'cancelled'}</span>`,
    buttons.join(' '),
  ]
}
