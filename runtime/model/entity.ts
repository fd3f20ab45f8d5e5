/** Between what flows carry (entities) and what the store keeps (a document with its envelope apart). */
import { TorgError } from '../errors.ts'
import type { DeliveredRecord, EntityWrite, Reference } from '../store/types.ts'
import type { Kind } from './kind.ts'
import { isRecord } from './validation.ts'

/** A reference as a mapping writes it: system and kind follow from where it is saved. */
export interface EntityReference { system?: string, kind?: string, id: string }

/** A document on its way through a flow, with its references and the number people call it by. */
export type Entity<D extends object = Record<string, unknown>> = D & { refs: EntityReference[], number?: string }

/** Also a field of the name `__proto__` is a field. */
function setOwn(object: Record<string, unknown>, key: string, value: unknown): void {
  if (key === '__proto__') Object.defineProperty(object, key, { value, enumerable: true, configurable: true, writable: true })
  else object[key] = value
}

/** Fields the hub itself adds to an entity that it sends; they are taken off again when it is saved. */
const envelope = new Set(['id', 'version', 'schema', 'createdAt', 'updatedAt', 'deletedAt', 'provenance', 'status', 'refs', 'number'])

/** What of an {@link EntityWrite} follows from the entity alone. */
export type EntityParts = Pick<EntityWrite, 'kind' | 'schema' | 'refs' | 'number' | 'document'>

/** See `splitEntity` in index.ts. */
export function takeApart(kind: Kind, entity: unknown, system: string): EntityParts {
  if (!isRecord(entity)) throw new TorgError('validation.schema', { detail: `The ${kind.name} is ${entity === null ? 'null' : Array.isArray(entity) ? 'a list' : `a ${typeof entity}`}, expected one object. Map it to an object, or split the list first.`, pointer: '', value: entity })
  const refs = references(kind, entity.refs, system)
  return { kind: kind.name, schema: kind.schemaName, refs, number: number(entity.number), document: documentOf(kind, entity, system) }
}

/** An entity, or part of one, without what the hub itself adds, its links complete. */
export function documentOf(kind: Kind, entity: Record<string, unknown>, system: string): Record<string, unknown> {
  let document: Record<string, unknown> = {}
  for (const key of Object.keys(entity)) if (!envelope.has(key)) setOwn(document, key, entity[key])
  for (const link of kind.links) document = withLink(document, stepsOf(link.pointer), { system, kind: link.kind })
  return document
}

function references(kind: Kind, given: unknown, system: string): Reference[] {
  const only = onlyReference(given, system)
  if (only) return [only]
  if (given !== undefined && !Array.isArray(given)) throw new TorgError('validation.schema', { detail: '/refs is not a list. Map the system\'s own id to refs[0].id.', pointer: '/refs', value: given })
  const refs = (given ?? []).map((entry: unknown, index): Reference => {
    const text = (field: string, fallback?: string): string => {
      const value = isRecord(entry) ? entry[field] : undefined
      if (typeof value === 'string' && value !== '') return value
      if (typeof value === 'number' && Number.isSafeInteger(value)) return String(value)
      if (value === undefined && fallback !== undefined) return fallback
      throw new TorgError(value === undefined ? 'model.no-reference' : 'validation.schema', { detail: `/refs/${index}/${field} of the ${kind.name} is ${value === undefined ? 'missing' : 'not a text'}.`, pointer: `/refs/${index}/${field}`, value })
    }
    return { system: text('system', system), kind: text('kind', kind.name), id: text('id') }
  })
  const own = refs.filter(ref => ref.system === system)
  if (own.length === 0) throw new TorgError('model.no-reference', { detail: `The ${kind.name} has no reference of the system ${system}, so the hub cannot tell which record it is.`, pointer: '/refs', value: given })
  return [...own, ...refs.filter(ref => ref.system !== system)]
}

/** Where there is one that says everything: most of a million. */
function onlyReference(given: unknown, own: string): Reference | null {
  if (!Array.isArray(given) || given.length !== 1) return null
  const [ref]: unknown[] = given
  if (!isRecord(ref)) return null
  const { system, kind, id } = ref
  return system === own && typeof kind === 'string' && kind !== '' && typeof id === 'string' && id !== '' ? { system, kind, id } : null
}

function number(given: unknown): string | null {
  if (given === undefined || given === null || given === '') return null
  if (typeof given === 'string') return given
  if (typeof given === 'number' && Number.isSafeInteger(given)) return String(given)
  throw new TorgError('validation.schema', { detail: '/number is not a text.', pointer: '/number', value: given })
}

const knownSteps = new Map<string, string[]>()

/** The steps of a pointer, kept: there are as many as the model has links. */
function stepsOf(pointer: string): string[] {
  const known = knownSteps.get(pointer)
  if (known) return known
  const steps = pointer.split('/').slice(1)
  knownSteps.set(pointer, steps)
  return steps
}

/** A copy in which the link at the path names its system and kind; parts that are not there stay absent. */
function withLink<T>(value: T, path: readonly string[], fill: { system: string, kind: string }, at?: number): T
function withLink(value: unknown, path: readonly string[], fill: { system: string, kind: string }, at = 0): unknown {
  const segment = path[at]
  if (segment === undefined) {
    if (!isRecord(value) || !isRecord(value.ref)) return value
    const { system, kind, id } = value.ref
    if (typeof system === 'string' && typeof kind === 'string' && typeof id === 'string') return value
    return { ...value, ref: { ...fill, ...value.ref, ...(typeof id === 'number' && Number.isSafeInteger(id) && { id: String(id) }) } }
  }
  if (segment === '*') return Array.isArray(value) ? value.map(item => withLink(item, path, fill, at + 1)) : value
  if (!isRecord(value) || !(segment in value)) return value
  const linked: unknown = withLink(value[segment], path, fill, at + 1)
  return linked === value[segment] ? value : { ...value, [segment]: linked }
}

/** See `toEntity` in index.ts. */
export function joinEntity(kind: Kind, record: DeliveredRecord): Entity {
  const { id, version, schema: stored, number: called, refs, createdAt, updatedAt, deletedAt } = record
  // Stored under an earlier schema, it is read as of today's.
  const [document, schema] = stored === kind.schemaName ? [record.document, stored] : [kind.convert(record.document, stored), kind.schemaName]
  const status = kind.status(document)
  return {
    id, version, schema, refs, createdAt, updatedAt,
    ...(called !== null && { number: called }), ...(deletedAt !== null && { deletedAt }), ...(status && { status }), ...document,
  }
}
