/** Makes orders the way the vendor writes them, with sums that agree to the øre. */
import { discounts, familyNames, gateways, givenNames, notes, pickup, shippings, streets, towns, variants } from './catalogue.ts'
import type { Variant } from './catalogue.ts'
import type { Random } from './random.ts'

export interface TwinOrder {
  id: number
  name: string
  updated_at: string
  created_at: string
  financial_status: string
  fulfillment_status: string | null
  cancelled_at: string | null
  total_price: string
  email: string
  customer: Record<string, unknown> | null
  line_items: TwinLine[]
  fulfillments: Record<string, unknown>[]
  refunds: Record<string, unknown>[]
  [field: string]: unknown
}
export interface TwinLine { id: number, name: string, quantity: number, price: string, [field: string]: unknown }

const currency = 'NOK'
/** Øre as the vendor writes amounts. */
export const decimalOf = (ore: number): string => (ore / 100).toFixed(2)
export const moneySet = (ore: number): Record<string, unknown> => ({ shop_money: { amount: decimalOf(ore), currency_code: currency }, presentment_money: { amount: decimalOf(ore), currency_code: currency } })
/** The tax inside a price that includes it. */
const taxIn = (ore: number, rate: number): number => Math.round((ore * rate) / (1 + rate))
const taxLines = (ore: number, rate: number): Record<string, unknown>[] => [{ title: 'MVA', rate, price: decimalOf(taxIn(ore, rate)), price_set: moneySet(taxIn(ore, rate)), channel_liable: false }]

interface Line { variant: Variant, quantity: number, discount: number }

export interface OrderWish {
  random: Random
  number: number
  now: Date
  /** Collected in the store, by a customer with an account. */
  collect?: boolean
}

/** The order with this running number. The same seed, number and time give the same order. */
export function makeOrder({ random, number, now, collect = false }: OrderWish): TwinOrder {
  const guest = random.chance(0.15) && !collect
  const buyer = makeBuyer(random)
  const discount = random.chance(0.3) ? random.pick(discounts) : null
  const lines = pickLines(random, discount?.[1] ?? 0)
  const sent = random.pick(shippings)
  const [shippingTitle, shippingCode, shippingPrice] = collect ? [...pickup, 0] as const : sent
  const gateway = random.pick(gateways)
  const paid = gateway !== 'Klarna' && random.chance(0.6)
  const goods = lines.reduce((sum, line) => sum + line.variant.price * line.quantity, 0)
  const off = lines.reduce((sum, line) => sum + line.discount, 0)
  const tax = lines.reduce((sum, line) => sum + taxIn(line.variant.price * line.quantity - line.discount, line.variant.taxRate), 0) + taxIn(shippingPrice, 0.25)
  const total = goods - off + shippingPrice
  const at = withOffset(now)
  const id = 5583021000000 + number
  return {
    id, admin_graphql_api_id: `gid://shopify/Order/${id}`, name: `#${number}`, number: number - 1000, order_number: number,
    created_at: at, processed_at: at, updated_at: at, cancelled_at: null, cancel_reason: null, closed_at: null, test: false, confirmed: true,
    source_name: 'web', location_id: null, user_id: null, email: buyer.email, contact_email: buyer.email, phone: guest ? buyer.phone : null, customer_locale: buyer.country === 'SE' ? 'sv-SE' : 'nb-NO',
    note: random.chance(0.2) ? random.pick(notes) : null, note_attributes: [], tags: random.chance(0.1) ? 'vip' : '', po_number: null,
    currency, presentment_currency: currency, taxes_included: true, financial_status: paid ? 'paid' : 'authorized', fulfillment_status: null, payment_gateway_names: [gateway],
    total_line_items_price: decimalOf(goods), total_discounts: decimalOf(off), subtotal_price: decimalOf(goods - off), total_tax: decimalOf(tax), total_price: decimalOf(total),
    current_total_price: decimalOf(total), total_tip_received: '0.00', total_outstanding: paid ? '0.00' : decimalOf(total),
    total_shipping_price_set: moneySet(shippingPrice), total_price_set: moneySet(total), total_tax_set: moneySet(tax),
    discount_codes: discount ? [{ code: discount[0], amount: decimalOf(off), type: 'percentage' }] : [],
    discount_applications: discount ? [{ type: 'discount_code', code: discount[0], value: `${discount[1]}.0`, value_type: 'percentage', target_type: 'line_item', target_selection: 'all', allocation_method: 'across' }] : [],
    tax_lines: sumTaxes(lines, shippingPrice),
    line_items: lines.map((line, index) => makeLine(line, id * 10 + index + 1)),
    shipping_lines: [{ id: id + 40_000_000, title: shippingTitle, code: shippingCode, source: 'shopify', carrier_identifier: null, price: decimalOf(shippingPrice), discounted_price: decimalOf(shippingPrice), price_set: moneySet(shippingPrice), discounted_price_set: moneySet(shippingPrice), discount_allocations: [], tax_lines: taxLines(shippingPrice, 0.25) }],
    billing_address: buyer.address, shipping_address: collect ? null : buyer.address,
    customer: guest ? null : { id: buyer.id, email: buyer.email, phone: buyer.phone, first_name: buyer.given, last_name: buyer.family, verified_email: true, state: 'enabled', note: null, tags: buyer.club ? 'club' : '', tax_exempt: false, currency, created_at: '2025-01-15T10:00:00+01:00', updated_at: at, default_address: { ...buyer.address, id: buyer.id + 1, default: true } },
    fulfillments: [], refunds: [],
  }
}

function pickLines(random: Random, percentOff: number): Line[] {
  const count = random.pick([1, 1, 2, 2, 3, 4])
  const chosen = new Map<number, Line>()
  for (let made = 0; made < count; made += 1) {
    const variant = random.pick(variants)
    const quantity = variant.price > 100_000 ? 1 : random.pick([1, 1, 2, 3])
    chosen.set(variant.id, { variant, quantity, discount: Math.round((variant.price * quantity * percentOff) / 100) })
  }
  return [...chosen.values()]
}

function makeLine({ variant, quantity, discount }: Line, id: number): TwinLine {
  return {
    id, product_id: variant.productId, variant_id: variant.id, sku: variant.sku, title: variant.title, variant_title: variant.variantTitle,
    name: variant.variantTitle === null ? variant.title : `${variant.title} - ${variant.variantTitle}`, vendor: variant.vendor,
    quantity, current_quantity: quantity, fulfillable_quantity: quantity, price: decimalOf(variant.price), price_set: moneySet(variant.price), total_discount: '0.00',
    taxable: true, gift_card: false, requires_shipping: true, fulfillment_status: null, grams: variant.grams, properties: [],
    discount_allocations: discount === 0 ? [] : [{ amount: decimalOf(discount), amount_set: moneySet(discount), discount_application_index: 0 }],
    tax_lines: taxLines(variant.price * quantity - discount, variant.taxRate),
  }
}

function sumTaxes(lines: Line[], shipping: number): Record<string, unknown>[] {
  const byRate = new Map([[0.25, taxIn(shipping, 0.25)]])
  for (const { variant, quantity, discount } of lines) byRate.set(variant.taxRate, (byRate.get(variant.taxRate) ?? 0) + taxIn(variant.price * quantity - discount, variant.taxRate))
  return [...byRate].filter(([, ore]) => ore > 0).map(([rate, ore]) => ({ title: 'MVA', rate, price: decimalOf(ore), price_set: moneySet(ore), channel_liable: false }))
}

function makeBuyer(random: Random) {
  const givenIndex = random.integer(0, givenNames.length - 1)
  const familyIndex = random.integer(0, familyNames.length - 1)
  const given = givenNames[givenIndex] ?? givenNames[0]
  const family = familyNames[familyIndex] ?? familyNames[0]
  // One person has one address and one id, however often they buy.
  const serial = givenIndex * familyNames.length + familyIndex
  const [zip, city, country, countryName] = towns[serial % towns.length] ?? towns[0]
  const email = `${plain(given)}.${plain(family)}@example.${country === 'SE' ? 'se' : 'no'}`
  const phone = country === 'SE' ? `+4670${String(1_740_605 + serial)}` : `+479${String(1_200_000 + serial * 37)}`
  const address = { first_name: given, last_name: family, name: `${given} ${family}`, company: null, address1: `${streets[serial % streets.length]} ${1 + (serial % 60)}`, address2: null, zip, city, province: null, province_code: null, country: countryName, country_code: country, phone }
  return { id: 6720114000000 + serial, given, family, email, phone, address, country, club: serial % 3 === 0 }
}

function plain(name: string): string {
  return name.toLowerCase().replaceAll('ø', 'o').replaceAll('å', 'a').replaceAll('æ', 'ae')
}

/** The vendor writes times in the shop's zone; this shop is one hour ahead all year. */
export function withOffset(time: Date): string {
  return `${new Date(time.getTime() + 3_600_000).toISOString().slice(0, 19)}+01:00`
}
