/** Stock movement: one change to the stock of a variant at a location. A fact; the snapshot it changes is the kind stock. */
import { Type, type Static } from 'typebox'
import type { TorgError } from '../../errors.ts'
import { faultOf } from '../checks.ts'
import { Decimal } from '../decimals.ts'
import { defineKind } from '../kind.ts'
import { Code, described, ExternalId, Extensions, Instant, Link, Quantity, Text } from '../values.ts'

const StockMovementSchema = Type.Object({
  key: described(ExternalId, 'Unique among the movements of its system: the same key is the same movement, sent again.'),
  variant: Link,
  location: described(Code, 'The code of the store or warehouse.'),
  occurredAt: Instant,
  quantity: described(Quantity, 'Signed: what came in is above 0, what went out below.'),
  reason: Type.Enum(['goods-in', 'sale', 'return', 'transfer-in', 'transfer-out', 'loss', 'stocktake', 'correction'], { description: '`loss`: theft, damage, own use. `stocktake`: the difference a count showed. A sale that is taken back at the till is a `correction`.' }),
  counterpart: Type.Optional(described(Code, 'The other location of a transfer.')),
  document: Type.Optional(described(Text, 'Receipt, order or delivery note that caused it.')),
  ext: Type.Optional(Extensions),
}, { additionalProperties: false, description: 'One change to the stock of a variant at a location, signed.' })

type StockMovement = Static<typeof StockMovementSchema>

/** The sign a reason has; one that is not here may have either. */
const signs: Readonly<Partial<Record<StockMovement['reason'], 1 | -1>>> = { 'goods-in': 1, 'sale': -1, 'return': 1, 'transfer-in': 1, 'transfer-out': -1, 'loss': -1 }

/** A sign that fits the reason, and a counterpart only for transfers. */
function check({ quantity, reason, counterpart, location }: StockMovement): TorgError | null {
  const sign = new Decimal(quantity.value).cmp(new Decimal(0))
  const expected = signs[reason]
  const wrong = (detail: string, pointer: string, value: string) => [{ detail, pointer, value }]
  return faultOf('validation.schema', [
    ...(sign === 0 ? wrong('A movement of nothing is none. Leave it out.', '/quantity/value', quantity.value) : []),
    ...(sign !== 0 && expected !== undefined && Math.sign(sign) !== expected
      ? wrong(`/quantity/value is ${quantity.value}, but a movement of reason ${reason} is ${expected > 0 ? 'above' : 'below'} 0. Turn the sign in the mapping, or give another reason.`, '/quantity/value', quantity.value)
      : []),
    ...(counterpart !== undefined && !reason.startsWith('transfer-') ? wrong(`A movement of reason ${reason} has no counterpart.`, '/counterpart', counterpart) : []),
    ...(counterpart === location ? wrong('The counterpart of a transfer is another location.', '/counterpart', counterpart) : []),
  ])
}

export const stockMovement = defineKind({
  name: 'stock-movement',
  version: 1,
  label: { en: 'Stock movement', nb: 'Lagerbevegelse', sv: 'Lagerrörelse' },
  schema: StockMovementSchema,
  fact: true,
  // What happens in one place is told in its order; places do not wait for each other.
  orderKey: ({ location }) => String(location),
  scope: ['location'],
  links: [{ pointer: '/variant', kind: 'variant' }],
  check,
  example: {
    key: 'trondheim-torg/2/18841/1',
    variant: { ref: { system: 'pos', kind: 'variant', id: 'ULL-GENSER-BLA-M' } },
    location: 'trondheim-torg',
    occurredAt: '2025-11-03T13:12:40Z',
    quantity: { value: '-1', unit: 'H87' },
    reason: 'sale',
    document: 'receipt 2-18841',
  },
})
