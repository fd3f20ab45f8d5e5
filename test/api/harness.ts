/** The HTTP surface on a real server, with a real store, and a hub that only knows the sources a test gives it. */
import { createServer, request as httpRequest, type IncomingHttpHeaders } from 'node:http'
import { connect, createServer as createTcpServer, type AddressInfo, type Socket } from 'node:net'
import { pino, type Logger } from 'pino'
import { createApi, createMetrics, type Api, type ApiOptions, type Metrics } from '../../runtime/api/index.ts'
import { TorgError } from '../../runtime/errors.ts'
import type { RegisteredSource } from '../../runtime/hub.ts'
import { kinds } from '../../runtime/model/index.ts'
import { compileReader, type RoleRow } from '../../runtime/project/index.ts'
import type { NewMessage, ReceivedMessage, Store } from '../../runtime/store/types.ts'

export interface LogLine { level: number, msg: string, [key: string]: unknown }

/** A logger that keeps its lines. */
export function createTestLog(level = 'debug'): { log: Logger, lines: LogLine[], text(): string } {
  const lines: LogLine[] = []
  const log = pino({ level }, { write: line => { lines.push(JSON.parse(line) as LogLine) } })
  return { log, lines, text: () => JSON.stringify(lines) }
}

export interface Answer { status: number, headers: IncomingHttpHeaders, text: string, json(): Record<string, unknown> }

/** One request by node:http, which lets a test set any header. */
export function call(url: string, { method = 'GET', headers = {}, body }: { method?: string, headers?: Record<string, string>, body?: string | Buffer } = {}): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const sent = httpRequest(url, { method, headers: { ...(body !== undefined && headers['transfer-encoding'] === undefined && { 'content-length': String(Buffer.byteLength(body)) }), ...headers } }, res => {
      const chunks: Buffer[] = []
      res.on('data', (chunk: Buffer) => { chunks.push(chunk) })
      res.on('end', () => {
        const text = Buffer.concat(chunks).toString('utf8')
        resolve({ status: res.statusCode ?? 0, headers: res.headers, text, json: () => JSON.parse(text) as Record<string, unknown> })
      })
    })
    sent.on('error', reject)
    sent.end(body)
  })
}

export interface FakeHub {
  accepting: boolean
  sources: RegisteredSource[]
  received: NewMessage[]
  /** Rows of the role table, for what readers may have. */
  roles: RoleRow[]
}

/** A webhook source; what is not given is the simplest. */
export function source(nodeId: string, webhook: Partial<NonNullable<RegisteredSource['webhook']>> = {}, system = 'shop'): RegisteredSource {
  return {
    nodeId, type: 'rest in', name: `Source ${nodeId}`,
    system: { nodeId: `system-${system}`, key: system, connector: 'rest', label: system },
    lane: `${system}.in`,
    limitMs: 1000,
    toFlow: message => ({ payload: message.body }),
    node: { id: nodeId, type: 'rest in', send: () => undefined, status: () => undefined },
    webhook: {
      path: '',
      accepts: () => true,
      verify: ({ headers }) => { if (headers['x-test-signature'] !== 'good') throw new TorgError('request.unauthorized', 'The signature is missing or wrong.') },
      describe: ({ body, headers }) => {
        let document: unknown
        try { document = JSON.parse(body.toString('utf8')) } catch { throw new TorgError('request.not-json', 'The body is not JSON.') }
        const key = typeof document === 'object' && document !== null && 'id' in document ? String(document.id) : null
        return { key, eventId: headers['x-event-id'] ?? null, topic: 'orders/create', sourceTime: null }
      },
      ...webhook,
    },
  }
}

export interface RunningApi { url: string, app: Api['app'], hub: FakeHub, metrics: Metrics, lines: LogLine[], logText(): string, close(): Promise<void> }

/** Starts the surface. `receive` stands in for the store's, for example to fail. */
export async function startApi({ store, receive, hash, bodyLimit = 64 * 1024, ...options }: { store: Store, receive?: (message: NewMessage) => Promise<ReceivedMessage>, hash?: string, bodyLimit?: number } & Partial<ApiOptions>): Promise<RunningApi> {
  const { log, lines, text } = createTestLog()
  const metrics = createMetrics({ depths: () => store.depths(), decisions: () => store.decisions() })
  const hub: FakeHub = { accepting: true, sources: [], received: [], roles: [] }
  const server = createServer()
  await new Promise<void>(resolve => { server.listen(0, '127.0.0.1', resolve) })
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const api = createApi({
    environment: { name: 'test', database: 'test', since: '2026-01-01T00:00:00.000Z', by: 'first start', held: false, adopt: async () => ({ dropped: 0 }) },
    hub: {
      get accepting() { return hub.accepting },
      publicUrl: url,
      sourcesOf: key => hub.sources.filter(({ system }) => system.key === key),
      save: store.save,
      find: store.find,
      readerOf: (kind, system) => compileReader(hub.roles, { kind, system }),
      hasSystem: key => hub.sources.some(({ system }) => system.key === key),
      receive: async message => {
        hub.received.push(message)
        return (receive ?? store.receive)(message)
      },
    },
    kinds, store, log, metrics, version: '0.0.0-test',
    settings: { adminUser: 'admin', adminPasswordHash: hash, publicUrl: url, bodyLimit },
    checkFlows: () => undefined,
    explain: () => [],
    ...options,
  })
  api.guard.upgrades(server)
  server.on('request', api)
  return {
    url, app: api.app, hub, metrics, lines, logText: text,
    close: () => new Promise(resolve => { server.close(() => { resolve() }); server.closeAllConnections() }),
  }
}

/** An Authorization header. */
export const basic = (user: string, password: string): { authorization: string } => ({ authorization: `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}` })

/** A way to a database that can be cut, as when PostgreSQL is not reachable. */
export async function createGateway(databaseUrl: string): Promise<{ url: string, cut(): Promise<void> }> {
  const target = new URL(databaseUrl)
  const sockets = new Set<Socket>()
  const gateway = createTcpServer(client => {
    const server = connect(Number(target.port), target.hostname)
    for (const [from, to] of [[client, server], [server, client]] as const) {
      sockets.add(from)
      from.on('error', () => { to.destroy() }).on('close', () => { to.destroy() }).pipe(to)
    }
  })
  await new Promise<void>(resolve => { gateway.listen(0, '127.0.0.1', resolve) })
  const url = Object.assign(new URL(databaseUrl), { hostname: '127.0.0.1', port: String((gateway.address() as AddressInfo).port) }).href
  return { url, cut: () => new Promise(resolve => {
    gateway.close(() => { resolve() })
    for (const socket of sockets) socket.destroy()
  }) }
}
