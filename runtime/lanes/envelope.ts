/** The envelope a run's first message carries in `msg.torg`. Pure. */
import { hash } from 'node:crypto'
import type { DeliveryFacts, Envelope } from '../runs/types.ts'
import type { Delivery, Message } from '../store/types.ts'

export function messageEnvelope({ run, deployment, message }: { run: string, deployment: number, message: Message }): Envelope {
  const { id, system, topic, key, eventId, sourceTime, receivedAt, headers } = message
  return { run, deployment, message: { id, system, topic, key, eventId, sourceTime, receivedAt, headers } }
}

export function deliveryEnvelope({ run, deployment, delivery }: { run: string, deployment: number, delivery: Delivery }): Envelope {
  return { run, deployment, delivery: factsOf(delivery) }
}

export function batchEnvelope({ run, deployment, deliveries }: { run: string, deployment: number, deliveries: readonly Delivery[] }): Envelope {
  const items = deliveries.map(factsOf)
  return { run, deployment, batch: { key: hashOf(items.map((item) => item.idempotencyKey)), items } }
}

function factsOf(delivery: Delivery): DeliveryFacts {
  const { subscription, system, kind, recordId, version, generation, operation, reason, present, record } = delivery
  // A record may have several ids in one system (an order and its invoice); the one of its own kind names it.
  const own = record.refs.filter((ref) => ref.system === system)
  const reference = (own.find((ref) => ref.kind === kind) ?? own[0])?.id ?? null
  return { subscription, system, kind, recordId, version, generation, operation, reason, present, reference, idempotencyKey: idempotencyKey(delivery) }
}

/** The same for every attempt of one delivery, so that a system that knows the key takes it once. */
export function idempotencyKey({ subscription, recordId, version, generation, operation }: Pick<Delivery, 'subscription' | 'recordId' | 'version' | 'generation' | 'operation'>): string {
  return hashOf([subscription, recordId, version, generation, operation])
}

const hashOf = (parts: readonly unknown[]): string => hash('sha256', parts.join('\n'), 'hex').slice(0, 40)
