/** Builders for the store's tests: a store on a fresh database, and messages, writes and rules in few words. */
import pg from 'pg'
import { pino } from 'pino'
import { TorgError } from '../../runtime/errors.ts'
import { newId } from '../../runtime/ids.ts'
import { openStore } from '../../runtime/store/index.ts'
import type {
  Applied, Delivery, DeliveryClaim, DeliveryResult, EntityWrite, KindRules, Lease, Message, MessageClaim, NewMessage, Reference, Roles, RunReport, Store, Subscription, WorkOutcome,
} from '../../runtime/store/types.ts'
import { createTestDatabase } from '../support/database.ts'

export interface TestStore {
  store: Store
  url: string
  /** What the store logged, one JSON line each. */
  logged: string[]
  /** A second process's store on the same database. */
  another(): Promise<Store>
  sql<Row extends object = Record<string, unknown>>(text: string, values?: unknown[]): Promise<Row[]>
  close(): Promise<void>
}

/** A store on a fresh database of the shared server. */
export async function openTestStore(): Promise<TestStore> {
  const database = await createTestDatabase()
  const logged: string[] = []
  const log = pino({ level: 'warn' }, { write: (line: string) => { logged.push(line) } })
  const stores: Store[] = []
  const open = async (): Promise<Store> => {
    const store = await openStore({ databaseUrl: database.url, log })
    stores.push(store)
    return store
  }
  const admin = new pg.Client({ connectionString: database.url })
  await admin.connect()
  return {
    store: await open(),
    url: database.url,
    logged,
    another: open,
    sql: async <Row extends object>(text: string, values: unknown[] = []) => (await admin.query<Row>(text, values)).rows,
    close: async () => {
      await Promise.all(stores.map(store => store.close()))
      await admin.end()
      await database.drop()
    },
  }
}

export function aMessage(over: Partial<NewMessage> = {}): NewMessage {
  return {
    lane: 'web.in', system: 'web', source: 'source-1', topic: 'orders/create', key: '1001', eventId: newId(), contentType: 'application/json',
    headers: { 'x-topic': 'orders/create' }, body: Buffer.from('{"id":1001}'), sourceTime: null, ...over,
  }
}

export function aWrite(id: string, document: Record<string, unknown>, over: Partial<EntityWrite> & { system?: string } = {}): EntityWrite {
  const { system = 'web', ...rest } = over
  return {
    kind: 'order', schema: 'order@1', operation: 'upsert', refs: [{ system, kind: rest.kind ?? 'order', id }], number: null, document,
    origin: { system, message: newId(), at: new Date().toISOString() }, sourceTime: null, ...rest,
  }
}

export function aSubscription(id: string, over: Partial<Subscription> = {}): Subscription {
  const system = over.system ?? id
  return { id, kind: 'order', system, lane: `${system}.out`, matches: () => true, ...over }
}

export const openRoles: Roles = { of: () => undefined }

export async function configure(store: Store, subscriptions: Subscription[], { roles = openRoles, kinds = {} }: { roles?: Roles, kinds?: Record<string, KindRules> } = {}): Promise<void> {
  await store.configure({ subscriptions, roles, kinds: new Map(Object.entries({ order: { fact: false, links: ['/customer', '/lines/*/variant'] }, ...kinds })) })
}

export function ref(system: string, id: string, kind = 'order'): Reference {
  return { system, kind, id }
}

const want = { deployment: 0, owner: 'hub-1', keys: 100, perKey: 100, leaseMs: 60_000 }

export function claimMessages(store: Store, over: Partial<typeof want> & { lane?: `${string}.in` } = {}): Promise<MessageClaim[]> {
  return store.claimMessages({ lane: 'web.in', ...want, ...over })
}

export function claimDeliveries(store: Store, lane: `${string}.out` = 'erp.out', over: Partial<typeof want> = {}): Promise<DeliveryClaim[]> {
  return store.claimDeliveries({ lane, ...want, ...over })
}

export function aRun(): RunReport {
  const at = new Date().toISOString()
  return { id: newId(), node: 'source-1', deployment: 1, startedAt: at, endedAt: at }
}

export const done: WorkOutcome = { outcome: 'done' }
export const dead: WorkOutcome = { outcome: 'dead', error: new TorgError('mapping.failed', { detail: 'No such field.', pointer: '/total', value: 'a\0b' }).toJSON() }
export function retry(dueInMs: number, countAttempt = true): WorkOutcome {
  return { outcome: 'retry', dueInMs, countAttempt, error: new TorgError('system.unavailable', 'Down.').toJSON() }
}

export function settleMessage(store: Store, lease: Lease, message: Message, result = done, givesBack = false): Promise<Applied> {
  return store.settleMessage({ lease, message, result, run: aRun(), givesBack })
}

export function settleDelivery(store: Store, lease: Lease, delivery: Delivery, result = done, references: DeliveryResult['references'] = [], givesBack = false): Promise<Applied> {
  return store.settleDelivery({ lease, delivery, result, run: aRun(), references, givesBack })
}

/** Claims and settles whatever is due in a lane, once; answers what was delivered. */
export async function deliverAll(store: Store, lane: `${string}.out` = 'erp.out', result = done): Promise<Delivery[]> {
  const claims = await claimDeliveries(store, lane)
  for (const { lease, deliveries } of claims) {
    for (const delivery of deliveries) await settleDelivery(store, lease, delivery, result)
  }
  await store.release(claims.map(({ lease }) => lease))
  return claims.flatMap(({ deliveries }) => deliveries)
}

/** The error a promise rejects with; fails where it does not. */
export async function rejection(promise: Promise<unknown>): Promise<TorgError> {
  try {
    await promise
  } catch (error) {
    if (error instanceof TorgError) return error
    throw error
  }
  throw new Error('It did not reject.')
}
