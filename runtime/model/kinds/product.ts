/** Product: what is sold, as people know it. What lies on the shelf and has a price is its variants. */
import { Type, type Static } from 'typebox'
import type { TorgError } from '../../errors.ts'
import { faultOf, repeated } from '../checks.ts'
import { defineKind } from '../kind.ts'
import { comparableName, differ, textOf, type Match } from '../match.ts'
import { Code, described, Extensions, Link, LocalizedLongText, LocalizedText, Media, Text } from '../values.ts'
import { Attributes, repeatedAttributes } from './attributes.ts'

const closed = { additionalProperties: false }

const Option = Type.Object({
  key: described(Code, 'Key of the option: colour, size.'),
  name: Type.Optional(LocalizedText),
  values: Type.Array(Type.Object({ key: Code, name: Type.Optional(LocalizedText) }, closed), { minItems: 1, description: 'In the order in which people choose: S, M, L.' }),
}, { additionalProperties: false, description: 'Something in which the variants differ.' })

const Related = Type.Object({
  type: Type.Enum(['accessory', 'alternative', 'cross-sell', 'up-sell', 'spare-part', 'replacement'], { description: '`replacement`: the other product takes this one\'s place.' }),
  product: Link,
}, { additionalProperties: false, description: 'Another product, and what it is to this one.' })

const ProductSchema = Type.Object({
  productType: Type.Optional(described(Code, 'The product type: which attributes and options are asked for.')),
  lifecycle: Type.Optional(Type.Enum(['draft', 'active', 'phasing-out', 'discontinued'], { description: 'Where it stands in the assortment. `phasing-out` is sold, not bought again. Where and when it is offered is said by listings.' })),
  name: LocalizedText,
  summary: Type.Optional(described(LocalizedText, 'One or two sentences.')),
  description: Type.Optional(LocalizedLongText),
  brand: Type.Optional(Text),
  supplier: Type.Optional(Code),
  season: Type.Optional(described(Code, 'Season or collection it was bought for.')),
  categories: Type.Optional(Type.Array(Code, { uniqueItems: true, description: 'Keys of categories; the first is the main one.' })),
  parent: Type.Optional(described(Link, 'The product one level up, where there are more than two: a model that has styles that have variants.')),
  options: Type.Optional(Type.Array(Option)),
  attributes: Type.Optional(Attributes),
  media: Type.Optional(Type.Array(Media)),
  related: Type.Optional(Type.Array(Related)),
  taxCategory: Type.Optional(described(Code, 'The retailer\'s tax category: standard, food, books. Variants may have another one.')),
  minimumAge: Type.Optional(Type.Integer({ minimum: 1, maximum: 99, description: 'Years a buyer must be old.' })),
  seo: Type.Optional(Type.Object({
    slug: Type.Optional(described(LocalizedText, 'Last part of the page\'s address.')), title: Type.Optional(LocalizedText), description: Type.Optional(LocalizedText),
  }, closed)),
  keywords: Type.Optional(Type.Array(Text, { uniqueItems: true, description: 'Words by which it should be found.' })),
  tags: Type.Optional(Type.Array(Text, { uniqueItems: true })),
  ext: Type.Optional(Extensions),
}, { additionalProperties: false, description: 'What is sold, as people know it: texts, brand, pictures, and the options in which its variants differ.' })

/** Attributes, options and the values of an option each once. */
function check({ attributes, options }: Static<typeof ProductSchema>): TorgError | null {
  return faultOf('validation.schema', [
    ...repeatedAttributes(attributes),
    ...repeated('/options', options, 'key', option => option.key),
    ...(options ?? []).flatMap(({ values }, index) => repeated(`/options/${index}/values`, values, 'key', value => value.key)),
  ])
}

/** Systems that number products each in their own way have the same numbers for different ones; then the brands mostly differ. */
const match: Match = {
  rules: [{ name: 'number', sure: false, values: (_, number) => [textOf(number)] }],
  contradiction: (one, other) => differ(comparableName(one.brand), comparableName(other.brand)) ? 'different brands' : null,
}

export const product = defineKind({
  name: 'product',
  version: 1,
  label: { en: 'Product', nb: 'Produkt', sv: 'Produkt' },
  schema: ProductSchema,
  fact: false,
  links: [{ pointer: '/parent', kind: 'product' }, { pointer: '/related/*/product', kind: 'product' }],
  match,
  check,
  example: {
    productType: 'sweater',
    lifecycle: 'active',
    name: { nb: 'Ullgenser', sv: 'Ylletröja', en: 'Wool sweater' },
    summary: { nb: 'Varm genser i merinoull.', sv: 'Varm tröja i merinoull.' },
    description: { nb: 'Tåler kulde og regn, og kan vaskes i maskin på 30 grader.', sv: 'Tål kyla och regn och kan maskintvättas i 30 grader.' },
    brand: 'Fjellvind',
    supplier: 'fjellvind-as',
    season: 'aw25',
    categories: ['sweaters', 'hiking'],
    options: [
      { key: 'colour', name: { nb: 'Farge', sv: 'Färg' }, values: [{ key: 'blue', name: { nb: 'Blå', sv: 'Blå' } }, { key: 'grey', name: { nb: 'Grå', sv: 'Grå' } }] },
      { key: 'size', name: { nb: 'Størrelse', sv: 'Storlek' }, values: [{ key: 'S' }, { key: 'M' }, { key: 'L' }] },
    ],
    attributes: [
      { type: 'choice', key: 'material', value: 'merino', name: { nb: 'Merinoull', sv: 'Merinoull' } },
      { type: 'quantity', key: 'fabric-weight', value: { value: '260', unit: 'GM' } },
      { type: 'choices', key: 'use', value: ['hiking', 'skiing'] },
      { type: 'boolean', key: 'machine-washable', value: true },
    ],
    media: [{ type: 'image', url: 'https://media.example.no/ullgenser-bla.jpg', purpose: 'main', alt: { nb: 'Blå ullgenser sett forfra', sv: 'Blå ylletröja framifrån' }, mediaType: 'image/jpeg', width: 1600, height: 2000 }],
    related: [{ type: 'cross-sell', product: { ref: { system: 'pim', kind: 'product', id: 'ULL-BUKSE' } } }],
    taxCategory: 'standard',
    seo: { slug: { nb: 'ullgenser', sv: 'ylletroja' } },
  },
})
