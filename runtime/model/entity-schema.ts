/** What an entity has beside its document: references, number, and what the hub itself adds. */
import type { Kind } from './kind.ts'
import { isRecord, type JsonSchema } from './validation.ts'
import { Instant } from './values.ts'

/** A system's own id of a record. */
export const referenceSchema: JsonSchema = {
  type: 'object', description: 'A system\'s own id of the record.', required: ['id'], additionalProperties: false,
  properties: { system: { type: 'string', description: 'Absent: the system of the key.' }, kind: { type: 'string', description: 'Absent: the kind of the record.' }, id: { type: 'string', minLength: 1 } },
}

export const numberSchema: JsonSchema = { type: 'string', description: 'What people call it.' }

/** Fields of a record as it is read. @param reference the schema of one reference, or where it stands */
export const envelopeFields = (reference: JsonSchema, instant: JsonSchema = { type: 'string', format: 'date-time' }): Record<string, JsonSchema> => ({
  id: { type: 'string', format: 'uuid' }, version: { type: 'integer', minimum: 1, description: 'Rises with every change; the ETag.' }, schema: { type: 'string', description: 'Name and major version of the schema.' },
  refs: { type: 'array', items: reference }, number: numberSchema, createdAt: instant, updatedAt: instant, deletedAt: { ...instant, description: 'Only where it is deleted.' },
  status: { type: 'object', additionalProperties: { type: 'string' }, description: 'What follows from the document; never written.' },
})

/** An id as a mapping writes it; numbers become text when it is saved. */
const writtenReference: JsonSchema = { ...referenceSchema, properties: { system: { type: 'string' }, kind: { type: 'string' }, id: { type: ['string', 'integer'], minLength: 1 } } }

/** The schema of what flows carry of a kind: its document with its references, its number and what the hub adds. @param use as the hub gives it, or as a mapping may write it */
export function entitySchema({ schema }: Pick<Kind, 'schema'>, use: 'read' | 'written'): JsonSchema {
  return { ...schema, properties: { ...envelopeFields(use === 'read' ? referenceSchema : writtenReference, { ...Instant }), ...isRecord(schema['properties']) ? schema['properties'] : {} } }
}
