/** The real hub in this process, on a small project of its own in a temp folder and a fresh database. */
import { mkdir, mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { createLogger } from '../../runtime/logging.ts'
import { startHub, type RunningHub } from '../../runtime/server.ts'
import { readSettings } from '../../runtime/settings.ts'
import { afterEverything } from '../support/cleanup.ts'
import { createTestDatabase } from '../support/database.ts'
import { freePort } from '../support/ports.ts'
import { until } from '../support/until.ts'
import { asList, asObject, type Json, type Node, type Tab } from './flows.ts'

/** What the files of a project hold. */
export interface ProjectFiles {
  name?: string
  tabs: Tab[]
  systems: Node[]
  roles?: Json[]
}

export interface LogLine { level: string, msg: string, [field: string]: unknown }
/** `body` is empty where the answer is no JSON object. */
export interface Answer { status: number, body: Json, text: string, headers: Headers }

/** Sent as it is where it is a text, otherwise as JSON. */
export interface Request { method?: string, headers?: Record<string, string>, body?: unknown }

export interface DeadLetter extends Json { id: string, node: string, error: Json }

export interface Bench {
  readonly url: string
  readonly folder: string
  readonly databaseUrl: string
  /** Headers of every call, such as a login. */
  login: Record<string, string>
  /** Every line the hub has logged, of all its lives, at debug. */
  readonly lines: LogLine[]
  /** Writes the project's files anew. */
  write(files: ProjectFiles): Promise<void>
  /** Starts the hub, again after `stop`. Rejects as `startHub` does. */
  start(options?: { development?: boolean, env?: Record<string, string> }): Promise<RunningHub>
  stop(): Promise<void>
  call(path: string, request?: Request): Promise<Answer>
  /** Posts a webhook to `/in/…`; comes again on 503; fails the test unless it is acknowledged. */
  receive(path: string, body: unknown, headers?: Record<string, string>): Promise<Json>
  /** Waits until no repair has anything to hand over, and no lane anything that is not dead. */
  idle(): Promise<void>
  /** Waits until there are so many dead letters, and opens them, oldest first. */
  deadLetters(count: number): Promise<DeadLetter[]>
  record(kind: string, system: string, ref: string): Promise<Json>
  flows(): Promise<{ revision: string, flows: Node[] }>
  /** Deploys over the API what `change` makes of the deployed flows. */
  deploy(change: (flows: Node[]) => Node[]): Promise<Answer>
  /** Contents of the project's files by path. */
  files(): Promise<Map<string, string>>
  close(): Promise<void>
}

/** Writes a project and prepares a hub for it; nothing runs before `start`. `env` is what its `${NAME}` refer to. */
export async function prepareBench(project: ProjectFiles, env: Record<string, string> = {}): Promise<Bench> {
  const database = await createTestDatabase()
  const root = await mkdtemp(join(tmpdir(), 'torg-hub-'))
  const folder = join(root, 'project')
  const lines: LogLine[] = []
  const port = await freePort()
  const url = `http://127.0.0.1:${port}`
  let hub: RunningHub | undefined
  let closed = false

  const stop = async (): Promise<void> => {
    const running = hub
    hub = undefined
    await running?.stop()
    for (const name of Object.keys(env)) delete process.env[name]
  }
  const close = async (): Promise<void> => {
    if (closed) return
    closed = true
    await stop()
    await database.drop()
    await rm(root, { recursive: true, force: true })
  }
  // Where a failing hook leaves the hub running.
  afterEverything(close)

  const bench: Bench = {
    url, folder, databaseUrl: database.url, login: {}, lines, stop, close,
    async write({ name = 'bench', tabs, systems, roles = [] }) {
      await rm(folder, { recursive: true, force: true })
      const files: Record<string, unknown> = {
        'package.json': { name }, 'systems.json': systems, 'roles.json': roles,
        ...Object.fromEntries(tabs.map(({ slug, label, nodes }) => [`tabs/${slug}.json`, [{ id: `tab-${slug}`, type: 'tab', label: label ?? slug, disabled: false, info: '' }, ...nodes]])),
      }
      for (const [path, content] of Object.entries(files)) {
        await mkdir(dirname(join(folder, path)), { recursive: true })
        await writeFile(join(folder, path), `${JSON.stringify(content, null, 2)}\n`)
      }
    },
    async start({ development = false, env: more = {} } = {}) {
      Object.assign(process.env, env)
      const settings = readSettings({ TORG_PORT: String(port), TORG_DATA: join(root, 'data'), TORG_LOG_LEVEL: 'debug', TORG_LOG_FORMAT: 'json', TORG_DRAIN_LIMIT: '5', TORG_ENVIRONMENT: 'test', ...more }, { projectFolder: folder, development })
      const log = createLogger(settings, { write: (line: string) => { lines.push({ level: '', msg: '', ...asObject(JSON.parse(line)) }) } })
      hub = await startHub({ settings: { ...settings, secretKey: 'a secret key of the tests' }, projectFolder: folder, databaseUrl: database.url, log })
      return hub
    },
    async call(path, { method = 'GET', headers = {}, body } = {}) {
      const response = await fetch(url + path, {
        method, redirect: 'manual',
        // Of its own: a connection that was kept may be to the hub before a restart.
        headers: { connection: 'close', ...(body !== undefined && { 'content-type': 'application/json' }), ...bench.login, ...headers },
        ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
      })
      const text = await response.text()
      return { status: response.status, headers: response.headers, text, body: response.headers.get('content-type')?.includes('json') && text.startsWith('{') ? asObject(JSON.parse(text)) : {} }
    },
    async receive(path, body, headers = {}) {
      let answer = await bench.call(`/in/${path}`, { method: 'POST', body, headers })
      await until(async () => {
        // As a sender does: while flows are deployed it comes again.
        if (answer.status === 503) answer = await bench.call(`/in/${path}`, { method: 'POST', body, headers })
        return answer.status !== 503
      }, { what: 'the hub takes messages' })
      if (answer.status !== 200) throw new Error(`/in/${path} answered ${answer.status}: ${answer.text}`)
      return answer.body
    },
    async idle() {
      await until(async () => {
        const { items } = (await bench.call('/api/v1/repairs')).body
        if (asList(items).some(repair => repair['state'] === 'running')) return false
        const { lanes } = (await bench.call('/api/v1/status')).body
        return asList(lanes).every(lane => lane['pending'] === 0)
      }, { everyMs: 25, what: 'every lane is empty' })
    },
    async deadLetters(count) {
      let items: Json[] = []
      await until(async () => {
        items = asList((await bench.call('/api/v1/dead-letters')).body['items'])
        return items.length >= count
      }, { everyMs: 25, what: `${count} dead letters` })
      return Promise.all(items.toReversed().map(async ({ id }) => {
        const { body } = await bench.call(`/api/v1/dead-letters/${String(id)}`)
        return { ...body, id: String(body['id']), node: String(body['node']), error: asObject(body['error']) }
      }))
    },
    async record(kind, system, ref) {
      const { body, text } = await bench.call(`/api/v1/${kind}s?${new URLSearchParams({ ref: `${system}/${kind}/${ref}`, deleted: 'true' })}`)
      const [entity] = asList(body['items'])
      if (!entity) throw new Error(`no ${kind} ${ref} of ${system}: ${text}`)
      return entity
    },
    async flows() {
      const { revision, flows } = (await bench.call('/api/v1/flows')).body
      return { revision: String(revision), flows: asList(flows).map(node => ({ ...node, id: String(node['id']), type: String(node['type']) })) }
    },
    async deploy(change) {
      const { revision, flows } = await bench.flows()
      return bench.call('/api/v1/flows', { method: 'PUT', body: { revision, flows: change(flows) } })
    },
    async files() {
      const found = await readdir(folder, { recursive: true, withFileTypes: true })
      const paths = found.filter(entry => entry.isFile()).map(entry => join(entry.parentPath, entry.name)).sort()
      return new Map(await Promise.all(paths.map(async (path): Promise<[string, string]> => [path.slice(folder.length + 1), await readFile(path, 'utf8')])))
    },
  }
  await bench.write(project)
  return bench
}
