/** Order: what somebody bought, what it costs, how it is paid and how it reaches the buyer. */
import { Type, type Static } from 'typebox'
import { defineKind } from '../kind.ts'
import { Address, Code, Currency, described, Email, Extensions, ExternalId, Gtin, Instant, Language, Link, Money, Note, OrganisationNumber, PersonalText, Phone, Quantity, Sku, StaffText, Text } from '../values.ts'
import { discount, Tax, Totals, totalsFields } from './amounts.ts'
import { fulfilmentFields } from './fulfilment.ts'
import { checkOrder } from './order-check.ts'
import { orderExample } from './order-example.ts'
import { checkOrderChange, orderStates, orderStatus, ProgressSchema } from './order-states.ts'

const closed = { additionalProperties: false }

const Discounts = Type.Optional(Type.Array(discount('What is taken off, in the order\'s tax mode; positive.')))

const Line = Type.Object({
  id: described(ExternalId, 'Identifies the line within the order.'),
  sku: Type.Optional(described(Sku, 'The article number as it was when the order was placed. Absent for articles made up at the till.')),
  name: described(Text, 'The article\'s name as it was when the order was placed.'),
  variant: Type.Optional(Link),
  gtin: Type.Optional(Gtin),
  quantity: Quantity,
  unitPrice: described(Money, 'Price of one unit before discounts, in the order\'s tax mode.'),
  discounts: Discounts,
  taxes: Type.Optional(Type.Array(Tax)),
  totals: Totals,
  ext: Type.Optional(Extensions),
}, { additionalProperties: false, description: 'One article bought.' })

const Charge = Type.Object({
  id: Type.Optional(ExternalId),
  type: Type.Enum(['freight', 'fee', 'tip', 'duty', 'gift-wrap', 'rounding', 'adjustment', 'other'], { description: 'What is charged. `adjustment` shows a difference the source does not explain.' }),
  code: Type.Optional(Code),
  name: Text,
  price: described(Money, 'Before discounts, in the order\'s tax mode.'),
  discounts: Discounts,
  taxes: Type.Optional(Type.Array(Tax)),
  totals: Totals,
}, { additionalProperties: false, description: 'Something charged beside the articles, taxed like them.' })

const Payment = Type.Object({
  id: Type.Optional(ExternalId),
  method: described(Code, 'How it is paid: card, vipps, swish, invoice, gift-card.'),
  provider: Type.Optional(Code),
  ref: Type.Optional(described(ExternalId, 'The provider\'s reference.')),
  state: Type.Enum(['none', 'authorised', 'partly-captured', 'captured', 'partly-refunded', 'refunded', 'failed', 'voided']),
  authorised: Type.Optional(Money),
  captured: Type.Optional(Money),
  refunded: Type.Optional(Money),
}, { additionalProperties: false, description: 'One payment and how far it has come.' })

const Fulfilment = Type.Object({
  id: described(ExternalId, 'Identifies the fulfilment within the order.'),
  ...fulfilmentFields,
  lines: Type.Array(Type.Object({ line: described(ExternalId, 'Id of the order line.'), quantity: Quantity }, closed)),
  updatedAt: Type.Optional(Instant),
}, { additionalProperties: false, description: 'A part of the order on its way to the buyer.' })

export const OrderSchema = Type.Object({
  channel: described(Code, 'Where it was sold: the webshop, marketplace or store.'),
  source: Type.Optional(Type.Enum(['webshop', 'marketplace', 'pos', 'email', 'chat', 'sales-person'], { description: 'What kind of place it came in through.' })),
  market: Type.Optional(Code),
  location: Type.Optional(described(Code, 'The store it was sold in.')),
  salesPerson: Type.Optional(StaffText),
  language: Type.Optional(Language),
  placedAt: Type.Optional(described(Instant, 'Absent while the order is a draft.')),
  confirmedAt: Type.Optional(Instant),
  cancelledAt: Type.Optional(Instant),
  cancelReason: Type.Optional(Text),
  closedAt: Type.Optional(Instant),
  currency: described(Currency, 'The one currency of every amount of the order.'),
  taxMode: Type.Enum(['gross', 'net'], { description: 'Whether unit prices, charges and discounts include tax (gross) or not (net).' }),
  buyer: Type.Optional(Type.Object({
    customer: Type.Optional(described(Link, 'The customer record.')),
    name: Type.Optional(PersonalText),
    email: Type.Optional(Email),
    phone: Type.Optional(Phone),
    organisationNumber: Type.Optional(OrganisationNumber),
    contact: Type.Optional(described(PersonalText, 'The person at an organisation.')),
    poNumber: Type.Optional(described(Text, 'The buyer\'s own order number.')),
  }, closed)),
  billingAddress: Type.Optional(Address),
  shippingAddress: Type.Optional(Address),
  lines: Type.Optional(Type.Array(Line, { description: 'Absent where the source does not give them.' })),
  charges: Type.Optional(Type.Array(Charge)),
  taxes: Type.Optional(Type.Array(Tax, { description: 'Taxes the source states only for the whole order. Never repeats taxes of lines or charges.' })),
  payments: Type.Optional(Type.Array(Payment)),
  totals: Type.Object({
    ...totalsFields,
    discount: Type.Optional(described(Money, 'All discounts of lines and charges together, in the order\'s tax mode.')),
  }, { additionalProperties: false, description: 'Sums over lines and charges.' }),
  fulfilments: Type.Optional(Type.Array(Fulfilment)),
  notes: Type.Optional(Type.Array(Note)),
  tags: Type.Optional(Type.Array(Text, { uniqueItems: true })),
  ext: Type.Optional(Extensions),
}, { additionalProperties: false, description: 'What somebody bought, what it costs, how it is paid and how it reaches the buyer.' })

export type Order = Static<typeof OrderSchema>

export const order = defineKind({
  name: 'order',
  version: 1,
  label: { en: 'Order', nb: 'Ordre', sv: 'Order' },
  schema: OrderSchema,
  fact: false,
  scope: ['market', 'channel', 'location'],
  links: [{ pointer: '/buyer/customer', kind: 'customer' }, { pointer: '/lines/*/variant', kind: 'variant' }],
  worth: ['totals', 'gross'],
  states: orderStates,
  check: checkOrder,
  checkChange: checkOrderChange,
  status: { of: ProgressSchema, derive: orderStatus },
  example: orderExample,
})
