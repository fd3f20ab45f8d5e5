/** Refund: money that goes back, with or without goods. */
import { Type, type Static } from 'typebox'
import type { TorgError } from '../../errors.ts'
import { faultOf, repeated } from '../checks.ts'
import { Decimal } from '../decimals.ts'
import { defineKind } from '../kind.ts'
import type { Machine } from '../states.ts'
import { amount, foreignAmounts, sum, SumCheck } from '../sums.ts'
import type { Finding } from '../validation.ts'
import { Code, Currency, described, Extensions, ExternalId, Instant, Link, Money, Note, Quantity, Sku, Text } from '../values.ts'
import { Tax, Totals } from './amounts.ts'

/** A provider's refusal ends a refund: what is tried instead, to another account, is another refund. */
const machine: Machine = { pending: ['done', 'rejected'], done: [], rejected: [] }

const Line = Type.Object({
  id: described(ExternalId, 'Identifies the line within the refund.'),
  line: Type.Optional(described(ExternalId, 'Id of the line of the order or receipt.')),
  sku: Type.Optional(Sku),
  name: Text,
  quantity: Type.Optional(described(Quantity, 'Absent where only a part of the price goes back.')),
  taxes: Type.Optional(Type.Array(Tax)),
  totals: described(Totals, 'What goes back; positive.'),
}, { additionalProperties: false, description: 'Money back for one article.' })

const Charge = Type.Object({
  type: Type.Enum(['freight', 'fee', 'tip', 'duty', 'gift-wrap', 'return-fee', 'goodwill', 'rounding', 'adjustment', 'other'], { description: '`return-fee` is kept, so its totals are negative.' }),
  name: Text,
  taxes: Type.Optional(Type.Array(Tax)),
  totals: described(Totals, 'Positive where it goes back to the buyer, negative where it is kept.'),
}, { additionalProperties: false, description: 'Money back, or kept, for anything but articles.' })

const Payment = Type.Object({
  payment: Type.Optional(described(ExternalId, 'Id of the order\'s payment that goes back.')),
  method: described(Code, 'How it goes back: card, vipps, swish, invoice, gift-card, cash.'),
  provider: Type.Optional(Code),
  ref: Type.Optional(described(ExternalId, 'The provider\'s reference of the refund.')),
  amount: described(Money, 'Positive.'),
}, { additionalProperties: false, description: 'One way in which the money goes back.' })

const RefundSchema = Type.Object({
  order: Type.Optional(described(Link, 'The order that was paid.')),
  receipt: Type.Optional(described(Link, 'The receipt that was paid.')),
  return: Type.Optional(described(Link, 'The goods it is for. Absent where nothing comes back.')),
  customer: Type.Optional(Link),
  state: Type.Enum(['pending', 'done', 'rejected']),
  requestedAt: Type.Optional(Instant),
  doneAt: Type.Optional(Instant),
  reason: Type.Optional(described(Text, 'Why the money goes back.')),
  rejectedReason: Type.Optional(described(Text, 'Why it did not.')),
  currency: described(Currency, 'The one currency of every amount.'),
  lines: Type.Optional(Type.Array(Line, { description: 'Absent where the source gives only the sum.' })),
  charges: Type.Optional(Type.Array(Charge)),
  totals: described(Totals, 'What goes back in all; positive.'),
  payments: Type.Optional(Type.Array(Payment, { description: 'Together they are the gross total. Absent while that is not decided.' })),
  notes: Type.Optional(Type.Array(Note)),
  ext: Type.Optional(Extensions),
}, { additionalProperties: false, description: 'Money that goes back to the buyer.' })

type Refund = Static<typeof RefundSchema>

function check(refund: Refund): TorgError | null {
  return faultOf('model.totals', foreignAmounts(refund, 'refund')) ?? faultOf('validation.schema', findings(refund)) ?? faultOf('model.totals', wrongSums(refund))
}

const isPositive = (value: Decimal) => value.cmp(new Decimal(0)) > 0

function findings({ order, receipt, lines = [], charges = [], totals, payments = [], state, rejectedReason }: Refund): Finding[] {
  const found = repeated('/lines', lines, 'id', ({ id }) => id)
  const add = (pointer: string, value: unknown, detail: string): void => { found.push({ detail, pointer, value }) }
  if ((order ?? receipt) === undefined) add('/order', undefined, 'A refund must name the order or the receipt that was paid.')
  if (!isPositive(amount(totals.gross))) add('/totals/gross/amount', totals.gross.amount, `The refund is of ${totals.gross.amount}. What goes back is positive; money the buyer owes is a receipt or an order.`)
  for (const [index, payment] of payments.entries()) {
    if (!isPositive(amount(payment.amount))) add(`/payments/${index}/amount/amount`, payment.amount.amount, `/payments/${index} is of ${payment.amount.amount}. What goes back is positive.`)
  }
  for (const [index, { type, totals }] of charges.entries()) {
    if (type === 'return-fee' && isPositive(amount(totals.gross))) add(`/charges/${index}/totals/gross/amount`, totals.gross.amount, `/charges/${index} is a return fee of ${totals.gross.amount}. A fee is kept, so its totals are negative; given back it is a charge of type fee.`)
  }
  if (rejectedReason !== undefined && state !== 'rejected') add('/rejectedReason', rejectedReason, `The refund is ${state} and has a rejectedReason. Set the state to rejected, or leave it out.`)
  return found
}

function wrongSums({ currency, lines = [], charges = [], totals, payments }: Refund): Finding[] {
  const sums = new SumCheck({ currency, taxMode: 'gross' })
  const items = [...lines.map((line, index) => ({ ...line, pointer: `/lines/${index}` })), ...charges.map((charge, index) => ({ ...charge, pointer: `/charges/${index}` }))]
  for (const { pointer, taxes, totals } of items) sums.compareParts(pointer, { totals, ...(taxes && { taxes }) })
  sums.compareTotals('/totals', totals)
  if (lines.length > 0 || charges.length > 0) {
    for (const side of ['net', 'tax', 'gross'] as const) {
      sums.compare({ pointer: `/totals/${side}`, given: totals[side], expected: sum(items, item => item.totals[side]), roundings: items.length, meaning: `the sum over ${lines.length} lines and ${charges.length} charges` })
    }
  }
  if (payments) sums.compare({ pointer: '/totals/gross', given: totals.gross, expected: sum(payments, payment => payment.amount), exact: true, meaning: 'the sum of the payments' })
  return sums.found
}

const sek = (amount: string) => ({ amount, currency: 'SEK' })

export const refund = defineKind({
  name: 'refund',
  version: 1,
  label: { en: 'Refund', nb: 'Refusjon', sv: 'Återbetalning' },
  schema: RefundSchema,
  fact: false,
  links: [{ pointer: '/order', kind: 'order' }, { pointer: '/receipt', kind: 'receipt' }, { pointer: '/return', kind: 'return' }, { pointer: '/customer', kind: 'customer' }],
  worth: ['totals', 'gross'],
  states: { machines: { refund: machine }, moves: { done: at => ({ state: 'done' as const, doneAt: at }), rejected: () => ({ state: 'rejected' as const }) }, read: ({ state }) => [{ subject: 'The refund', pointer: '/state', state, machine }] },
  check,
  // A jacket bought in the Swedish webshop came back; a fee for the return label is kept.
  example: {
    order: { ref: { system: 'webshop-se', kind: 'order', id: '9120' } },
    return: { ref: { system: 'webshop-se', kind: 'return', id: 'R-771' } },
    state: 'done',
    requestedAt: '2025-11-12T11:26:00Z',
    doneAt: '2025-11-12T11:26:09Z',
    reason: 'Ångerrätt',
    currency: 'SEK',
    lines: [{
      id: '1', line: '1', sku: 'SKALJACKA-RED-L', name: 'Skaljacka Storm, röd, L', quantity: { value: '1', unit: 'H87' },
      taxes: [{ category: 'standard', name: 'Moms', rate: '0.25', base: sek('1439.20'), amount: sek('359.80') }],
      totals: { net: sek('1439.20'), tax: sek('359.80'), gross: sek('1799.00') },
    }],
    charges: [{
      type: 'return-fee', name: 'Returfrakt', taxes: [{ category: 'standard', name: 'Moms', rate: '0.25', base: sek('-39.20'), amount: sek('-9.80') }],
      totals: { net: sek('-39.20'), tax: sek('-9.80'), gross: sek('-49.00') },
    }],
    totals: { net: sek('1400.00'), tax: sek('350.00'), gross: sek('1750.00') },
    payments: [{ payment: 'p1', method: 'swish', provider: 'swish', ref: 'RF-55120', amount: sek('1750.00') }],
  },
})
