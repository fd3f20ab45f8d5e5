/** The canonical model: every kind the hub keeps. Pure: no I/O, no clock, inputs are never changed. */
import { TorgError } from '../errors.ts'
import type { DeliveredRecord, EntityWrite, StoredRecord } from '../store/types.ts'
import { documentOf, joinEntity, takeApart, type Entity, type EntityParts } from './entity.ts'
import type { Kind } from './kind.ts'
import type { Extension } from './extensions.ts'
import { schemaError } from './schema-error.ts'
import { createAjv, isRecord, nearest, once } from './validation.ts'
import { campaign } from './kinds/campaign.ts'
import { consent } from './kinds/consent.ts'
import { content } from './kinds/content.ts'
import { customer } from './kinds/customer.ts'
import { fulfilment } from './kinds/fulfilment.ts'
import { listing } from './kinds/listing.ts'
import { location } from './kinds/location.ts'
import { order } from './kinds/order.ts'
import { price } from './kinds/price.ts'
import { product } from './kinds/product.ts'
import { receipt } from './kinds/receipt.ts'
import { refund } from './kinds/refund.ts'
import { returnKind } from './kinds/return.ts'
import { stockMovement } from './kinds/stock-movement.ts'
import { stock } from './kinds/stock.ts'
import { variant } from './kinds/variant.ts'

/** All kinds by name. */
export const kinds: ReadonlyMap<string, Kind> = new Map([
  customer, consent, order, fulfilment, receipt, returnKind, refund,
  product, variant, price, listing, campaign, stock, stockMovement, location, content,
].map(kind => [kind.name, kind]))

/**
 * All kinds with a project's own fields: `ext` takes those and no others. It is these that whatever is saved is checked against; where
 * only rules, links or states are asked for, {@link kinds} says the same.
 */
export function extendKinds(extensions: readonly Extension[]): ReadonlyMap<string, Kind> {
  const ajv = once(createAjv)
  return new Map([...kinds].map(([name, kind]) => [name, kind.extend(extensions.filter(extension => extension.kind === name), ajv)]))
}

/** The kind of this name. Throws `flow.invalid`, with the name that was probably meant. */
export function kindOf(name: string, among: ReadonlyMap<string, Kind> = kinds): Kind {
  const kind = among.get(name)
  if (kind) return kind
  const near = nearest(name, [...among.keys()])
  throw new TorgError('flow.invalid', { detail: `There is no kind ${name}.${near === undefined ? ` Kinds: ${[...among.keys()].join(', ')}.` : ` Did you mean ${near}?`}`, value: name })
}

/**
 * Takes an entity apart into what the store keeps. References without a system get `system`, references and links
 * without a kind the kind they point to; the references of `system` come first. The entity is not changed.
 *
 * @throws TorgError `model.no-reference` without a reference of `system`; `validation.schema` where refs, number or the
 * entity itself have the wrong form; `flow.invalid` for an unknown kind.
 */
export function splitEntity(kind: string, entity: unknown, { system }: { system: string }): EntityParts {
  return takeApart(kindOf(kind), entity, system)
}

/**
 * The same, with everything checked that can be without the store. What is to be removed needs no more than its reference.
 *
 * @param kind of the project ({@link extendKinds}), which knows its own fields
 * @throws TorgError as {@link splitEntity}; `validation.schema` with every finding; what the kind's `check` says
 */
export function readEntity(kind: Kind, entity: unknown, { system, operation }: { system: string, operation: EntityWrite['operation'] }): EntityParts {
  const parts = takeApart(kind, entity, system)
  if (operation === 'remove') return parts
  examined(kind, parts.document, parts.number ?? parts.refs[0]?.id)
  return parts
}

/**
 * A change of a stored record: fields of its kind, null taking one away. What the record would be is checked as an entity is.
 *
 * @param kind of the project
 * @throws TorgError `validation.schema` where the change is no object, or the record would not fit; what the kind's `check` says
 */
export function readChange(kind: Kind, change: unknown, { record, system }: { record: StoredRecord, system: string }): EntityParts {
  if (!isRecord(change)) throw new TorgError('validation.schema', { detail: `The change of the ${kind.name} is not an object. Map it to the fields that change.`, pointer: '', value: change })
  const document = documentOf(kind, change, system)
  const ext = isRecord(document['ext']) && isRecord(record.document['ext']) ? withoutNulls({ ...record.document['ext'], ...document['ext'] }) : document['ext']
  const changed = withoutNulls({ ...record.document, ...document, ...(ext !== undefined && { ext }) })
  examined(kind, changed, record.number ?? record.id)
  return { kind: kind.name, schema: kind.schemaName, refs: record.refs, number: null, document }
}

const withoutNulls = (fields: Record<string, unknown>): Record<string, unknown> => Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== null))

/** Refuses a document that does not fit its schema or its kind's checks. */
function examined(kind: Kind, document: Record<string, unknown>, called = ''): void {
  const { findings, fault } = kind.examine(document)
  if (findings.length > 0) throw schemaError(`the ${kind.name} ${called}`.trim(), findings)
  if (fault) throw fault
}

/** The entity of a stored record, as `hub changes` and `hub save` send it: document, envelope, derived status. */
export function toEntity(record: DeliveredRecord): Entity { return joinEntity(kindOf(record.kind), record) }

export { needsListing } from './assortment.ts'
export { choosePrice, isPrice } from './price-choice.ts'
export { schemaError } from './schema-error.ts'
export { findings, type Finding } from './validation.ts'
export type { Kind } from './kind.ts'
export type { Order } from './kinds/order.ts'
