/** Checks documents against a type by its name: `torg:order`, `shopify:order`, `project:erp-order`. */
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js'
import addFormats from 'ajv-formats'
import { schemaOf, typeNames } from '../../runtime/analysis/types.ts'
import { TorgError, toTorgError } from '../../runtime/errors.ts'
import type { Hub } from '../../runtime/hub.ts'
import { findings, splitEntity, type Finding, type Kind } from '../../runtime/model/index.ts'

/** Everything that does not fit; empty where the value fits. */
export type Validator = (value: unknown) => Finding[]

/**
 * Compiles the validator of a type.
 * @throws TorgError `flow.invalid` where the type does not exist or its schema cannot be compiled.
 */
export function validatorOf(type: string, hub: Pick<Hub, 'project' | 'types'>): Validator {
  const schema = schemaOf(type, hub)
  if (!schema) {
    const known = typeNames(hub)
    throw new TorgError('flow.invalid', { detail: `the type "${type}" does not exist; there are ${[...known.kinds, ...known.connectors, ...known.project].join(', ')}`, pointer: '/against' })
  }
  const kind = type.startsWith('torg:') ? hub.project.kinds.get(type.slice('torg:'.length)) : undefined
  return kind ? (value) => validateEntity(kind, value) : compile(type, schema)
}

/** Checks what a flow carries: the document. References belong to a system, so `hub save` checks them. */
function validateEntity(kind: Kind, entity: unknown): Finding[] {
  const named = typeof entity === 'object' && entity !== null && !Array.isArray(entity) ? { ...entity, refs: [{ id: 'unsaved' }] } : entity
  try {
    return kind.validate(splitEntity(kind.name, named, { system: 'unsaved' }).document)
  } catch (thrown) {
    const { message: detail, pointer = '', value } = toTorgError(thrown)
    return [{ detail, pointer, value }]
  }
}

function compile(type: string, schema: Record<string, unknown>): Validator {
  // Connectors and projects bring schemas of any origin: unknown keywords are no fault of theirs.
  const ajv = new Ajv2020({ allErrors: true, strict: false, verbose: true })
  addFormats.default(ajv)
  let validate: ValidateFunction
  try {
    validate = ajv.compile(schema)
  } catch (cause) {
    throw new TorgError('flow.invalid', { detail: `the schema of "${type}" cannot be used: ${cause instanceof Error ? cause.message : String(cause)}`, pointer: '/against', cause })
  }
  return (value) => findings(validate, value)
}
