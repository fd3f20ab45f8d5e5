/**
 * The reference retailer around a hub that is a process of its own: a shop and three systems that outlive it, what they must hold
 * in the end, and everything a fault needs to be a short case.
 *
 * ERP and CRM know idempotency keys: what comes again is counted and not done again. The store does not: what comes again is written
 * over what is there, so that a late old write would show in its final values.
 */
import { createHmac, randomUUID } from 'node:crypto'
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { isDeepStrictEqual } from 'node:util'
import { expect } from 'chai'
import pg from 'pg'
import { pino } from 'pino'
import { startRestTwin, type RestTwin } from '../../nodes/rest/twin/index.ts'
import { startShopifyTwin, type ShopifyTwin } from '../../nodes/shopify/twin/index.ts'
import type { Completeness } from '../../runtime/completeness/index.ts'
import { createRandom, type Random } from '../../nodes/shopify/twin/random.ts'
import { asDocument, folder as flows, type Document } from '../flows/support.ts'
import { createTestDatabase } from '../support/database.ts'
import { freePort } from '../support/ports.ts'
import { startRedis } from '../support/redis.ts'
import { until } from '../support/until.ts'
import { actualHoldings, expectedHoldings } from './expected.ts'
import { ask, prepareHub, prepareWorker, type HubProcess } from './hub-process.ts'

export const backends = ['postgres', 'redis'] as const
export type Backend = typeof backends[number]

/** Orders of one case. */
export const orderCount = Number(process.env['TORG_FAULT_ORDERS'] ?? 60)
/** A long run takes the full counts and times; a short one is part of `npm test`. */
export const isLong = orderCount >= 500
/** Time limit of one case, for mocha. */
export const caseLimitMs = isLong ? 3_600_000 : 600_000
/** Both backends in a long run; in a short one one of them, by the seed, for groups whose faults do not touch the backend. */
export const backendsFor = (seed: number): readonly Backend[] => isLong ? backends : backends.filter((_, index) => index === seed % backends.length)
/** Orders of one case where a group has many: fewer only in a short run. */
export const partCount = isLong ? orderCount : Math.max(20, Math.round(orderCount / 4))
/** Time limit of the systems' HTTP requests. What a machine that is shared answers later than that is sent again, which no case expects. */
export const systemTimeoutMs = isLong ? 10_000 : 3_000
/** How long a system or Redis is away. */
export const outageMs = isLong ? 10_000 : 3_000
/** Runs towards one system at once. */
const runsAtOnce = 8
/** Runs whose end one kill can leave unknown: under way, or done and not stored yet. */
export const concurrency = 2 * runsAtOnce

const secret = 'known to the stand-ins only'
const shopDomain = 'torget.myshopify.com'
const log = pino({ level: 'silent' })

/** A seed to print in a title; `TORG_FAULT_SEED` gives the same again. */
export function newSeed(): number {
  const given = process.env['TORG_FAULT_SEED']
  return given === undefined ? Math.floor(Math.random() * 1_000_000) : Number(given)
}

export interface RetailerOptions {
  backend: Backend
  seed: number
  /** Instead of a database of the shared test server. */
  databaseUrl?: string
  /** Instead of a Redis started for this retailer. */
  redisUrl?: string
  env?: Record<string, string>
  /** Settings of the stand-ins beside the usual ones. */
  twins?: Partial<Record<'erp' | 'crm', Record<string, unknown>>>
  /** False: the shop keeps its orders to itself, and the case sends what it wants by `send`. */
  shopSends?: boolean
}

/** A rule of a mapping. */
export type Rule = Document & { to: string }

export interface Retailer {
  readonly hub: HubProcess
  readonly shop: ShopifyTwin
  readonly erp: RestTwin
  readonly crm: RestTwin
  readonly store: RestTwin
  readonly random: Random
  readonly databaseUrl: string
  readonly redis: { url: string, pid: number } | undefined
  /** Prepares a worker beside the hub; nothing runs before its `start`. Closed with the retailer. */
  worker(name: string): Promise<HubProcess>
  /** Places orders, a few hundred a second, and changes some of them. */
  trade(count: number): Promise<void>
  /** Sends one order, or something like one, as a signed webhook. */
  send(order: Document, options?: { topic?: string, eventId?: string }): Promise<Response>
  /** An operating call; the parsed answer. */
  call(method: 'GET' | 'POST' | 'PUT', path: string, body?: unknown): Promise<Document>
  /** Changes the deployed flows by the hub's API. */
  deploy(edit: (nodes: Document[]) => Document[]): Promise<void>
  /** Deploys other fields of some nodes, by their ids. */
  edit(fields: Record<string, Document>): Promise<void>
  /** Rules of a deployed mapping: each takes the place of the one for the same target, or is added. Resolves with the mapping as it was. */
  remap(id: string, rules: Rule[]): Promise<Document>
  deadLetters(): Promise<Document[]>
  /** The proof of completeness; `query` as `GET /api/v1/completeness` takes it. */
  prove(query?: string): Promise<Completeness>
  /** Waits until the hub took every webhook and no lane has work. */
  settle(limitMs?: number): Promise<void>
  /**
   * Waits for the end, compares what every system holds with what it must hold, and has the hub prove that everything is accounted for.
   * @param repeats how many writes at most each system may have been sent again since the last time
   * @param without fields of the ERP's documents that the case adds
   * @param alarms errors in the log that belong to the fault
   * @param letters how many dead letters the case leaves
   */
  expectComplete(expected?: { repeats?: number, letters?: number, limitMs?: number, alarms?: RegExp, without?: string[] }): Promise<void>
  /** What the hub logged as error or worse, and what Node.js wrote by itself. */
  alarms(): string[]
  close(): Promise<void>
}

/** Starts the systems and prepares the hub; `hub.start()` is left to the case. */
export async function openRetailer({ backend, seed, env, twins = {}, shopSends = true, ...given }: RetailerOptions): Promise<Retailer> {
  const random = createRandom(seed)
  const database = given.databaseUrl === undefined ? await createTestDatabase() : undefined
  const databaseUrl = given.databaseUrl ?? database?.url ?? ''
  const redis = backend === 'redis' && given.redisUrl === undefined ? await startRedis() : undefined
  const redisUrl = given.redisUrl ?? redis?.url
  const folder = await mkdtemp(join(tmpdir(), 'torg-faults-'))
  const project = await copyProject(folder)
  const system = (name: string, secrets: Record<string, string>, config: Record<string, unknown> = {}): Promise<RestTwin> => startRestTwin({ system: name, port: 0, secrets, config, log })
  const erp = await system('erp', { clientId: 'torg-hub', clientSecret: secret }, twins.erp)
  const crm = await system('crm', { token: secret }, twins.crm)
  const store = await system('store', { apiKey: secret }, { repeats: 'written' })
  const systems = { erp, crm, store }
  const shopPort = await freePort()
  const environment = {
    DATABASE_URL: databaseUrl, TORG_DATA: join(folder, 'data'), TORG_CONCURRENCY: String(runsAtOnce), ...(redisUrl !== undefined && { REDIS_URL: redisUrl }),
    WEBSHOP_SECRET: secret, WEBSHOP_ADMIN_URL: `http://127.0.0.1:${shopPort}`, WEBSHOP_ADMIN_TOKEN: secret, ERP_URL: erp.url, ERP_TOKEN_URL: `${erp.url}/oauth/token`, ERP_CLIENT_SECRET: secret, CRM_URL: crm.url, CRM_TOKEN: secret, STORE_URL: store.url, STORE_API_KEY: secret,
    ERP_WEBHOOK_SECRET: secret, CRM_WEBHOOK_SECRET: secret, STORE_WEBHOOK_SECRET: secret,
    ...env,
  }
  const hub = await prepareHub({ project, env: environment })
  const workers: HubProcess[] = []
  const shop = await startShopifyTwin({ system: 'webshop-no', port: shopPort, ...(shopSends && { hubUrl: hub.url }), secrets: { webhookSecret: secret, adminToken: secret }, config: { seed, shop: shopDomain, longestRetry: 1 }, log })
  const repeated = { erp: 0, crm: 0, store: 0 }

  const call: Retailer['call'] = async (method, path, body) => {
    const answer = await ask(hub.url + path, { method, ...(body !== undefined && { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }) })
    const text = await answer.text()
    if (!answer.ok) throw new Error(`${method} ${path} was answered ${answer.status}: ${text}`)
    return asDocument(JSON.parse(text))
  }
  const deployed = async (): Promise<{ revision: unknown, nodes: Document[] }> => {
    const { revision, flows: nodes } = await call('GET', '/api/v1/flows')
    if (!Array.isArray(nodes)) throw new Error('nothing is deployed')
    return { revision, nodes: nodes.map(asDocument) }
  }
  const deploy: Retailer['deploy'] = async (change) => {
    const { revision, nodes } = await deployed()
    await call('PUT', '/api/v1/flows', { revision, flows: change(nodes) })
  }
  const edit: Retailer['edit'] = (fields) => deploy((nodes) => nodes.map((node) => ({ ...node, ...fields[String(node['id'])] })))
  const deadLetters = async (): Promise<Document[]> => {
    const { items } = await call('GET', '/api/v1/dead-letters')
    return Array.isArray(items) ? items.map(asDocument) : []
  }
  const prove = async (query = ''): Promise<Completeness> => {
    const answer = await ask(`${hub.url}/api/v1/completeness?grace=0&limit=10000&${query}`)
    if (!answer.ok) throw new Error(`The proof was answered ${answer.status}: ${await answer.text()}`)
    return await answer.json() as Completeness
  }
  const settle = async (limitMs = 240_000): Promise<void> => {
    await until(() => shop.pending === 0, { limitMs, what: 'the hub took every webhook' })
    await until(async () => await openWork(databaseUrl) === 0, { limitMs, everyMs: 100, what: 'no lane has work' })
  }
  // What a node of a flow reports is the outcome of its run, and counts there.
  const alarms = (): string[] => hub.output.split('\n').filter((line) => line !== '' && (!line.startsWith('{') || /"level":"(?:error|fatal)"/.test(line)) && !line.includes('"part":"node-red","node":'))

  return {
    hub, shop, erp, crm, store, random, databaseUrl, redis: redis ?? (redisUrl === undefined ? undefined : { url: redisUrl, pid: 0 }),
    call, deadLetters, prove, settle, alarms,
    async worker(name) {
      const worker = await prepareWorker({ project, env: environment, name })
      workers.push(worker)
      return worker
    },
    async trade(count) {
      for (let placed = 0; placed < count; placed++) {
        const { id } = shop.place()
        if (random.chance(0.3)) shop.change(id, 'capture')
        if (random.chance(0.4)) shop.change(id, 'ship')
        if (random.chance(0.1)) shop.change(id, 'cancel')
        if (placed % 10 === 0) await sleep(30)
      }
    },
    send(order, { topic = 'orders/updated', eventId = randomUUID() } = {}) {
      const body = JSON.stringify(order)
      return ask(`${hub.url}/in/webshop-no`, {
        method: 'POST', body,
        headers: { 'content-type': 'application/json', 'x-shopify-topic': topic, 'x-shopify-shop-domain': shopDomain, 'x-shopify-event-id': eventId, 'x-shopify-hmac-sha256': createHmac('sha256', secret).update(body).digest('base64') },
      })
    },
    deploy, edit,
    async remap(id, rules) {
      const mapping = asDocument((await deployed()).nodes.find((node) => node['id'] === id)?.['mapping'])
      const known = Array.isArray(mapping['rules']) ? mapping['rules'].map(asDocument) : []
      const replaced = known.map((rule) => rules.find(({ to }) => to === rule['to']) ?? rule)
      await edit({ [id]: { mapping: { ...mapping, rules: [...replaced, ...rules.filter(({ to }) => !known.some((rule) => rule['to'] === to))] } } })
      return mapping
    },
    async expectComplete({ repeats = 0, letters = 0, limitMs, alarms: known, without = [] } = {}) {
      await settle(limitMs)
      expect(await deadLetters(), 'dead letters').to.have.length(letters)
      const wanted = await expectedHoldings(shop.orders.values())
      const held = actualHoldings(systems, without)
      for (const kind of ['documents', 'contacts', 'tasks'] as const) {
        expect(held[kind].map(nameOf), `which ${kind}`).to.deep.equal(wanted[kind].map(nameOf))
        // A few that differ say more than all of them.
        const wrong = wanted[kind].map((document, index) => ({ wanted: document, held: held[kind][index] })).filter((both) => !isDeepStrictEqual(both.wanted, both.held)).slice(0, 3)
        expect(wrong.map((both) => both.held), kind).to.deep.equal(wrong.map((both) => both.wanted))
      }
      for (const name of ['erp', 'crm', 'store'] as const) {
        const { counts } = systems[name]
        expect(counts.repeats - repeated[name], `writes sent again to ${name}`).to.be.at.most(repeats)
        expect(counts.mixedUpKeys, `${name}: one idempotency key for two contents`).to.equal(0)
        repeated[name] = counts.repeats
      }
      const { unexplained, listings, balanced } = await prove()
      expect(unexplained, 'unexplained by torg prove').to.deep.equal([])
      expect(listings.flatMap(({ error }) => error ?? []), 'systems that could not be asked').to.deep.equal([])
      expect(balanced, 'torg prove balances').to.equal(true)
      expect(alarms().filter((line) => !known?.test(line)).join('\n'), 'errors in the log').to.equal('')
    },
    async close() {
      await Promise.all([hub, ...workers].map((one) => one.kill()))
      await Promise.all([shop, erp, crm, store].map((twin) => twin.close()))
      await redis?.stop()
      await database?.drop()
      await rm(folder, { recursive: true, force: true })
    },
  }
}

/** Prints the end of the hub's log under a failed test. */
export function showLog(test: Mocha.Test | undefined, retailer: Retailer | undefined): void {
  if (test?.state === 'failed') console.error(retailer?.hub.output.split('\n').slice(-25).join('\n'))
}

/** The flows that the faults are about, and the systems they name: orders on their way from the shop to three systems. */
const kept = { tabs: ['orders-from-webshop', 'orders-to-erp', 'customers-to-crm', 'orders-to-store'], systems: ['webshop-no', 'erp', 'crm', 'store'] }
const keptRoles = [{ kind: 'order', masters: ['webshop-no'] }, { kind: 'customer', masters: ['webshop-no'] }]

/** Those of the project, with time limits that fit a test. */
async function copyProject(folder: string): Promise<string> {
  const project = join(folder, 'flows')
  const isKept = (path: string): boolean => !path.endsWith('.torg') && (!/[\\/](tabs|layout)[\\/]/.test(path) || kept.tabs.some((tab) => path.endsWith(`${tab}.json`)))
  await cp(flows, project, { recursive: true, filter: isKept })
  const write = (name: string, content: unknown): Promise<void> => writeFile(join(project, name), JSON.stringify(content))
  const systems: unknown[] = JSON.parse(await readFile(join(project, 'systems.json'), 'utf8'))
  await write('systems.json', systems.map(asDocument).filter((system) => kept.systems.includes(String(system['key']))).map((system) => ({ ...system, ...('timeout' in system && { timeout: systemTimeoutMs / 1000 }) })))
  await write('roles.json', keptRoles)
  // Its own stand-ins are elsewhere, on ports of their own.
  const { torg: _torg, ...rest } = asDocument(JSON.parse(await readFile(join(project, 'package.json'), 'utf8')))
  await write('package.json', rest)
  return project
}

/** Messages and deliveries that are not settled, asked of the database itself. Infinity: it does not answer. */
async function openWork(databaseUrl: string): Promise<number> {
  const client = new pg.Client({ connectionString: databaseUrl })
  client.on('error', () => { /* The query rejects with it. */ })
  try {
    await client.connect()
    const { rows } = await client.query<{ open: number }>(`select ((select count(*) from torg.message where state = 'pending') + (select count(*) from torg.delivery where desired > acked and not dead))::int as open`)
    return rows[0]?.open ?? Infinity
  } catch {
    return Infinity
  } finally {
    await client.end().catch(() => undefined)
  }
}

const nameOf = (document: Document): unknown => document['DocumentNo'] ?? document['orderNumber'] ?? document['email']
