/** Stock: what a location has of a variant, counted at one moment. A change to it is a stock movement, a kind of its own. */
import { Type, type Static } from 'typebox'
import type { TorgError } from '../../errors.ts'
import { faultOf, notPositive } from '../checks.ts'
import { Decimal } from '../decimals.ts'
import { defineKind } from '../kind.ts'
import { BusinessDate, Code, described, Extensions, Instant, Link, Quantity } from '../values.ts'

const StockSchema = Type.Object({
  variant: Link,
  location: described(Code, 'The code of the store or warehouse.'),
  asOf: described(Instant, 'When it was counted or computed: of two snapshots the later one holds.'),
  onHand: described(Quantity, 'What is there. Below 0 where more was sold than booked in.'),
  reserved: Type.Optional(described(Quantity, 'What of it is promised already.')),
  incoming: Type.Optional(described(Quantity, 'What is on its way to the location.')),
  incomingOn: Type.Optional(described(BusinessDate, 'The day on which the first of it is expected.')),
  ext: Type.Optional(Extensions),
}, { additionalProperties: false, description: 'What a location has of a variant: a snapshot, absolute and as of a moment. What is available is derived, never written.' })

type Stock = Static<typeof StockSchema>

/** One unit, and nothing below zero but what is on hand. */
function check({ onHand, reserved, incoming, incomingOn }: Stock): TorgError | null {
  return faultOf('validation.schema', [
    ...Object.entries({ reserved, incoming }).flatMap(([field, quantity]) => quantity === undefined ? [] : [
      ...notPositive(`/${field}/value`, quantity.value, { orZero: true }),
      ...(quantity.unit === onHand.unit ? [] : [{ detail: `/${field} is in ${quantity.unit}, but onHand is in ${onHand.unit}. Give all in the variant's unit.`, pointer: `/${field}/unit`, value: quantity.unit }]),
    ]),
    ...(incomingOn !== undefined && incoming === undefined ? [{ detail: 'The stock has incomingOn but says not how much. Give incoming too.', pointer: '/incoming', value: undefined }] : []),
  ])
}

/** What {@link available} is derived from. */
const CountSchema = Type.Object({ onHand: Type.Object({ value: Type.String() }), reserved: Type.Optional(Type.Object({ value: Type.String() })) })

/** What can be promised: on hand less reserved, in the same unit, never below 0. */
function available({ onHand, reserved }: Static<typeof CountSchema>): { available: string } {
  const free = new Decimal(onHand.value).minus(new Decimal(reserved?.value ?? '0'))
  return { available: free.cmp(new Decimal(0)) > 0 ? free.toFixed() : '0' }
}

export const stock = defineKind({
  name: 'stock',
  version: 1,
  plural: 'stock',
  label: { en: 'Stock', nb: 'Lagerbeholdning', sv: 'Lagersaldo' },
  schema: StockSchema,
  fact: false,
  scope: ['location'],
  links: [{ pointer: '/variant', kind: 'variant' }],
  check,
  status: { of: CountSchema, derive: available },
  example: {
    variant: { ref: { system: 'erp', kind: 'variant', id: 'ULL-GENSER-BLA-M' } },
    location: 'trondheim-torg',
    asOf: '2025-11-03T05:00:00Z',
    onHand: { value: '9', unit: 'H87' },
    reserved: { value: '2', unit: 'H87' },
    incoming: { value: '12', unit: 'H87' },
    incomingOn: '2025-11-06',
  },
})
