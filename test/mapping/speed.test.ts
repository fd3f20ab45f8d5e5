import { expect } from 'chai'
import jsonata from 'jsonata'
import { compileMapping } from '../../runtime/mapping/index.ts'

const source = {
  id: 5501, name: '#1042', email: ' Kari@example.no', currency: 'NOK', customer: { first_name: 'Kari', last_name: 'Nordmann' },
  shipping_address: { address1: 'Elvegata 12', zip: '7012', city: 'Trondheim', country_code: 'NO' },
  line_items: [1, 2, 3].map(id => ({ id, sku: `A-${id}`, name: 'Genser', price: '499.00', quantity: 2, tax_lines: [{ rate: 0.25, price: '199.60' }] })),
}

const rules = [
  { to: 'id', from: 'id', steps: [{ name: 'text' }] }, { to: 'number', from: 'name' }, { to: 'email', from: 'email', steps: [{ name: 'trim' }, { name: 'lower' }] }, { to: 'currency', from: 'currency' },
  { to: 'customer.name', from: 'customer.first_name', steps: [{ name: 'concatenate', with: [{ path: 'customer.last_name' }] }] },
  { to: 'ship.street', from: 'shipping_address.address1' }, { to: 'ship.zip', from: 'shipping_address.zip' }, { to: 'ship.city', from: 'shipping_address.city' }, { to: 'ship.country', from: 'shipping_address.country_code' },
  { to: 'lines[].id', from: 'line_items[].id', steps: [{ name: 'text' }] }, { to: 'lines[].sku', from: 'line_items[].sku' }, { to: 'lines[].name', from: 'line_items[].name' }, { to: 'lines[].price', from: 'line_items[].price' },
  { to: 'lines[].quantity', from: 'line_items[].quantity' }, { to: 'lines[].currency', from: 'currency' },
  { to: 'lines[].taxes[].rate', from: 'line_items[].tax_lines[].rate' }, { to: 'lines[].taxes[].amount', from: 'line_items[].tax_lines[].price' },
]

const expression = jsonata(`{
  "id": $string(id), "number": name, "email": $lowercase($trim(email)), "currency": currency, "customer": { "name": customer.first_name & " " & customer.last_name },
  "ship": shipping_address.{ "street": address1, "zip": zip, "city": city, "country": country_code },
  "lines": line_items.{ "id": $string(id), "sku": sku, "name": name, "price": price, "quantity": quantity, "currency": $$.currency, "taxes": [tax_lines.{ "rate": rate, "amount": price }] } }`)

async function microseconds(rounds: number, run: () => unknown): Promise<number> {
  for (let round = 0; round < rounds; round++) await run()
  const start = performance.now()
  for (let round = 0; round < rounds; round++) await run()
  return (performance.now() - start) / rounds * 1000
}

describe('speed of a mapping', () => {
  it('is told beside the same mapping in JSONata; a machine under load says little, so it is not asserted', async () => {
    const map = compileMapping({ from: 'any', to: 'any', rules })
    expect(JSON.parse(JSON.stringify(await expression.evaluate(source)))).to.deep.equal(map(source))
    const compiled = await microseconds(10_000, () => map(source))
    const interpreted = await microseconds(1000, () => expression.evaluate(source))
    console.log(`      ${rules.length} rules, 3 lines: ${compiled.toFixed(1)} microseconds, JSONata ${interpreted.toFixed(1)}, ${(interpreted / compiled).toFixed(0)} times as long`)
  })
})
