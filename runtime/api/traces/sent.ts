/** What a subscription's flow gets of a record, and what the mappings behind it make of it, as they are deployed. Nothing is sent. */
import { toTorgError, type StoredError } from '../../errors.ts'
import type { RegisteredSubscription } from '../../hub.ts'
import { deliveryEnvelope } from '../../lanes/envelope.ts'
import type { FlowMessage } from '../../runs/types.ts'
import type { StoredRecord, TracedDelivery } from '../../store/types.ts'

export interface MappedDocument { node: string, name: string | null, document?: unknown, error?: StoredError }

export interface Sent {
  version: number
  operation: TracedDelivery['operation']
  /** Under which the system is asked, on every attempt. */
  idempotencyKey: string | null
  document: unknown
  mapped: MappedDocument[]
}

export interface SentOptions {
  record: StoredRecord
  delivery: TracedDelivery
  subscription: Pick<RegisteredSubscription, 'toFlow'>
  /** Those deployed. */
  flows: readonly Readonly<Record<string, unknown>>[]
  compile: Compile
}

/** Makes a mapping ready to use. Throws where it is not valid; so does what it returns where it cannot be applied. */
export type Compile = (mapping: unknown) => (source: unknown, context: Readonly<Record<string, unknown>>) => unknown

export async function describeSent({ record, delivery, subscription, flows, compile }: SentOptions): Promise<Sent> {
  const { id, kind, version } = record
  const { system, operation, generation, reason, attempts, acknowledged, wantedAt, messageId } = delivery
  const facts = { subscription: delivery.subscription, system, kind, recordId: id, version, generation, operation, reason, attempts, present: acknowledged > 0, record, wantedAt: wantedAt ?? record.updatedAt, messageId }
  const message = subscription.toFlow(facts, deliveryEnvelope({ run: '', deployment: 0, delivery: facts }))
  const mappings = operation === 'remove' ? [] : mappingsBehind(delivery.subscription, flows)
  return {
    version, operation, idempotencyKey: message.torg?.delivery?.idempotencyKey ?? null, document: message.payload,
    mapped: await Promise.all(mappings.map(node => applyMapping(node, message, compile))),
  }
}

/** The first `map` nodes that a message reaches from here: each on its way to a system. */
function mappingsBehind(start: string, flows: SentOptions['flows']): Readonly<Record<string, unknown>>[] {
  const nodes = new Map(flows.map(node => [String(node['id']), node]))
  const seen = new Set<string>()
  const found: Readonly<Record<string, unknown>>[] = []
  const waiting = [start]
  for (let id = waiting.shift(); id !== undefined; id = waiting.shift()) {
    const node = nodes.get(id)
    if (!node || seen.has(id) || node['d'] === true) continue
    seen.add(id)
    if (node['type'] === 'map') found.push(node)
    else waiting.push(...targetsOf(node))
  }
  return found
}

const textsIn = (value: unknown): string[] => Array.isArray(value) ? value.flat(2).map(String) : []
/** Of `hub changes` the first output: the second is for removals. */
const targetsOf = ({ type, wires, links }: Readonly<Record<string, unknown>>): string[] =>
  [...textsIn(type === 'hub changes' && Array.isArray(wires) ? wires.slice(0, 1) : wires), ...type === 'link out' || type === 'link call' ? textsIn(links) : []]

async function applyMapping({ id, name, mapping }: Readonly<Record<string, unknown>>, { payload, torg }: FlowMessage, compile: Compile): Promise<MappedDocument> {
  const node = { node: String(id), name: typeof name === 'string' && name !== '' ? name : null }
  try {
    return { ...node, document: await compile(mapping)(payload, { ...torg?.delivery }) }
  } catch (thrown) {
    return { ...node, error: toTorgError(thrown, 'mapping.failed').toJSON() }
  }
}
