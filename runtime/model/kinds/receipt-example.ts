import type { Receipt } from './receipt.ts'

const nok = (amount: string) => ({ amount, currency: 'NOK' })
const pieces = (value: string) => ({ value, unit: 'H87' })

/** In a sports store in Oslo a member buys shoes and socks, brings back tights, and pays with a gift card and cash, rounded to whole kroner. */
export const receiptExample: Receipt = {
  location: 'oslo-storo',
  terminal: '2',
  sequenceNumber: '48211',
  businessDate: '2025-11-08',
  at: '2025-11-08T13:42:10Z',
  currency: 'NOK',
  taxMode: 'gross',
  operator: { id: '1107', name: 'Sindre Aas' },
  customer: { ref: { system: 'crm', kind: 'customer', id: '10045871' } },
  memberNumber: '10045871',
  lines: [
    {
      id: '1', type: 'sale', sku: 'LOPESKO-FJELL-42', name: 'Løpesko Fjell, 42', gtin: '7038010066740', quantity: pieces('1'), unitPrice: nok('1499.00'),
      taxes: [{ category: 'standard', name: 'MVA', rate: '0.25', base: nok('1199.20'), amount: nok('299.80') }],
      totals: { net: nok('1199.20'), tax: nok('299.80'), gross: nok('1499.00') },
    },
    {
      id: '2', type: 'sale', sku: 'ULLSOKK-2PK-39-42', name: 'Ullsokker, 2 par, 39-42', quantity: pieces('2'), unitPrice: nok('129.90'),
      discounts: [{ amount: nok('25.98'), source: 'loyalty', ref: 'club-10', name: 'Medlem 10 %' }],
      taxes: [{ category: 'standard', name: 'MVA', rate: '0.25', base: nok('187.06'), amount: nok('46.76') }],
      totals: { net: nok('187.06'), tax: nok('46.76'), gross: nok('233.82') },
    },
    {
      id: '3', type: 'return', sku: 'TIGHTS-VINTER-M', name: 'Vintertights, M', quantity: pieces('-1'), unitPrice: nok('599.00'),
      taxes: [{ category: 'standard', name: 'MVA', rate: '0.25', base: nok('-479.20'), amount: nok('-119.80') }],
      totals: { net: nok('-479.20'), tax: nok('-119.80'), gross: nok('-599.00') },
      original: { receipt: { ref: { system: 'pos', kind: 'receipt', id: 'oslo-storo/1/2025-10-30/39907' } }, line: '1' }, reason: 'Feil størrelse',
    },
  ],
  taxTotals: [{ category: 'standard', name: 'MVA', rate: '0.25', base: nok('907.06'), amount: nok('226.76') }],
  totals: { net: nok('907.06'), tax: nok('226.76'), gross: nok('1133.82'), discount: nok('25.98'), rounding: nok('0.18') },
  tenders: [
    { type: 'gift-card', ref: 'GK-2210-7781', amount: nok('500.00') },
    { type: 'cash', amount: nok('1000.00'), change: nok('366.00') },
  ],
}
