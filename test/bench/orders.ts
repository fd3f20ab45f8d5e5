/** The orders of the benchmark: distinct, signed, 2 to 3 KB, five lines, as Shopify's webhook sends them. */
import { createHmac } from 'node:crypto'

export interface SignedOrder { number: string, head: string, body: Buffer }

const tax = (ore: number): number => Math.round(ore / 5)
const decimal = (ore: number): string => (ore / 100).toFixed(2)
const taxLines = (ore: number): object[] => [{ title: 'MVA', rate: 0.25, price: decimal(tax(ore)) }]

/** The order of this running number; the same number gives the same order, another one another. */
export function makeOrder(number: number): object {
  const id = idOf(number)
  const at = '2025-11-03T10:30:00+01:00'
  const lines = Array.from({ length: 5 }, (_, index) => {
    const price = 9_900 + 100 * ((number + index * 37) % 400)
    const quantity = 1 + (number + index) % 3
    return {
      id: id * 10 + index, product_id: 7_000_000 + index, variant_id: 44_000_000 + (number + index) % 500, sku: `SKU-${10_000 + (number * 5 + index) % 900}`, title: `Wool sweater no. ${index + 1}`,
      variant_title: 'M / Blue', vendor: 'Torget', quantity, price: decimal(price), taxable: true, requires_shipping: true, grams: 400, discount_allocations: [], tax_lines: taxLines(price * quantity),
    }
  })
  const freight = 7_900
  const sums = lines.map((line) => Math.round(Number(line.price) * 100) * line.quantity)
  const goods = sums.reduce((sum, ore) => sum + ore, 0)
  const taxes = sums.reduce((sum, ore) => sum + tax(ore), tax(freight))
  const address = { first_name: 'Ingrid', last_name: 'Solbakken', name: 'Ingrid Solbakken', address1: `Elvegata ${1 + number % 90}`, zip: '7013', city: 'Trondheim', country: 'Norway', country_code: 'NO', phone: '+4791234567' }
  return {
    id, name: `#${number}`, order_number: number, created_at: at, processed_at: at, updated_at: at, test: false, confirmed: true, source_name: 'web',
    email: `kunde-${number}@example.no`, phone: '+4791234567', customer_locale: 'nb-NO', note: number % 5 === 0 ? 'Leave it at the door' : null, currency: 'NOK', taxes_included: true,
    financial_status: number % 2 === 0 ? 'paid' : 'authorized', payment_gateway_names: ['Vipps'], total_line_items_price: decimal(goods), total_discounts: '0.00', total_tax: decimal(taxes), total_price: decimal(goods + freight),
    line_items: lines, shipping_lines: [{ id: id + 40_000_000, title: 'To the door', code: 'home', price: decimal(freight), tax_lines: taxLines(freight) }],
    billing_address: address, shipping_address: address,
  }
}

/** An order as it is received. Its id is {@link idOf} its number. */
export const bodyOf = (number: number): Buffer => Buffer.from(JSON.stringify(makeOrder(number)))
export const idOf = (number: number): number => 5_583_021_000_000 + number

/** The webhook of an order as bytes for a connection: made before the clock runs. */
export function signOrder(number: number, { url, secret }: { url: URL, secret: string }): SignedOrder {
  const body = bodyOf(number)
  const head = [
    `POST ${url.pathname} HTTP/1.1`, `Host: ${url.host}`, 'Content-Type: application/json', `Content-Length: ${body.length}`,
    'X-Shopify-Topic: orders/create', `X-Shopify-Event-Id: event-${number}`, 'X-Shopify-Shop-Domain: torget.myshopify.com',
    `X-Shopify-Hmac-Sha256: ${createHmac('sha256', secret).update(body).digest('base64')}`,
  ].join('\r\n')
  return { number: String(number), head: `${head}\r\n\r\n`, body }
}
