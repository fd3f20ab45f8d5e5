/** Price: what one unit of a variant costs, for whom, where and when. */
import { Type, type Static } from 'typebox'
import type { TorgError } from '../../errors.ts'
import { emptyPeriod, faultOf, notPositive, unpayable } from '../checks.ts'
import { defineKind } from '../kind.ts'
import type { Finding } from '../validation.ts'
import { Code, described, Extensions, Instant, Link, Money, Quantity, Unit } from '../values.ts'

const PriceSchema = Type.Object({
  variant: Link,
  type: Type.Enum(['regular', 'campaign', 'cost', 'rrp'], { description: '`cost`: what the retailer pays. `rrp`: what the supplier recommends.' }),
  list: described(Code, 'The price list. With currency, channel or store, customer or group, type, unit and minimum quantity it is the scope, in which no two prices hold at once.'),
  channel: Type.Optional(described(Code, 'Only there. Never with `store`, which is a channel of its own.')),
  store: Type.Optional(described(Code, 'Only in this store; the code of a location.')),
  customerGroup: Type.Optional(described(Code, 'Only for this group. Never with `customer`, who has the price alone.')),
  customer: Type.Optional(described(Link, 'Only for this customer.')),
  minimumQuantity: Type.Optional(described(Quantity, 'Holds from this quantity on; absent: from the first.')),
  unit: Type.Optional(described(Unit, 'What is priced where it is not the variant\'s own unit, for example a carton.')),
  value: described(Money, 'Price of one unit. In the currency\'s own decimals where tax is included, for that is paid as it is; else at most 6.'),
  taxIncluded: Type.Boolean({ description: 'Whether `value` and `priorPrice` are gross (true) or net (false).' }),
  priorPrice: Type.Optional(described(Money, 'Lowest price of the 30 days before a reduction, which must be shown beside it (EU directive 98/6/EC, article 6a).')),
  campaign: Type.Optional(described(Link, 'The campaign that gives it.')),
  validFrom: Type.Optional(described(Instant, 'Absent: always has been.')),
  validTo: Type.Optional(described(Instant, 'The first moment at which it no longer holds; absent: until further notice.')),
  ext: Type.Optional(Extensions),
}, { additionalProperties: false, description: 'What one unit of a variant costs, for whom, where and when.' })

export type Price = Static<typeof PriceSchema>

const exclusive = [['channel', 'store'], ['customerGroup', 'customer']] as const

/** A scope without contradiction, amounts that can be paid, a period that is one. */
function check(price: Price): TorgError | null {
  return faultOf('validation.schema', [
    ...exclusive.flatMap(([wide, narrow]) => price[wide] !== undefined && price[narrow] !== undefined
      ? [{ detail: `The price has both ${wide} and ${narrow}. Leave ${wide} out: ${narrow} says it already.`, pointer: `/${wide}`, value: price[wide] }]
      : []),
    ...notPositive('/value/amount', price.value.amount, { orZero: true }),
    ...(price.taxIncluded ? unpayable('/value', price.value) : []),
    ...notPositive('/minimumQuantity/value', price.minimumQuantity?.value),
    ...campaignFindings(price),
    ...emptyPeriod(price),
  ])
}

/** What only a campaign price has. */
function campaignFindings({ type, campaign, priorPrice, value, taxIncluded }: Price): Finding[] {
  if (priorPrice === undefined && campaign === undefined) return []
  const misplaced = type === 'campaign' ? [] : Object.entries({ campaign, priorPrice })
    .flatMap(([field, given]) => given === undefined ? [] : [{ detail: `A price of type ${type} has no ${field}. Set type to campaign, or leave ${field} out.`, pointer: `/${field}`, value: given }])
  if (priorPrice === undefined) return misplaced
  const foreign = priorPrice.currency === value.currency ? [] : [{ detail: `/priorPrice is in ${priorPrice.currency}, but the price is in ${value.currency}.`, pointer: '/priorPrice/currency', value: priorPrice.currency }]
  return [...misplaced, ...foreign, ...notPositive('/priorPrice/amount', priorPrice.amount, { orZero: true }), ...(taxIncluded ? unpayable('/priorPrice', priorPrice) : [])]
}

export const price = defineKind({
  name: 'price',
  version: 1,
  label: { en: 'Price', nb: 'Pris', sv: 'Pris' },
  schema: PriceSchema,
  fact: false,
  period: { from: 'validFrom', to: 'validTo' },
  scope: ['channel', 'store'],
  links: [{ pointer: '/variant', kind: 'variant' }, { pointer: '/customer', kind: 'customer' }, { pointer: '/campaign', kind: 'campaign' }],
  check,
  example: {
    variant: { ref: { system: 'erp', kind: 'variant', id: 'ULL-GENSER-BLA-M' } },
    type: 'campaign',
    list: 'consumer-no',
    channel: 'webshop-no',
    customerGroup: 'club',
    value: { amount: '1039.20', currency: 'NOK' },
    taxIncluded: true,
    priorPrice: { amount: '1299.00', currency: 'NOK' },
    campaign: { ref: { system: 'erp', kind: 'campaign', id: 'host-20' } },
    validFrom: '2025-10-31T23:00:00Z',
    validTo: '2025-11-16T23:00:00Z',
  },
})
