/** The kinds' schemas as parts of an OpenAPI 3.1 document, whose schemas are JSON Schema 2020-12. Pure. */
import type { Kind } from '../../model/index.ts'
import { envelopeFields, numberSchema, referenceSchema } from '../../model/entity-schema.ts'
import { isRecord, type JsonSchema } from '../../model/validation.ts'

/** `stock-movement` -> `StockMovement`. */
export const schemaName = (kind: string): string => kind.split('-').map(part => part.charAt(0).toUpperCase() + part.slice(1)).join('')

/** A record as it is read: name of its schema. */
export const recordName = (kind: string): string => `${schemaName(kind)}Record`

export const reference = (name: string): { $ref: string } => ({ $ref: `#/components/schemas/${name}` })

/** What a record has beside its document. */
const envelope = envelopeFields(reference('Reference'))

/** For each kind the document as it is written, the record as it is read, and every shared type once. */
export function kindSchemas(kinds: Iterable<Kind>): Record<string, unknown> {
  const schemas: Record<string, unknown> = { Reference: referenceSchema }
  for (const { name, schema: { $schema: _schema, $id: _id, title: _title, $defs = {}, ...body } } of kinds) {
    const renamed = new Map<string, string>()
    for (const [title, definition] of Object.entries(isRecord($defs) ? $defs : {})) {
      const hoisted = withReferences(definition, renamed)
      const known = title in schemas && JSON.stringify(schemas[title]) !== JSON.stringify(hoisted)
      // A project's own fields make the type of `ext` one of the kind's own.
      if (known) renamed.set(title, `${schemaName(name)}${title}`)
      schemas[renamed.get(title) ?? title] = hoisted
    }
    const document = withReferences(body, renamed)
    const properties = isRecord(document) && isRecord(document.properties) ? document.properties : {}
    const required = isRecord(document) && Array.isArray(document.required) ? document.required : []
    const common: JsonSchema = isRecord(document) ? document : {}
    schemas[schemaName(name)] = {
      ...common, properties: { refs: { type: 'array', items: reference('Reference'), description: 'To create: at least one of the key\'s system.' }, number: numberSchema, ...properties },
    }
    // What was stored under earlier rules is given as it is: nothing but the envelope is promised.
    schemas[recordName(name)] = {
      ...common, required: ['id', 'version', 'schema', 'refs', 'createdAt', 'updatedAt', ...required],
      properties: { ...envelope, ...properties, included: { type: 'object', additionalProperties: true, description: 'What `include` asked for, by name.' } },
    }
  }
  return schemas
}

function withReferences(node: unknown, renamed: ReadonlyMap<string, string>): unknown {
  if (Array.isArray(node)) return node.map(item => withReferences(item, renamed))
  if (!isRecord(node)) return node
  return Object.fromEntries(Object.entries(node).map(([key, value]) => {
    const title = key === '$ref' && typeof value === 'string' ? /^#\/\$defs\/(.+)$/.exec(value)?.[1] : undefined
    return [key, title === undefined ? withReferences(value, renamed) : reference(renamed.get(title) ?? title).$ref]
  }))
}
