/** Fulfilment: a part of an order that one store or warehouse hands over, with a life of its own in the systems that do the work. */
import { Type, type Static } from 'typebox'
import type { TorgError } from '../../errors.ts'
import { faultOf, repeated } from '../checks.ts'
import { Decimal } from '../decimals.ts'
import { defineKind } from '../kind.ts'
import type { Finding } from '../validation.ts'
import { Address, BusinessDate, Code, described, Extensions, ExternalId, Gtin, Instant, Link, Note, PersonalText, Quantity, Sku, StaffText, Text, Url } from '../values.ts'
import { fulfilmentMachines, fulfilmentMoves } from './fulfilment-states.ts'

const closed = { additionalProperties: false }

/** What an order also says of its fulfilments. */
export const fulfilmentFields = {
  type: Type.Enum(['ship', 'pickup', 'ship-from-store', 'digital', 'carry-out']),
  state: Type.Enum(['requested', 'accepted', 'picking', 'packed', 'shipped', 'delivered', 'undelivered', 'ready', 'collected', 'declined', 'expired', 'cancelled'], { description: 'Which states there are depends on the type.' }),
  location: Type.Optional(described(Code, 'The store or warehouse that fulfils it.')),
  carrier: Type.Optional(Code),
  service: Type.Optional(described(Code, 'The carrier\'s product: home delivery, parcel locker.')),
  servicePoint: Type.Optional(Type.Object({ id: Code, name: Type.Optional(Text) }, { additionalProperties: false, description: 'The carrier\'s pickup point or locker the buyer chose.' })),
  tracking: Type.Optional(Type.Array(Type.Object({ number: Code, url: Type.Optional(Url) }, closed))),
  pickup: Type.Optional(Type.Object({
    prepaid: Type.Boolean({ description: 'False: it is paid where it is collected.' }),
    readyBy: Type.Optional(described(Instant, 'When the store has promised to have it ready.')),
    collectBy: Type.Optional(described(Instant, 'Until when it is kept.')),
    code: Type.Optional(described(PersonalText, 'What the buyer shows to get it.')),
  }, closed)),
  deliverOn: Type.Optional(described(BusinessDate, 'The day the buyer was promised.')),
}

const Line = Type.Object({
  id: described(ExternalId, 'Identifies the line within the fulfilment.'),
  line: Type.Optional(described(ExternalId, 'Id of the order line. Absent for goods that replace others.')),
  sku: Type.Optional(Sku),
  name: Type.Optional(Text),
  variant: Type.Optional(Link),
  gtin: Type.Optional(Gtin),
  quantity: described(Quantity, 'What is asked for; positive.'),
  picked: Type.Optional(described(Quantity, 'What was found: less than asked for where the shelf had less. Absent until it is picked.')),
  serialNumbers: Type.Optional(Type.Array(Code, { uniqueItems: true })),
  ext: Type.Optional(Extensions),
}, { additionalProperties: false, description: 'One article to hand over.' })

const FulfilmentSchema = Type.Object({
  order: described(Link, 'The order it is a part of.'),
  ...fulfilmentFields,
  lines: Type.Array(Line, { minItems: 1 }),
  recipient: Type.Optional(described(Address, 'Where it goes, or who collects it.')),
  requestedAt: Type.Optional(Instant),
  acceptedAt: Type.Optional(Instant),
  readyAt: Type.Optional(described(Instant, 'When it was packed, or ready to be collected.')),
  handedOverAt: Type.Optional(described(Instant, 'When the carrier or the buyer got it.')),
  deliveredAt: Type.Optional(Instant),
  endedReason: Type.Optional(described(Text, 'Why it was declined or cancelled, has expired or could not be delivered.')),
  handledBy: Type.Optional(described(StaffText, 'Who picked it or handed it over.')),
  notes: Type.Optional(Type.Array(Note)),
  ext: Type.Optional(Extensions),
}, { additionalProperties: false, description: 'A part of an order that one place hands over to the buyer.' })

type Fulfilment = Static<typeof FulfilmentSchema>

function check({ type, location, carrier, servicePoint, tracking, pickup, lines }: Fulfilment): TorgError | null {
  const found = repeated('/lines', lines, 'id', ({ id }) => id)
  const add = (pointer: string, value: unknown, detail: string): void => { found.push({ detail, pointer, value } satisfies Finding) }
  if (pickup && type !== 'pickup') add('/pickup', pickup, `A fulfilment of type ${type} is not collected. Set the type to pickup, or leave pickup out.`)
  if (type === 'pickup' && location === undefined) add('/location', undefined, 'A pickup has no location. Map the store in which it is collected.')
  if (type !== 'ship' && type !== 'ship-from-store') {
    for (const [name, value] of Object.entries({ carrier, servicePoint, tracking })) if (value !== undefined) add(`/${name}`, value, `A fulfilment of type ${type} has no carrier. Leave ${name} out, or set the type to ship or ship-from-store.`)
  }
  if (pickup?.readyBy !== undefined && pickup.collectBy !== undefined && Date.parse(pickup.collectBy) < Date.parse(pickup.readyBy)) {
    add('/pickup/collectBy', pickup.collectBy, `It would have to be collected by ${pickup.collectBy}, before it is ready by ${pickup.readyBy}. Correct one of the two.`)
  }
  for (const [index, { quantity, picked }] of lines.entries()) {
    const asked = new Decimal(quantity.value)
    if (asked.cmp(new Decimal(0)) <= 0) add(`/lines/${index}/quantity/value`, quantity.value, `/lines/${index}/quantity is ${quantity.value}; a fulfilment hands over more than 0. Leave the line out, or save what comes back as a return.`)
    if (picked && picked.unit !== quantity.unit) add(`/lines/${index}/picked/unit`, picked.unit, `/lines/${index} was asked for in ${quantity.unit} and picked in ${picked.unit}. Map both in the same unit.`)
    else if (picked && (new Decimal(picked.value).cmp(new Decimal(0)) < 0 || new Decimal(picked.value).cmp(asked) > 0)) {
      add(`/lines/${index}/picked/value`, picked.value, `/lines/${index}/picked is ${picked.value}; it must be from 0 to ${quantity.value}, which was asked for.`)
    }
  }
  return faultOf('validation.schema', found)
}

const pieces = (value: string) => ({ value, unit: 'H87' })

export const fulfilment = defineKind({
  name: 'fulfilment',
  version: 1,
  label: { en: 'Fulfilment', nb: 'Leveranse', sv: 'Leverans' },
  schema: FulfilmentSchema,
  fact: false,
  scope: ['location'],
  links: [{ pointer: '/order', kind: 'order' }, { pointer: '/lines/*/variant', kind: 'variant' }],
  states: { machines: fulfilmentMachines, moves: fulfilmentMoves, read: ({ type, state }) => [{ subject: 'The fulfilment', pointer: '/state', state, machine: fulfilmentMachines[type] }] },
  check,
  // Bought in the Norwegian webshop, collected in a store that had one pair of socks less than ordered.
  example: {
    order: { ref: { system: 'webshop-no', kind: 'order', id: '5402' } },
    type: 'pickup',
    state: 'ready',
    location: 'oslo-storo',
    pickup: { prepaid: true, readyBy: '2025-11-08T11:00:00Z', collectBy: '2025-11-11T20:00:00Z', code: '4471' },
    lines: [
      { id: '1', line: '1', sku: 'LOPESKO-FJELL-42', name: 'Løpesko Fjell, 42', gtin: '7038010066740', quantity: pieces('1'), picked: pieces('1') },
      { id: '2', line: '2', sku: 'ULLSOKK-2PK-39-42', name: 'Ullsokker, 2 par, 39-42', quantity: pieces('2'), picked: pieces('1') },
    ],
    recipient: { name: 'Ingrid Solbakken', country: 'NO', phone: '+4740000123' },
    requestedAt: '2025-11-08T09:12:40Z',
    acceptedAt: '2025-11-08T09:20:05Z',
    readyAt: '2025-11-08T10:31:00Z',
    handledBy: 'Sindre',
  },
})
