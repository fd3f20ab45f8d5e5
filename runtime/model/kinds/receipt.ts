/** Receipt: what happened at a till, once and for good. A correction is a receipt of its own. */
import { Type, type Static } from 'typebox'
import { defineKind } from '../kind.ts'
import { BusinessDate, Code, Currency, DecimalNumber, described, Extensions, ExternalId, Gtin, Instant, Link, Money, Note, PersonalText, Quantity, Sku, StaffText, Text, Url } from '../values.ts'
import { discount, Tax, Totals, totalsFields } from './amounts.ts'
import { checkReceipt } from './receipt-check.ts'
import { receiptExample } from './receipt-example.ts'

const closed = { additionalProperties: false }

const Original = Type.Object({
  receipt: Type.Optional(described(Link, 'The receipt it was bought on.')),
  order: Type.Optional(described(Link, 'The order it was bought with, where there is no receipt.')),
  line: described(ExternalId, 'Id of the line there.'),
}, { additionalProperties: false, description: 'The line on which the returned article was bought.' })

const Line = Type.Object({
  id: described(ExternalId, 'Identifies the line within the receipt.'),
  type: Type.Enum(['sale', 'return']),
  item: Type.Optional(Type.Enum(['goods', 'service', 'gift-card', 'deposit', 'donation'], { description: 'What kind of thing is sold; goods where absent. Selling a gift card is no revenue.' })),
  sku: Type.Optional(described(Sku, 'Absent for articles made up at the till.')),
  name: Text,
  variant: Type.Optional(Link),
  gtin: Type.Optional(Gtin),
  barcode: Type.Optional(described(Code, 'What was scanned, where it is no GTIN: an in-house code, a weight label.')),
  serialNumber: Type.Optional(Code),
  quantity: described(Quantity, 'Positive where something is sold, negative where it comes back.'),
  unitPrice: described(Money, 'Price of one unit before discounts, in the receipt\'s tax mode. Not negative because something comes back: the quantity is.'),
  discounts: Type.Optional(Type.Array(discount('What is taken off, in the receipt\'s tax mode; negative on a return, which gives it back.'))),
  taxes: Type.Optional(Type.Array(Tax, { description: 'Signed like the totals.' })),
  totals: described(Totals, 'Negative where money goes back.'),
  original: Type.Optional(Original),
  withoutOriginal: Type.Optional(Type.Enum(['no-receipt', 'gift', 'other-system'], { description: 'Why a returned article has no original line.' })),
  reason: Type.Optional(described(Text, 'Why it came back.')),
  orderLine: Type.Optional(described(ExternalId, 'Id of the line of the receipt\'s order.')),
  ext: Type.Optional(Extensions),
}, { additionalProperties: false, description: 'One article sold or returned.' })

const Tender = Type.Object({
  type: Type.Enum(['cash', 'card', 'mobile', 'gift-card', 'voucher', 'invoice', 'points', 'prepaid', 'other'], { description: '`voucher` is a credit note of the retailer, `prepaid` was paid with the order.' }),
  method: Type.Optional(described(Code, 'More exactly: vipps, swish, visa.')),
  provider: Type.Optional(Code),
  ref: Type.Optional(described(ExternalId, 'The reference of the terminal or the provider. Never a card number.')),
  amount: described(Money, 'What was taken, change included; negative where money was given back.'),
  change: Type.Optional(described(Money, 'What was given back of it; positive.')),
  foreign: Type.Optional(Type.Object({ amount: described(Money, 'What was taken in the other currency.'), rate: described(DecimalNumber, 'What one unit of it is in the receipt\'s currency.') }, { additionalProperties: false, description: 'Where it was paid in another currency.' })),
}, { additionalProperties: false, description: 'One way in which it was paid.' })

const ReceiptSchema = Type.Object({
  location: described(Code, 'The store.'),
  terminal: described(Code, 'The till, unique within the store.'),
  sequenceNumber: described(Code, 'The number the till gave, as text.'),
  businessDate: described(BusinessDate, 'The day it is accounted on, also after midnight.'),
  at: described(Instant, 'When it was completed.'),
  channel: Type.Optional(Code),
  currency: described(Currency, 'The currency of every amount, except what was tendered in another one.'),
  taxMode: Type.Enum(['gross', 'net'], { description: 'Whether unit prices and discounts include tax (gross) or not (net).' }),
  operator: described(Type.Object({ id: Code, name: Type.Optional(StaffText) }, closed), 'Who was logged in at the till.'),
  salesPerson: Type.Optional(StaffText),
  customer: Type.Optional(Link),
  memberNumber: Type.Optional(described(PersonalText, 'The loyalty number that was given at the till.')),
  order: Type.Optional(described(Link, 'The order that was handed over or paid with it.')),
  corrects: Type.Optional(described(Link, 'The receipt this one corrects or cancels.')),
  lines: Type.Array(Line, { minItems: 1 }),
  taxTotals: Type.Optional(Type.Array(Tax, { description: 'The taxes of all lines by rate, as printed.' })),
  totals: Type.Object({
    ...totalsFields,
    discount: Type.Optional(described(Money, 'All discounts of the lines together, in the receipt\'s tax mode.')),
    rounding: Type.Optional(described(Money, 'What rounding to whole coins added to what is paid. No tax is due on it.')),
  }, { additionalProperties: false, description: 'Sums over the lines.' }),
  tenders: Type.Array(Tender, { description: 'Together they are the gross total and its rounding, less change.' }),
  document: Type.Optional(Type.Object({
    contentType: described(Code, 'Media type: application/pdf.'),
    url: Url,
    sha256: Type.Optional(Type.String({ pattern: '^[0-9a-f]{64}$', expects: 'a SHA-256 hash of 64 hexadecimal digits' })),
  }, { additionalProperties: false, description: 'The receipt as the customer got it.' })),
  fiscal: Type.Optional(Type.Object({
    signature: described(Text, 'The signature or control code the law requires of the till.'),
    unit: Type.Optional(described(Code, 'The control unit that gave it.')),
    keyVersion: Type.Optional(Code),
  }, { additionalProperties: false, description: 'What makes the receipt proof for the tax office.' })),
  notes: Type.Optional(Type.Array(Note)),
  ext: Type.Optional(Extensions),
}, { additionalProperties: false, description: 'What was sold and returned at a till, and how it was paid.' })

export type Receipt = Static<typeof ReceiptSchema>

export const receipt = defineKind({
  name: 'receipt',
  version: 1,
  label: { en: 'Receipt', nb: 'Kvittering', sv: 'Kvitto' },
  schema: ReceiptSchema,
  fact: true,
  key: ['location', 'terminal', 'sequenceNumber', 'businessDate'],
  // Tills of two stores may have the same number.
  orderKey: ({ location, terminal }) => `${String(location)}/${String(terminal)}`,
  scope: ['channel', 'location'],
  links: [
    { pointer: '/customer', kind: 'customer' }, { pointer: '/order', kind: 'order' }, { pointer: '/corrects', kind: 'receipt' }, { pointer: '/lines/*/variant', kind: 'variant' },
    { pointer: '/lines/*/original/receipt', kind: 'receipt' }, { pointer: '/lines/*/original/order', kind: 'order' },
  ],
  worth: ['totals', 'gross'],
  check: checkReceipt,
  example: receiptExample,
})
