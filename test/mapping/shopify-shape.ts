/**
 * Proof that the format can say what a webshop order needs: both tax modes, allocated discounts, freight, taxes that
 * stand only on the order, a buyer who may be missing. The real mapping of the connector is in `flows/`.
 */
import type { Mapping, Step } from '../../runtime/mapping/index.ts'

const sum: Step[] = [{ name: 'sum' }]
const money: Step = { name: 'money', currency: { path: 'currency' } }
const asText: Step[] = [{ name: 'text' }]

/** Price after discounts, and its totals, of a list whose elements have price, discount allocations and tax lines. */
const discounted = (list: string, quantity: Step[]): Step[] => [...quantity, { name: 'subtract', by: { path: `${list}[].discount_allocations[].amount`, steps: sum } }]
const totals = (list: string): Step => ({ name: 'totals', tax: { path: `${list}[].tax_lines[].price`, steps: sum }, included: { path: 'taxes_included' }, currency: { path: 'currency' } })
const timesQuantity: Step[] = [{ name: 'multiply', by: { path: 'line_items[].quantity' } }]

const address = (target: string, source: string): Mapping['rules'] => [
  { to: target, when: { path: `${source}.country_code`, exists: true } },
  { to: `${target}.name`, from: `${source}.name`, steps: [{ name: 'omit-empty' }] },
  { to: `${target}.street`, from: `${source}.address1`, steps: [{ name: 'omit-empty' }] },
  { to: `${target}.street2`, from: `${source}.address2`, steps: [{ name: 'omit-empty' }] },
  { to: `${target}.postalCode`, from: `${source}.zip`, steps: [{ name: 'omit-empty' }] },
  { to: `${target}.city`, from: `${source}.city` },
  { to: `${target}.country`, from: `${source}.country_code` },
  { to: `${target}.phone`, from: `${source}.phone`, steps: [{ name: 'phone', country: { path: `${source}.country_code` }, invalid: 'omit' }] },
]

export const shopifyShape: Mapping = {
  from: 'shopify:order',
  to: 'torg:order',
  rules: [
    { to: 'refs[0].id', from: 'id', steps: asText },
    { to: 'number', from: 'name' },
    { to: 'channel', from: '$context.system' },
    { to: 'source', value: 'webshop' },
    { to: 'placedAt', from: 'created_at', steps: [{ name: 'instant' }] },
    { to: 'cancelledAt', from: 'cancelled_at', steps: [{ name: 'instant' }] },
    { to: 'currency', from: 'currency' },
    { to: 'taxMode', from: 'taxes_included', steps: [{ name: 'lookup', values: { true: 'gross', false: 'net' } }] },
    { to: 'buyer.customer.ref.id', from: 'customer.id', steps: asText },
    { to: 'buyer.name', from: 'customer.first_name', steps: [{ name: 'concatenate', with: [{ path: 'customer.last_name' }] }] },
    { to: 'buyer.email', from: 'email', steps: [{ name: 'email', invalid: 'omit' }] },
    ...address('billingAddress', 'billing_address'),
    ...address('shippingAddress', 'shipping_address'),
    { to: 'lines[].id', from: 'line_items[].id', steps: asText },
    { to: 'lines[].sku', from: 'line_items[].sku', steps: [{ name: 'omit-empty' }] },
    { to: 'lines[].name', from: 'line_items[].name' },
    { to: 'lines[].quantity', from: 'line_items[].quantity', steps: [{ name: 'quantity' }] },
    { to: 'lines[].unitPrice', from: 'line_items[].price', steps: [money] },
    { to: 'lines[].discounts[].amount', from: 'line_items[].discount_allocations[].amount', steps: [money] },
    { to: 'lines[].discounts[].source', value: 'campaign' },
    { to: 'lines[].taxes[].name', from: 'line_items[].tax_lines[].title' },
    { to: 'lines[].taxes[].rate', from: 'line_items[].tax_lines[].rate', steps: [{ name: 'decimal' }] },
    { to: 'lines[].taxes[].amount', from: 'line_items[].tax_lines[].price', steps: [money] },
    { to: 'lines[].totals', from: 'line_items[].price', steps: [...discounted('line_items', timesQuantity), totals('line_items')] },
    { to: 'charges[freight]', from: 'shipping_lines[]' },
    { to: 'charges[freight].type', value: 'freight' },
    { to: 'charges[freight].name', from: 'shipping_lines[].title' },
    { to: 'charges[freight].price', from: 'shipping_lines[].price', steps: [money] },
    { to: 'charges[freight].discounts[].amount', from: 'shipping_lines[].discount_allocations[].amount', steps: [money] },
    { to: 'charges[freight].discounts[].source', value: 'campaign' },
    { to: 'charges[freight].totals', from: 'shipping_lines[].price', steps: [...discounted('shipping_lines', []), totals('shipping_lines')] },
    { to: 'charges[tip]', when: { path: 'total_tip_received', above: 0 } },
    { to: 'charges[tip].type', value: 'tip' },
    { to: 'charges[tip].name', value: 'Tip' },
    { to: 'charges[tip].price', from: 'total_tip_received', steps: [money] },
    { to: 'charges[tip].totals', from: 'total_tip_received', steps: [{ name: 'totals', included: true, currency: { path: 'currency' } }] },
    { to: 'taxes', when: { path: 'line_items[].tax_lines[].price', exists: false } },
    { to: 'taxes[].name', from: 'tax_lines[].title' },
    { to: 'taxes[].rate', from: 'tax_lines[].rate', steps: [{ name: 'decimal' }] },
    { to: 'taxes[].amount', from: 'tax_lines[].price', steps: [money] },
    { to: 'totals', from: 'total_price', steps: [{ name: 'totals', tax: { path: 'total_tax' }, included: true, currency: { path: 'currency' } }] },
    { to: 'fulfilments[]', from: 'fulfillments[]', when: { path: 'fulfillments[].status', is: 'success' } },
    { to: 'fulfilments[].id', from: 'fulfillments[].id', steps: asText },
    { to: 'fulfilments[].type', value: 'ship' },
    { to: 'fulfilments[].state', value: 'shipped' },
    { to: 'fulfilments[].lines[].line', from: 'fulfillments[].line_items[].id', steps: asText },
    { to: 'fulfilments[].lines[].quantity', from: 'fulfillments[].line_items[].quantity', steps: [{ name: 'quantity' }] },
    { to: 'fulfilments[].tracking[].number', from: 'fulfillments[].tracking_numbers[]' },
    { to: 'notes[0].text', from: 'note', steps: [{ name: 'omit-empty' }] },
    { to: 'notes[0]', when: { path: 'note', exists: true } },
    { to: 'notes[0].audience', value: 'customer' },
    { to: 'tags', from: 'tags', steps: [{ name: 'split' }, { name: 'unique' }, { name: 'omit-empty' }] },
  ],
}
