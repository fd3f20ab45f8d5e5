/** Variant: the article that is counted, priced and scanned. A product without options has one. */
import { Type, type Static } from 'typebox'
import type { TorgError } from '../../errors.ts'
import { faultOf, notPositive, repeated } from '../checks.ts'
import { isGtin, toGtin14 } from '../codes.ts'
import { defineKind } from '../kind.ts'
import { differ, textOf, type Match } from '../match.ts'
import type { Finding } from '../validation.ts'
import { Code, Country, described, Extensions, Gtin, Link, LocalizedText, Media, Quantity, Sku, Text, Unit } from '../values.ts'
import { Attributes, repeatedAttributes } from './attributes.ts'

const closed = { additionalProperties: false }

const Packaging = Type.Object({
  unit: described(Unit, 'What it is packed in: CT carton, PK pack, PX pallet.'),
  contains: described(Quantity, 'How much of the article is in it.'),
  gtin: Type.Optional(Gtin),
}, { additionalProperties: false, description: 'A larger unit in which it is bought, moved or sold.' })

const VariantSchema = Type.Object({
  product: Type.Optional(described(Link, 'The product it is a variant of. Absent where the source knows articles only.')),
  sku: Sku,
  gtins: Type.Optional(Type.Array(Gtin, { description: 'GTINs of one unit; the first is the one to print.' })),
  barcodes: Type.Optional(Type.Array(Code, { uniqueItems: true, description: 'Other codes the till knows it by: in-house, older ones. Never a GTIN.' })),
  supplierSku: Type.Optional(described(Code, 'The supplier\'s article number.')),
  name: Type.Optional(described(LocalizedText, 'Where the product\'s name with the options does not do.')),
  lifecycle: Type.Optional(Type.Enum(['draft', 'active', 'phasing-out', 'discontinued'], { description: 'As of a product, where a variant differs from it.' })),
  options: Type.Optional(Type.Array(Type.Object({
    option: described(Code, 'Key of an option of the product: size.'),
    value: described(Code, 'Key of one of its values: M.'),
  }, closed), { description: 'What it is in each option of its product.' })),
  attributes: Type.Optional(Attributes),
  media: Type.Optional(Type.Array(Media, { description: 'Shown before those of the product.' })),
  unit: described(Unit, 'The unit in which it is counted, sold and priced: H87 piece, PR pair, KGM, MTR.'),
  packaging: Type.Optional(Type.Array(Packaging)),
  content: Type.Optional(described(Quantity, 'Net content of one unit, for the price per kilogram or litre that the law asks for (EU directive 98/6/EC).')),
  taxCategory: Type.Optional(described(Code, 'Where it differs from the product\'s.')),
  dimensions: Type.Optional(Type.Object({
    weight: Type.Optional(described(Quantity, 'Gross weight of one unit as it is sent.')),
    length: Type.Optional(Quantity), width: Type.Optional(Quantity), height: Type.Optional(Quantity),
  }, { additionalProperties: false, description: 'One unit as it is sent.' })),
  countryOfOrigin: Type.Optional(Country),
  customsCode: Type.Optional(Type.String({ pattern: '^\\d{6,10}$', description: 'Commodity code of the customs tariff: 6 digits of the Harmonized System, 8 to 10 of a national one.', expects: 'a commodity code of 6 to 10 digits' })),
  kit: Type.Optional(Type.Array(Type.Object({ variant: Link, quantity: Quantity }, closed), { minItems: 1, description: 'The articles it consists of. A kit has no stock of its own.' })),
  tags: Type.Optional(Type.Array(Text, { uniqueItems: true })),
  ext: Type.Optional(Extensions),
}, { additionalProperties: false, description: 'The article that is counted, priced and scanned.' })

type Variant = Static<typeof VariantSchema>

const weights = ['KGM', 'GRM', 'TNE', 'LBR', 'ONZ']
const lengths = ['MTR', 'CMT', 'MMT', 'INH', 'FOT']
const measures = { weight: weights, length: lengths, width: lengths, height: lengths }

/** Codes once, each option once, and quantities that can be. */
function check({ gtins, packaging, options, attributes, content, dimensions, kit }: Variant): TorgError | null {
  return faultOf('validation.schema', [
    ...repeated('/gtins', gtins, '', toGtin14),
    ...repeated('/options', options, 'option', ({ option }) => option),
    ...repeatedAttributes(attributes),
    ...repeated('/packaging', packaging, 'unit', ({ unit, contains }) => `${unit} of ${contains.value} ${contains.unit}`),
    ...(packaging ?? []).flatMap(({ contains }, index) => notPositive(`/packaging/${index}/contains/value`, contains.value)),
    ...notPositive('/content/value', content?.value),
    ...(kit ?? []).flatMap(({ quantity }, index) => notPositive(`/kit/${index}/quantity/value`, quantity.value)),
    ...wrongMeasures(dimensions),
  ])
}

function wrongMeasures(dimensions: Variant['dimensions']): Finding[] {
  return (['weight', 'length', 'width', 'height'] as const).flatMap((name) => {
    const measured = dimensions?.[name]
    if (!measured) return []
    const pointer = `/dimensions/${name}`
    const units = measures[name]
    const unit = units.includes(measured.unit) ? [] : [{ detail: `${pointer} is in ${measured.unit}; it must be in one of ${units.join(', ')}.`, pointer: `${pointer}/unit`, value: measured.unit }]
    return [...notPositive(`${pointer}/value`, measured.value), ...unit]
  })
}

/** A GTIN with another sku is a supplier that used it again, or an article that was renumbered: a person sees which. */
const match: Match = {
  rules: [
    { name: 'sku', sure: true, values: ({ sku }) => [textOf(sku)] },
    {
      name: 'gtin', sure: true, values: ({ gtins }) => Array.isArray(gtins) ? gtins.map(textOf).filter(gtin => gtin !== '').map(toGtin14) : [],
      search: { name: 'gtin', fields: ['/gtins'], expects: 'a GTIN of 8, 12, 13 or 14 digits', example: '7038010055720', forms: text => isGtin(text.trim()) ? [toGtin14(text.trim())] : [] },
    },
  ],
  contradiction: (one, other) => differ(one.sku, other.sku) ? 'different skus' : null,
}

export const variant = defineKind({
  name: 'variant',
  version: 1,
  label: { en: 'Variant', nb: 'Variant', sv: 'Variant' },
  schema: VariantSchema,
  fact: false,
  links: [{ pointer: '/product', kind: 'product' }, { pointer: '/kit/*/variant', kind: 'variant' }],
  match,
  check,
  example: {
    product: { ref: { system: 'pim', kind: 'product', id: 'ULL-GENSER' } },
    sku: 'ULL-GENSER-BLA-M',
    gtins: ['7038010055720'],
    barcodes: ['FV-1042-M'],
    supplierSku: '1042-BLUE-M',
    lifecycle: 'active',
    options: [{ option: 'colour', value: 'blue' }, { option: 'size', value: 'M' }],
    unit: 'H87',
    packaging: [{ unit: 'CT', contains: { value: '12', unit: 'H87' }, gtin: '17038010055727' }],
    dimensions: { weight: { value: '0.45', unit: 'KGM' }, length: { value: '38', unit: 'CMT' }, width: { value: '30', unit: 'CMT' }, height: { value: '6', unit: 'CMT' } },
    countryOfOrigin: 'LT',
    customsCode: '61101130',
  },
})
