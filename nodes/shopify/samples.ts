/** Orders of an invented Norwegian shop: prices with 25 % tax, a discount code over two lines, a parcel to a pickup point. */
import type { Sample } from '../../runtime/kit/definition.ts'

const nok = (amount: string): Record<string, unknown> => ({ shop_money: { amount, currency_code: 'NOK' }, presentment_money: { amount, currency_code: 'NOK' } })
const vat = (price: string): Record<string, unknown>[] => [{ title: 'MVA', rate: 0.25, price, price_set: nok(price), channel_liable: false }]

const address = {
  first_name: 'Ingrid', last_name: 'Solheim', name: 'Ingrid Solheim', company: null, address1: 'Strandgaten 14', address2: null,
  zip: '5013', city: 'Bergen', province: null, province_code: null, country: 'Norway', country_code: 'NO', phone: '+4791234567',
}

const placed = {
  id: 5583021047921, admin_graphql_api_id: 'gid://shopify/Order/5583021047921', name: '#1042', number: 42, order_number: 1042,
  created_at: '2026-03-02T18:21:07+01:00', processed_at: '2026-03-02T18:21:05+01:00', updated_at: '2026-03-02T18:21:09+01:00',
  cancelled_at: null, cancel_reason: null, closed_at: null, test: false, confirmed: true, source_name: 'web', location_id: null, user_id: null,
  email: 'ingrid.solheim@example.no', contact_email: 'ingrid.solheim@example.no', phone: null, customer_locale: 'nb-NO',
  note: 'Please ring the bell twice.', note_attributes: [{ name: 'gift', value: 'yes' }], tags: 'vip, spring', po_number: null,
  currency: 'NOK', presentment_currency: 'NOK', taxes_included: true, financial_status: 'authorized', fulfillment_status: null, payment_gateway_names: ['Vipps'],
  total_line_items_price: '1946.00', total_discounts: '194.60', subtotal_price: '1751.40', total_tax: '366.08', total_price: '1830.40', total_tip_received: '0.00', total_outstanding: '0.00',
  total_shipping_price_set: nok('79.00'), total_price_set: nok('1830.40'), total_tax_set: nok('366.08'), current_total_price: '1830.40',
  discount_codes: [{ code: 'SPRING10', amount: '194.60', type: 'percentage' }],
  discount_applications: [{ type: 'discount_code', code: 'SPRING10', value: '10.0', value_type: 'percentage', target_type: 'line_item', target_selection: 'all', allocation_method: 'across' }],
  tax_lines: vat('366.08'),
  line_items: [
    {
      id: 14286930051313, product_id: 8301112230001, variant_id: 44561223300011, sku: 'FB-WIND-M-GRY', title: 'Fjellbris windbreaker', variant_title: 'M / slate', name: 'Fjellbris windbreaker - M / slate', vendor: 'Fjellbris',
      quantity: 1, current_quantity: 1, fulfillable_quantity: 1, price: '1499.00', price_set: nok('1499.00'), total_discount: '0.00', taxable: true, gift_card: false, requires_shipping: true, fulfillment_status: null, grams: 420, properties: [],
      discount_allocations: [{ amount: '149.90', amount_set: nok('149.90'), discount_application_index: 0 }], tax_lines: vat('269.82'),
    },
    {
      id: 14286930084081, product_id: 8301112230044, variant_id: 44561223300420, sku: 'UL-SOCK-39', title: 'Merino socks', variant_title: '39-42', name: 'Merino socks - 39-42', vendor: 'Ullvik',
      quantity: 3, current_quantity: 3, fulfillable_quantity: 3, price: '149.00', price_set: nok('149.00'), total_discount: '0.00', taxable: true, gift_card: false, requires_shipping: true, fulfillment_status: null, grams: 80, properties: [{ name: 'Gift wrap', value: 'no' }],
      discount_allocations: [{ amount: '44.70', amount_set: nok('44.70'), discount_application_index: 0 }], tax_lines: vat('80.46'),
    },
  ],
  shipping_lines: [{ id: 4602331038001, title: 'Pickup point', code: 'pickup-point', source: 'shopify', carrier_identifier: null, price: '79.00', discounted_price: '79.00', price_set: nok('79.00'), discounted_price_set: nok('79.00'), discount_allocations: [], tax_lines: vat('15.80') }],
  billing_address: address,
  shipping_address: address,
  customer: { id: 6720114483505, email: 'ingrid.solheim@example.no', phone: '+4791234567', first_name: 'Ingrid', last_name: 'Solheim', verified_email: true, state: 'enabled', note: null, tags: 'club', tax_exempt: false, currency: 'NOK', created_at: '2025-11-19T09:02:44+01:00', updated_at: '2026-03-02T18:21:08+01:00', default_address: { ...address, id: 8034420015409, default: true } },
  fulfillments: [],
  refunds: [],
}

const shippedAndPartlyReturned = {
  ...placed,
  updated_at: '2026-03-11T10:04:55+01:00', financial_status: 'partially_refunded', fulfillment_status: 'fulfilled', current_total_price: '1696.30',
  fulfillments: [{ id: 4980022157617, status: 'success', shipment_status: 'delivered', location_id: 71200450833, tracking_company: 'Bring', tracking_number: '370722150012345678', tracking_numbers: ['370722150012345678'], tracking_urls: ['https://sporing.example.no/370722150012345678'], created_at: '2026-03-03T08:30:00+01:00', updated_at: '2026-03-05T12:11:00+01:00', line_items: [{ id: 14286930051313, quantity: 1 }, { id: 14286930084081, quantity: 3 }] }],
  refunds: [{
    id: 919920541969, created_at: '2026-03-11T10:04:50+01:00', note: 'One pair too small',
    refund_line_items: [{ id: 541320012049, line_item_id: 14286930084081, quantity: 1, subtotal: 134.1, total_tax: 26.82 }],
    transactions: [{ id: 6993040117041, kind: 'refund', status: 'success', amount: '134.10', currency: 'NOK', gateway: 'Vipps', created_at: '2026-03-11T10:04:51+01:00' }],
  }],
}

export const orderSamples: readonly Sample[] = [
  { name: 'An order as it is placed', topic: 'orders/create', headers: { 'x-shopify-topic': 'orders/create', 'x-shopify-event-id': '2f0d4d3a-0f6e-4a63-9d2b-6c1f6f3f2f01' }, payload: placed },
  { name: 'Shipped, one of three pairs returned', topic: 'orders/updated', headers: { 'x-shopify-topic': 'orders/updated', 'x-shopify-event-id': '2f0d4d3a-0f6e-4a63-9d2b-6c1f6f3f2f02' }, payload: shippedAndPartlyReturned },
]
