import type { Order } from './order.ts'

const nok = (amount: string) => ({ amount, currency: 'NOK' })
const pieces = (value: string) => ({ value, unit: 'H87' })

/** A Norwegian webshop order with 25 and 15 percent tax included, a campaign discount, freight and one parcel on its way. */
export const orderExample: Order = {
  channel: 'webshop-no',
  source: 'webshop',
  market: 'no',
  language: 'nb',
  placedAt: '2025-11-03T09:30:00.000Z',
  confirmedAt: '2025-11-03T09:30:04.000Z',
  currency: 'NOK',
  taxMode: 'gross',
  buyer: {
    customer: { ref: { system: 'webshop-no', kind: 'customer', id: '7001' } },
    name: 'Ingrid Solbakken', email: 'ingrid.solbakken@example.no', phone: '+4740000123',
  },
  billingAddress: { name: 'Ingrid Solbakken', street: 'Elvegata 12', postalCode: '7012', city: 'Trondheim', country: 'NO' },
  shippingAddress: { name: 'Ingrid Solbakken', street: 'Elvegata 12', postalCode: '7012', city: 'Trondheim', country: 'NO', phone: '+4740000123' },
  lines: [
    {
      id: '1', sku: 'ULL-GENSER-BLA-M', name: 'Ullgenser, blå, M', gtin: '7038010055720', quantity: pieces('1'), unitPrice: nok('1299.00'),
      discounts: [{ amount: nok('259.80'), source: 'campaign', ref: 'host-20', name: 'Høstsalg 20 %' }],
      taxes: [{ category: 'standard', name: 'MVA', rate: '0.25', base: nok('831.36'), amount: nok('207.84') }],
      totals: { net: nok('831.36'), tax: nok('207.84'), gross: nok('1039.20') },
    },
    {
      id: '2', sku: 'KAFFE-MORK-250', name: 'Kaffe, mørkbrent, 250 g', quantity: pieces('3'), unitPrice: nok('89.00'),
      taxes: [{ category: 'food', name: 'MVA', rate: '0.15', base: nok('232.17'), amount: nok('34.83') }],
      totals: { net: nok('232.17'), tax: nok('34.83'), gross: nok('267.00') },
    },
  ],
  charges: [{
    type: 'freight', code: 'home', name: 'Hjemlevering', price: nok('79.00'),
    taxes: [{ category: 'standard', name: 'MVA', rate: '0.25', base: nok('63.20'), amount: nok('15.80') }],
    totals: { net: nok('63.20'), tax: nok('15.80'), gross: nok('79.00') },
  }],
  payments: [{ id: 'p1', method: 'vipps', provider: 'vipps', ref: 'torg-1042', state: 'authorised', authorised: nok('1385.20') }],
  totals: { net: nok('1126.73'), tax: nok('258.47'), gross: nok('1385.20'), discount: nok('259.80') },
  fulfilments: [{
    id: 'f1', type: 'ship', state: 'shipped', location: 'lager-oslo', lines: [{ line: '1', quantity: pieces('1') }],
    carrier: 'posten', tracking: [{ number: 'NO370000000000' }],
  }],
  notes: [{ text: 'Ring på hos naboen om jeg ikke er hjemme.', audience: 'customer' }],
}
