/** Attributes of products and variants: each says its own type, so that a value is understood without the product type that asked for it. */
import { Type, type Static } from 'typebox'
import type { Finding } from '../validation.ts'
import { repeated } from '../checks.ts'
import { BusinessDate, byType, Code, DecimalNumber, described, LocalizedText, Quantity, Text } from '../values.ts'

const closed = { additionalProperties: false }
const key = described(Code, 'Name of the attribute within its product type: material, waterproof.')

const Attribute = byType([
  Type.Object({ type: Type.Literal('text'), key, value: Text }, closed),
  Type.Object({ type: Type.Literal('localized'), key, value: LocalizedText }, closed),
  Type.Object({ type: Type.Literal('number'), key, value: DecimalNumber }, closed),
  Type.Object({ type: Type.Literal('boolean'), key, value: Type.Boolean() }, closed),
  Type.Object({ type: Type.Literal('quantity'), key, value: Quantity }, closed),
  Type.Object({ type: Type.Literal('date'), key, value: BusinessDate }, closed),
  Type.Object({ type: Type.Literal('choice'), key, value: Code, name: Type.Optional(described(LocalizedText, 'The choice as people read it.')) }, closed),
  Type.Object({ type: Type.Literal('choices'), key, value: Type.Array(Code, { minItems: 1, uniqueItems: true }) }, closed),
], 'One attribute: its type says what its value is.')

export const Attributes = Type.Array(Attribute, { description: 'What the product type asks for. Each key once.' })

/** Every attribute that is there a second time. */
export function repeatedAttributes(attributes: Static<typeof Attributes> | undefined): Finding[] {
  return repeated('/attributes', attributes, 'key', attribute => attribute.key)
}
