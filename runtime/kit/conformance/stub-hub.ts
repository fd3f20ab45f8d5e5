/** A hub without database and lanes: nodes register with it and a test looks at what they did. */
import { Writable } from 'node:stream'
import { pino } from 'pino'
import { TorgError } from '../../errors.ts'
import type { Hub } from '../../hub.ts'
import { createRegistry, type Registry } from '../../registry.ts'
import type { ActiveRun } from '../../runs/types.ts'
import { resolveSecret } from '../../secrets.ts'

export interface StubHub {
  hub: Hub
  /** Systems, sources and subscriptions that are registered now. */
  registry: Registry
  /** Every log line, as written. */
  lines: string[]
  /** Makes messages belong to a run, by the object. */
  assign(msg: object, run: ActiveRun): void
}

/**
 * @param options.env what `${NAME}` refers to; the process environment without
 * @param options.kinds canonical kinds, for the nodes that know the model
 */
export function createStubHub({ env = process.env, types = new Map(), kinds = new Map() }: { env?: NodeJS.ProcessEnv, types?: Hub['types'], kinds?: Hub['project']['kinds'] } = {}): StubHub {
  const registry = createRegistry()
  const lines: string[] = []
  const runs = new WeakMap<object, ActiveRun>()
  const log = pino({ level: 'trace' }, new Writable({ write(chunk: Buffer, _encoding, done) {
    lines.push(chunk.toString('utf8'))
    done()
  } }))
  const unavailable = (): never => { throw new TorgError('hub.unavailable', 'this hub is a stand-in without a database') }
  const hub: Hub = {
    log,
    runs: {
      start: unavailable, openCount: 0, drain: () => Promise.resolve(0), close: () => undefined,
      of: msg => typeof msg === 'object' && msg !== null ? runs.get(msg) : undefined,
    },
    registerSystem: registry.registerSystem,
    registerSource: registry.registerSource,
    registerSubscription: registry.registerSubscription,
    sourcesOf: registry.sourcesOf,
    hasSystem: key => registry.systems.has(key),
    findSystem: key => registry.systems.get(key),
    accepting: true,
    receive: unavailable, save: unavailable, find: unavailable,
    readerOf: () => null,
    resolveSecret: reference => resolveSecret(reference, env),
    publicUrl: 'http://localhost:1880',
    project: { lookups: {}, schemas: {}, kinds },
    types,
  }
  return { hub, registry, lines, assign: (msg, run) => { runs.set(msg, run) } }
}

/** A run for {@link StubHub.assign}, open unless said otherwise. */
export function createStubRun({ open = true, signal = new AbortController().signal }: { open?: boolean, signal?: AbortSignal } = {}): ActiveRun {
  return { id: '01900000-0000-7000-8000-000000000001', open, signal, envelope: { run: '01900000-0000-7000-8000-000000000001', deployment: 1 }, addReference: () => undefined, failItem: () => undefined, addSaved: () => undefined, decide: () => undefined }
}
