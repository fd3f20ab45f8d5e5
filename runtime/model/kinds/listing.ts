/** Listing: which variant is offered where and when. The same assortment everywhere, on purpose. */
import { Type, type Static } from 'typebox'
import type { TorgError } from '../../errors.ts'
import { emptyPeriod, faultOf } from '../checks.ts'
import { defineKind } from '../kind.ts'
import { BusinessDate, Code, described, Extensions, Instant, Link, Url } from '../values.ts'

const ListingSchema = Type.Object({
  variant: Link,
  market: Type.Optional(described(Code, 'Offered in every channel and store of this market.')),
  channel: Type.Optional(described(Code, 'Offered in this webshop or marketplace.')),
  store: Type.Optional(described(Code, 'Offered in this store; the code of a location.')),
  assortment: Type.Optional(described(Code, 'Only for customers with this assortment.')),
  offer: Type.Enum(['buyable', 'visible', 'preorder', 'blocked'], { description: '`visible`: shown, not sold. `preorder`: sold before it is there. `blocked`: neither shown nor sold, whatever a wider listing says, as after a recall.' }),
  deliverableFrom: Type.Optional(described(BusinessDate, 'The day from which a pre-order can be delivered.')),
  url: Type.Optional(described(Url, 'Its page in the channel.')),
  validFrom: Type.Optional(Instant),
  validTo: Type.Optional(described(Instant, 'The first moment at which it no longer holds; absent: until further notice.')),
  ext: Type.Optional(Extensions),
}, { additionalProperties: false, description: 'Which variant is offered where and when. The narrowest listing decides: store, channel, market.' })

type Listing = Static<typeof ListingSchema>

/** One place, a period that is one, a date of delivery only for pre-orders. */
function check(listing: Listing): TorgError | null {
  const { market, channel, store, offer, deliverableFrom } = listing
  const places = Object.entries({ market, channel, store }).filter(([, place]) => place !== undefined)
  const [, second] = places
  return faultOf('validation.schema', [
    ...(places.length === 0 ? [{ detail: 'The listing names no place. Give it a market, a channel or a store.', pointer: '/channel', value: undefined }] : []),
    ...(second ? [{ detail: `The listing names ${places.map(([field]) => field).join(' and ')}. Make one listing for each.`, pointer: `/${second[0]}`, value: second[1] }] : []),
    ...(deliverableFrom !== undefined && offer !== 'preorder' ? [{ detail: `A listing that is ${offer} has no deliverableFrom. Set offer to preorder, or leave it out.`, pointer: '/deliverableFrom', value: deliverableFrom }] : []),
    ...emptyPeriod(listing),
  ])
}

export const listing = defineKind({
  name: 'listing',
  version: 1,
  label: { en: 'Listing', nb: 'Sortimentslinje', sv: 'Sortimentsrad' },
  schema: ListingSchema,
  fact: false,
  period: { from: 'validFrom', to: 'validTo' },
  scope: ['market', 'channel', 'store'],
  links: [{ pointer: '/variant', kind: 'variant' }],
  check,
  example: {
    variant: { ref: { system: 'pim', kind: 'variant', id: 'ULL-GENSER-BLA-M' } },
    channel: 'webshop-no',
    offer: 'preorder',
    deliverableFrom: '2025-10-01',
    url: 'https://www.example.no/ullgenser?farge=bla&str=m',
    validFrom: '2025-09-01T06:00:00Z',
    validTo: '2026-03-01T23:00:00Z',
  },
})
