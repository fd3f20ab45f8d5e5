/** Campaign: what a buyer saves, on what, under which condition, where and when. */
import { Type, type Static } from 'typebox'
import { defineKind } from '../kind.ts'
import { byType, Code, described, Extensions, Instant, Link, LocalizedText, Money, Quantity, Rate, Text } from '../values.ts'
import { checkCampaign } from './campaign-check.ts'

const closed = { additionalProperties: false }
const amounts = (description: string) => Type.Array(Money, { minItems: 1, description: `${description} One per currency.` })

const Articles = Type.Object({
  products: Type.Optional(Type.Array(Link)),
  variants: Type.Optional(Type.Array(Link)),
  categories: Type.Optional(Type.Array(Code, { uniqueItems: true })),
  brands: Type.Optional(Type.Array(Text, { uniqueItems: true })),
}, { additionalProperties: false, minProperties: 1, description: 'Articles named by any of these.', expects: 'at least one of products, variants, categories, brands; leave the field out to mean every article' })

const Condition = byType([
  Type.Object({ type: Type.Literal('quantity'), minimum: described(Quantity, 'How much of the campaign\'s articles must be bought.') }, closed),
  Type.Object({ type: Type.Literal('spend'), minimum: amounts('What the campaign\'s articles must come to, tax included.') }, closed),
], 'What must be bought for it.')

const Effect = byType([
  Type.Object({ type: Type.Literal('percent'), rate: described(Rate, 'What is taken off, as a fraction: "0.2" is 20 percent; above 0, at most 1.') }, closed),
  Type.Object({
    type: Type.Literal('fixed'),
    per: Type.Enum(['unit', 'order'], { description: 'Whether it is for each unit, or once for all articles of the campaign together.' }),
    off: Type.Optional(amounts('What is taken off.')),
    price: Type.Optional(amounts('What is paid instead.')),
  }, { additionalProperties: false, description: 'Either `off` or `price`, tax included.' }),
  Type.Object({
    type: Type.Literal('buy-x-pay-y'),
    buy: Type.Integer({ minimum: 2, description: 'Units to take.' }),
    pay: Type.Integer({ minimum: 0, description: 'Units to pay of them; the cheapest are free.' }),
  }, closed),
  Type.Object({
    type: Type.Literal('bundle'),
    parts: Type.Array(Type.Object({ articles: Articles, quantity: Type.Integer({ minimum: 1 }) }, closed), { minItems: 1 }),
    price: amounts('What all parts together cost, tax included.'),
  }, { additionalProperties: false, description: 'Certain articles together at one price. The parts name the articles, so the campaign itself names none.' }),
  Type.Object({ type: Type.Literal('free-freight') }, closed),
], 'What the buyer saves.')

const CampaignSchema = Type.Object({
  key: described(Code, 'What discounts of orders refer to.'),
  name: LocalizedText,
  description: Type.Optional(LocalizedText),
  scope: Type.Optional(Type.Object({
    markets: Type.Optional(Type.Array(Code, { uniqueItems: true })),
    channels: Type.Optional(Type.Array(Code, { uniqueItems: true })),
    stores: Type.Optional(Type.Array(Code, { uniqueItems: true })),
    customerGroups: Type.Optional(Type.Array(Code, { uniqueItems: true })),
  }, { additionalProperties: false, description: 'Where and for whom it holds: in any of the markets, channels and stores, for any of the groups. What is absent does not limit it.' })),
  codes: Type.Optional(Type.Array(Code, { minItems: 1, uniqueItems: true, description: 'The buyer must give one of these.' })),
  articles: Type.Optional(described(Articles, 'What it is on; absent: everything.')),
  except: Type.Optional(described(Articles, 'What of that it is not on.')),
  condition: Type.Optional(Condition),
  effect: Effect,
  priority: Type.Optional(Type.Integer({ minimum: 0, maximum: 1000, description: 'Among campaigns on the same article the highest is applied first; absent: 0.' })),
  stackable: Type.Boolean({ description: 'Whether further campaigns may be applied to the same article.' }),
  limits: Type.Optional(Type.Object({
    perOrder: Type.Optional(Type.Integer({ minimum: 1 })), perCustomer: Type.Optional(Type.Integer({ minimum: 1 })), total: Type.Optional(Type.Integer({ minimum: 1 })),
  }, { additionalProperties: false, description: 'How often it is given.' })),
  validFrom: Type.Optional(Instant),
  validTo: Type.Optional(described(Instant, 'The first moment at which it no longer holds; absent: until further notice.')),
  tags: Type.Optional(Type.Array(Text, { uniqueItems: true })),
  ext: Type.Optional(Extensions),
}, { additionalProperties: false, description: 'What a buyer saves, on what, under which condition, where and when.' })

export type Campaign = Static<typeof CampaignSchema>

const articleLinks = (pointer: string) => [{ pointer: `${pointer}/products/*`, kind: 'product' }, { pointer: `${pointer}/variants/*`, kind: 'variant' }]

export const campaign = defineKind({
  name: 'campaign',
  version: 1,
  label: { en: 'Campaign', nb: 'Kampanje', sv: 'Kampanj' },
  schema: CampaignSchema,
  fact: false,
  period: { from: 'validFrom', to: 'validTo' },
  links: ['/articles', '/except', '/effect/parts/*/articles'].flatMap(articleLinks),
  key: ['key'],
  check: checkCampaign,
  example: {
    key: 'host-20',
    name: { nb: 'Høstsalg 20 %', sv: 'Höstrea 20 %' },
    description: { nb: '20 % på gensere for medlemmer, minst to plagg.', sv: '20 % på tröjor för medlemmar, minst två plagg.' },
    scope: { markets: ['no', 'se'], customerGroups: ['club'] },
    articles: { categories: ['sweaters'] },
    except: { products: [{ ref: { system: 'pim', kind: 'product', id: 'EKSPEDISJON-GENSER' } }] },
    condition: { type: 'quantity', minimum: { value: '2', unit: 'H87' } },
    effect: { type: 'percent', rate: '0.2' },
    priority: 10,
    stackable: false,
    limits: { perCustomer: 1 },
    validFrom: '2025-10-31T23:00:00Z',
    validTo: '2025-11-16T23:00:00Z',
  },
})
