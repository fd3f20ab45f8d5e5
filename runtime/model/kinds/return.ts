/** Return: goods that come back. The money is a refund, which may come before, after, or never. */
import { Type, type Static } from 'typebox'
import type { TorgError } from '../../errors.ts'
import { faultOf, repeated } from '../checks.ts'
import { Decimal } from '../decimals.ts'
import { defineKind } from '../kind.ts'
import type { Machine } from '../states.ts'
import { Code, described, Extensions, ExternalId, Gtin, Instant, Link, Note, PersonalText, Quantity, Sku, Text, Url } from '../values.ts'

/** Of each line: of one parcel some can be sold again and some cannot. `rejected` goes back to the buyer, `cancelled` never came. */
const lineMachine: Machine = { advised: ['received', 'cancelled'], received: ['restocked', 'unusable', 'rejected'], restocked: [], unusable: [], rejected: [], cancelled: [] }

const Line = Type.Object({
  id: described(ExternalId, 'Identifies the line within the return.'),
  line: Type.Optional(described(ExternalId, 'Id of the line of the order or receipt.')),
  sku: Type.Optional(Sku),
  name: Type.Optional(Text),
  variant: Type.Optional(Link),
  gtin: Type.Optional(Gtin),
  serialNumber: Type.Optional(Code),
  quantity: described(Quantity, 'How much comes back; positive.'),
  state: Type.Enum(['advised', 'received', 'restocked', 'unusable', 'rejected', 'cancelled']),
  reason: Type.Optional(Type.Enum(['changed-mind', 'too-small', 'too-large', 'not-as-described', 'defective', 'damaged-in-transit', 'wrong-item', 'late', 'undelivered', 'complaint', 'other'], { description: '`complaint` is a defect that showed later, `undelivered` a parcel nobody fetched.' })),
  reasonText: Type.Optional(PersonalText),
  condition: Type.Optional(Type.Enum(['new', 'opened', 'used', 'damaged', 'defective'], { description: 'As found when it was received.' })),
  location: Type.Optional(described(Code, 'Where it is kept, if not where it was received.')),
  ext: Type.Optional(Extensions),
}, { additionalProperties: false, description: 'One article that comes back.' })

const ReturnSchema = Type.Object({
  order: Type.Optional(described(Link, 'The order it was bought with.')),
  receipt: Type.Optional(described(Link, 'The receipt it was bought on.')),
  withoutOriginal: Type.Optional(Type.Enum(['no-receipt', 'gift', 'other-system'], { description: 'Why there is neither order nor receipt.' })),
  returnReceipt: Type.Optional(described(Link, 'The receipt of a till that took it back.')),
  customer: Type.Optional(Link),
  channel: Type.Optional(described(Code, 'Where it was advised or handed in.')),
  location: Type.Optional(described(Code, 'The store or warehouse that receives it.')),
  advisedAt: Type.Optional(Instant),
  receivedAt: Type.Optional(Instant),
  carrier: Type.Optional(Code),
  tracking: Type.Optional(Type.Array(Type.Object({ number: Code, url: Type.Optional(Url) }, { additionalProperties: false }))),
  lines: Type.Array(Line, { minItems: 1 }),
  notes: Type.Optional(Type.Array(Note)),
  ext: Type.Optional(Extensions),
}, { additionalProperties: false, description: 'Goods that come back.' })

type Return = Static<typeof ReturnSchema>

function check({ order, receipt, withoutOriginal, receivedAt, lines }: Return): TorgError | null {
  const found = repeated('/lines', lines, 'id', ({ id }) => id)
  const add = (pointer: string, value: unknown, detail: string): void => { found.push({ detail, pointer, value }) }
  const bought = order ?? receipt
  if ((bought === undefined) === (withoutOriginal === undefined)) add('/withoutOriginal', withoutOriginal, 'A return must name the order or receipt it was bought with, or else, in withoutOriginal, why there is none.')
  for (const [index, { line, quantity, state, condition }] of lines.entries()) {
    const pointer = `/lines/${index}`
    if (new Decimal(quantity.value).cmp(new Decimal(0)) <= 0) add(`${pointer}/quantity/value`, quantity.value, `${pointer}/quantity is ${quantity.value}; what comes back is more than 0. Leave the sign out, or the line.`)
    if (line !== undefined && bought === undefined) add(`${pointer}/line`, line, `${pointer} names the line "${line}", but the return names neither order nor receipt.`)
    if (condition !== undefined && (state === 'advised' || state === 'cancelled')) add(`${pointer}/condition`, condition, `${pointer} has the condition ${condition} and was not received. Set its state to received, or leave the condition out.`)
    if (receivedAt === undefined && state !== 'advised' && state !== 'cancelled') add(`${pointer}/state`, state, `${pointer} is ${state}, but the return has no receivedAt. Map when the first of it was received.`)
  }
  return faultOf('validation.schema', found)
}

/** All a status follows from. */
const Progress = Type.Object({ lines: Type.Array(Type.Object({ state: Type.String() })) })

function status({ lines }: Static<typeof Progress>): { return: string } {
  const states = lines.map(({ state }) => state).filter(state => state !== 'cancelled')
  if (states.length === 0) return { return: 'cancelled' }
  if (states.every(state => state === 'advised')) return { return: 'advised' }
  if (states.includes('advised')) return { return: 'partly-received' }
  return { return: states.includes('received') ? 'received' : 'done' }
}

export const returnKind = defineKind({
  name: 'return',
  version: 1,
  label: { en: 'Return', nb: 'Retur', sv: 'Retur' },
  schema: ReturnSchema,
  fact: false,
  scope: ['channel', 'location'],
  links: [
    { pointer: '/order', kind: 'order' }, { pointer: '/receipt', kind: 'receipt' }, { pointer: '/returnReceipt', kind: 'receipt' }, { pointer: '/customer', kind: 'customer' },
    { pointer: '/lines/*/variant', kind: 'variant' },
  ],
  states: { machines: { line: lineMachine }, read: ({ lines }) => lines.map(({ id, state }, index) => ({ subject: `Line ${id}`, pointer: `/lines/${index}/state`, state, machine: lineMachine })) },
  check,
  status: { of: Progress, derive: status },
  // Bought in the Swedish webshop, handed in at a store in Göteborg.
  example: {
    order: { ref: { system: 'webshop-se', kind: 'order', id: '9120' } },
    customer: { ref: { system: 'crm', kind: 'customer', id: '20018834' } },
    channel: 'store',
    location: 'goteborg-nordstan',
    advisedAt: '2025-11-10T18:02:11Z',
    receivedAt: '2025-11-12T11:25:00Z',
    lines: [
      { id: '1', line: '1', sku: 'SKALJACKA-RED-L', name: 'Skaljacka Storm, röd, L', quantity: { value: '1', unit: 'H87' }, state: 'restocked', reason: 'too-large', condition: 'new' },
      { id: '2', line: '3', sku: 'LOPARSKOR-FJALL-44', name: 'Löparskor Fjäll, 44', quantity: { value: '1', unit: 'H87' }, state: 'unusable', reason: 'defective', reasonText: 'Sulan har lossnat.', condition: 'defective' },
    ],
  },
})
