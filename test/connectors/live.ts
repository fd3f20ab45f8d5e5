/** Connectors' nodes as the hub makes them, on a stub hub and a stand-in of Node-RED. */
import { TorgError } from '../../runtime/errors.ts'
import type { RegisteredSource } from '../../runtime/hub.ts'
import { createFakeRed } from '../../runtime/kit/conformance/fake-red.ts'
import type { FakeNode } from '../../runtime/kit/conformance/fake-red.ts'
import { createStubHub, createStubRun } from '../../runtime/kit/conformance/stub-hub.ts'
import type { RawRequest } from '../../runtime/kit/definition.ts'
import { createRegistrar } from '../../runtime/kit/register.ts'
import type { ActiveRun, Envelope, FlowMessage } from '../../runtime/runs/types.ts'
import rest from '../../nodes/rest/index.ts'
import shopify from '../../nodes/shopify/index.ts'

export interface Live {
  source(): RegisteredSource
  /** Gives the node a message in a run; resolves with what it sent, or throws what it completed with. */
  run(msg: FlowMessage, run?: ActiveRun): Promise<FlowMessage | undefined>
  node: FakeNode
  close(): Promise<void>
}

/** One system and one node of it. Secrets of `env` are referred to as `${NAME}`. */
export function bringUp({ connector, system, type, config, env = {} }: { connector: 'rest' | 'shopify', system: Record<string, unknown>, type: string, config: Record<string, unknown>, env?: Record<string, string> }): Live {
  const { hub, registry, assign, lines } = createStubHub({ env })
  const registrar = createRegistrar({ hub, connectors: [rest, shopify] })
  const red = createFakeRed()
  registrar(red.RED, connector)
  red.construct({ id: 'system', type: `${connector}-system`, name: 'System', key: 'erp', ...system }, env)
  const node = red.construct({ id: 'node-1', type, name: 'Node', system: 'system', ...config }, env)
  const complaint = lines.find(line => /"level":(50|60)/.test(line))
  if (complaint) throw new Error(complaint)
  return {
    node,
    source() {
      const found = registry.sources.get('node-1')
      if (!found) throw new Error('the source is not registered')
      return found
    },
    async run(msg, run = createStubRun()) {
      assign(msg, run)
      const sent = node.sent.length
      const fault = await node.receive(msg)
      if (fault !== undefined && fault !== null) throw fault
      const result = node.sent[sent]
      return Array.isArray(result) ? result[0] ?? undefined : result
    },
    close: () => red.closeAll(),
  }
}

export function requestOf({ method = 'POST', path = '/in/erp', headers = {}, body = '' }: { method?: string, path?: string, headers?: Record<string, string>, body?: string | Buffer }): RawRequest {
  return { method, path, url: `https://hub.example${path}`, headers: Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value])), body: Buffer.from(body) }
}

export function deliveryOf(overrides: Partial<NonNullable<Envelope['delivery']>> = {}): Envelope {
  return { run: 'r-1', deployment: 1, delivery: { subscription: 's-1', system: 'erp', kind: 'order', recordId: 'rec-1', version: 1, generation: 0, operation: 'upsert', reason: null, present: false, idempotencyKey: 'key-1', reference: null, ...overrides } }
}

/** A run that keeps what a sink tells it. */
export function recordingRun(): ActiveRun & { references: { kind: string, id: string }[] } {
  const references: { kind: string, id: string }[] = []
  return { ...createStubRun(), references, addReference: (reference) => { references.push(reference) } }
}

export async function faultOf(act: () => unknown): Promise<TorgError> {
  try {
    await act()
  } catch (thrown) {
    if (thrown instanceof TorgError) return thrown
    throw thrown
  }
  throw new Error('it did not fail')
}
