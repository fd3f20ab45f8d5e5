/** Where the story takes place: the reference retailer on a hub of its own, and hands to act and to look with. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createTestDatabase } from '../support/database.ts'
import { startReferenceHub } from '../support/reference-hub.ts'
import { torg } from '../support/torg.ts'
import { until } from '../support/until.ts'

export type Json = Readonly<Record<string, unknown>>

export interface World {
  readonly url: string
  readonly databaseUrl: string
  /** The hub's data folder. */
  readonly data: string
  /** What the hub has logged: warnings and errors. */
  log(): string
  /** A call of the hub's API; the parsed answer, or an error with what it said. */
  call(method: 'GET' | 'POST', path: string, body?: unknown): Promise<Json>
  /** One record of the hub by a system's id of it. */
  record(kind: string, ref: string): Promise<Json>
  /** What a person does in a system: changes some fields of a document there, or makes one. */
  edit(system: string, collection: string, id: string, fields: Json): Promise<void>
  /** Takes a document out of a system that asks for no login. */
  remove(system: string, collection: string, id: string): Promise<void>
  /** The document a system has; undefined where it has none. */
  has(system: string, collection: string, id: string): Promise<Json | undefined>
  /** Everything a system has, as text. */
  all(system: string): Promise<string>
  /** The shop's newest order, after it was placed there. */
  buy(wish: { collect: boolean }): Promise<Json>
  /** Cancels an order in the shop. */
  cancel(order: Json): Promise<void>
  /** A thing of the shop by its global id. */
  inShop(type: string, id: unknown): Promise<Json>
  /** A command line, which has to succeed. */
  torg(...args: string[]): Promise<string>
  /** A file for a command. */
  file(name: string, lines: readonly string[]): Promise<string>
  /** Waits until what is seen is what is expected; fails with both. */
  sees<T>(what: string, look: () => Promise<T>, expected: (seen: T) => boolean): Promise<T>
  close(): Promise<void>
}

/** With this seed the first customer of the webshop is the one of the story. */
const seed = 4

export async function openWorld(): Promise<World> {
  const database = await createTestDatabase()
  const reference = await startReferenceHub({ databaseUrl: database.url, seed })
  const folder = await mkdtemp(join(tmpdir(), 'torg-story-'))
  const { url } = reference.hub
  const twin = (system: string): string => reference.twins[system] ?? fail(`there is no stand-in of ${system}`)
  const state = async (system: string): Promise<Json> => ask(`${twin(system)}/_twin/state`)

  return {
    url, databaseUrl: database.url, data: reference.data,
    log: () => reference.hub.output,
    call: (method, path, body) => ask(`${url}/api/v1${path}`, { method, ...(body !== undefined && { body: JSON.stringify(body) }) }),
    async record(kind, ref) {
      const { items } = await ask(`${url}/api/v1/${kind}s?${new URLSearchParams({ ref })}`)
      return at(items, 0) ?? fail(`the hub has no ${kind} ${ref}`)
    },
    async edit(system, collection, id, fields) {
      await ask(`${twin(system)}/_twin/edit/${collection}/${encodeURIComponent(id)}`, { method: 'POST', body: JSON.stringify(fields) })
    },
    async remove(system, collection, id) {
      await fetch(`${twin(system)}/${collection}/${encodeURIComponent(id)}`, { method: 'DELETE' })
    },
    async has(system, collection, id) {
      const documents = objectOf(objectOf(await state(system))['collections'])[collection]
      const found = Array.isArray(documents) ? documents.map(objectOf).find(document => document['id'] === id) : undefined
      return found && objectOf(found['document'])
    },
    async all(system) {
      return JSON.stringify(system === 'webshop-no' ? await ask(`${twin(system)}/orders.json`) : await state(system))
    },
    async buy({ collect }) {
      await fetch(`${twin('webshop-no')}/place?collect=${collect}`, { method: 'POST', redirect: 'manual' })
      const { orders } = await ask(`${twin('webshop-no')}/orders.json`)
      return at(orders, -1) ?? fail('the shop has no order')
    },
    async cancel({ id }) {
      await fetch(`${twin('webshop-no')}/orders/${String(id)}/cancel`, { method: 'POST', redirect: 'manual' })
    },
    async inShop(type, id) {
      const gid = `gid://shopify/${type}/${String(id)}`
      return objectOf((await ask(`${twin('webshop-no')}/shop.json?id=${encodeURIComponent(gid)}`))[gid])
    },
    async torg(...args) {
      const { code, out, err } = await torg(args, { env: { TORG_PORT: new URL(url).port } })
      if (code !== 0) throw new Error(`torg ${args.join(' ')} ended with ${code}: ${out}${err}`)
      return out
    },
    async file(name, lines) {
      const path = join(folder, name)
      await writeFile(path, `${lines.join('\n')}\n`)
      return path
    },
    async sees(what, look, expected) {
      let seen = await look()
      await until(async () => {
        if (expected(seen)) return true
        seen = await look()
        return expected(seen)
      }, { limitMs: 30_000, everyMs: 50, what }).catch((error: unknown) => { throw new Error(`${what}: not so. What is there: ${JSON.stringify(seen)}\n${reference.hub.output.slice(-3_000)}`, { cause: error }) })
      return seen
    },
    async close() {
      await reference.stop()
      await rm(folder, { recursive: true, force: true })
      await database.drop()
    },
  }
}

async function ask(url: string, init: { method?: string, body?: string } = {}): Promise<Json> {
  const answer = await fetch(url, { ...init, headers: { 'connection': 'close', 'accept': 'application/json', 'content-type': 'application/json' } })
  const text = await answer.text()
  if (!answer.ok) throw new Error(`${init.method ?? 'GET'} ${url} was answered ${answer.status}: ${text}`)
  return objectOf(JSON.parse(text))
}

const fail = (what: string): never => { throw new Error(what) }

/** An object, or an empty one where it is something else. */
export const objectOf = (value: unknown): Json => typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : {}
/** The objects of a list. */
export const listOf = (value: unknown): Json[] => Array.isArray(value) ? value.map(objectOf) : []
const at = (value: unknown, index: number): Json | undefined => listOf(value).at(index)
