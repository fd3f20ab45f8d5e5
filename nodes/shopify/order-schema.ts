/**
 * The order of Shopify's webhooks, as JSON Schema: what flows may rely on. Permissive where Shopify is: only the
 * id is always there, most fields may be null, and unknown ones pass.
 * https://shopify.dev/docs/api/admin-rest/latest/resources/order
 */
type Schema = Record<string, unknown>

const text = { type: ['string', 'null'] }
const truth = { type: ['boolean', 'null'] }
const whole = { type: ['integer', 'null'] }
const id = { type: ['integer', 'string', 'null'] }
const decimal = { type: ['string', 'null'], description: 'A decimal number, written as text' }
const time = { type: ['string', 'null'], description: 'ISO 8601 with the shop\'s offset' }
const object = (properties: Schema, description?: string): Schema => ({ type: ['object', 'null'], properties, ...(description && { description }) })
const list = (items: Schema): Schema => ({ type: ['array', 'null'], items })

const moneySet = object({
  shop_money: object({ amount: decimal, currency_code: text }),
  presentment_money: object({ amount: decimal, currency_code: text }),
}, 'The amount in the shop\'s currency and in the one the customer saw')

const address = object({
  first_name: text, last_name: text, name: text, company: text, address1: text, address2: text, zip: text, city: text,
  province: text, province_code: text, country: text, country_code: text, phone: text,
})

const taxLines = list(object({ title: text, rate: { type: ['number', 'null'], description: '0.25 for 25 %' }, price: decimal, price_set: moneySet }))
const discountAllocations = list(object({ amount: decimal, amount_set: moneySet, discount_application_index: whole }))

const lineItem = object({
  id, product_id: id, variant_id: id, sku: text, title: text, variant_title: text, name: text, vendor: text,
  quantity: { type: 'integer', description: 'As ordered, additions by edits included; what was removed or refunded is not taken off' },
  current_quantity: whole, fulfillable_quantity: whole,
  price: { ...decimal, description: 'Of one, before discounts; with tax if taxes_included' }, price_set: moneySet,
  total_discount: { ...decimal, description: 'Deprecated by Shopify: use discount_allocations' },
  discount_allocations: discountAllocations, tax_lines: taxLines, taxable: truth, gift_card: truth, requires_shipping: truth,
  fulfillment_status: text, grams: whole, properties: list(object({ name: text, value: {} })),
})

const shippingLine = object({
  id, title: text, code: text, source: text, carrier_identifier: text,
  price: { ...decimal, description: 'Before discounts' }, discounted_price: decimal, price_set: moneySet, discounted_price_set: moneySet,
  discount_allocations: discountAllocations, tax_lines: taxLines,
  is_removed: { ...truth, description: 'Taken away when the order was edited' },
})

const transaction = object({ id, kind: text, status: text, amount: decimal, currency: text, gateway: text, created_at: time })

export const orderSchema: Schema = {
  $schema: 'https://json-schema.org/draft/2020-12/schema',
  title: 'Shopify order',
  type: 'object',
  required: ['id'],
  properties: {
    id: { type: ['integer', 'string'] },
    name: { ...text, description: 'What people call it: #1001' }, order_number: whole, number: whole,
    created_at: time, processed_at: time, updated_at: time, cancelled_at: time, closed_at: time, cancel_reason: text,
    test: truth, confirmed: truth, source_name: { ...text, description: 'web, pos, or the id of an app' }, location_id: id, user_id: id,
    email: text, contact_email: text, phone: text, customer_locale: text, note: text, tags: { ...text, description: 'Separated by commas' }, po_number: text,
    note_attributes: list(object({ name: text, value: {} })),
    currency: { ...text, description: 'Of the shop, and of every plain amount' }, presentment_currency: text, taxes_included: truth,
    financial_status: text, fulfillment_status: text, gateway: text, payment_gateway_names: list(text),
    total_line_items_price: decimal, total_discounts: decimal, total_tax: decimal, total_price: decimal, total_tip_received: decimal,
    subtotal_price: { ...decimal, description: 'Lines after discounts, before shipping; before tax unless taxes_included' },
    total_outstanding: decimal, total_shipping_price_set: moneySet, total_price_set: moneySet, total_tax_set: moneySet, current_total_price: decimal,
    original_total_duties_set: moneySet, original_total_additional_fees_set: moneySet, total_cash_rounding_payment_adjustment_set: moneySet,
    discount_codes: list(object({ code: text, amount: decimal, type: text })),
    discount_applications: list(object({ type: text, code: text, title: text, description: text, value: decimal, value_type: text, target_type: text, allocation_method: text })),
    tax_lines: taxLines, line_items: list(lineItem), shipping_lines: list(shippingLine),
    billing_address: address, shipping_address: address,
    customer: object({ id, email: text, phone: text, first_name: text, last_name: text, verified_email: truth, state: text, note: text, tags: text, tax_exempt: truth, created_at: time, updated_at: time, default_address: address }, 'Null for a guest'),
    fulfillments: list(object({ id, status: text, shipment_status: text, location_id: id, tracking_company: text, tracking_number: text, tracking_numbers: list(text), tracking_urls: list(text), created_at: time, updated_at: time, line_items: list(object({ id, quantity: whole })) })),
    refunds: list(object({ id, created_at: time, note: text, refund_line_items: list(object({ id, line_item_id: id, quantity: whole })), transactions: list(transaction) })),
  },
}
