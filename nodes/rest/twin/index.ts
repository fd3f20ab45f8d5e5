/** A generic business system: keeps whatever JSON it is sent, shows it, and fails when it is told to. */
import { join } from 'node:path'
import type { Twin, TwinOptions } from '../../../runtime/kit/definition.ts'
import { openJournal } from '../../../runtime/twins/journal.ts'
import { isForeign, startTwinServer } from '../../../runtime/twins/server.ts'
import type { TwinReply, TwinRequest } from '../../../runtime/twins/server.ts'
import { createCollectionsApi, isAnsweredKey, parseObject, show } from './api.ts'
import type { Refusal, TwinCounts } from './api.ts'
import { openCollections } from './collections.ts'
import type { Collections, StoredDocument } from './collections.ts'
import { createLogin } from './login.ts'
import type { Login } from './login.ts'
import { renderCollections } from './page.ts'
import { readTwinSettings } from './settings.ts'
import { createTeller } from './webhooks.ts'

/** How the next requests go wrong. */
export interface Failure {
  /** Status to answer, or `hang`: never answer. */
  status: number | 'hang'
  /** How many requests; until told otherwise without. */
  times?: number
  /** Seconds for the header Retry-After. */
  retryAfter?: number
  /** The request is done before it fails: an end unknown to the caller. */
  afterwards?: boolean
}

export interface RestTwin extends Twin {
  readonly collections: Collections
  readonly counts: TwinCounts
  readonly login: Login
  /** What a person does in the system itself: changes some fields of a document, or makes one, and tells the hub where the settings say so. */
  edit(collection: string, id: string, fields: Record<string, unknown>): StoredDocument
  /** Null: no more failures. */
  fail(failure: Failure | null): void
  /** Null: everything is taken again. */
  refuse(refusal: Refusal | null): void
}

/**
 * Starts a stand-in. Over HTTP: `/<collection>[/<id>]`, a page at `/` for browsers, POST `/oauth/token`, and for other processes
 * `GET /_twin/state` (counts and documents), `POST /_twin/edit/<collection>/<id>` (fields), `POST /_twin/fail` (a {@link Failure} or null), `POST /_twin/clear`.
 */
export async function startRestTwin(options: TwinOptions): Promise<RestTwin> {
  const settings = readTwinSettings(options.system, options.config)
  const collections = openCollections(options)
  const counts: TwinCounts = { requests: 0, writes: 0, repeats: 0, mixedUpKeys: 0, failures: 0 }
  const login = createLogin(options.secrets, settings.tokenLifetime)
  const answered = openJournal(options.dataDir === undefined ? undefined : join(options.dataDir, `${options.system}-keys.jsonl`), isAnsweredKey)
  const api = createCollectionsApi({ collections, counts, answered, idField: settings.idField, itemKeyField: settings.itemKeyField, repeats: settings.repeats, refusal: () => refusal, required: collection => settings.collections[collection]?.required ?? [] })
  const teller = createTeller(options)
  let failure: Failure | null = null
  let refusal: Refusal | null = null

  function edit(collection: string, id: string, fields: Record<string, unknown>): StoredDocument {
    const { stored } = collections.write(collection, id, fields, true)
    const path = settings.collections[collection]?.tells
    if (path !== undefined) teller.tell(path, show(stored))
    return stored
  }

  function takeFailure(): Failure | null {
    const taken = failure
    if (taken?.times !== undefined) failure = taken.times > 1 ? { ...taken, times: taken.times - 1 } : null
    return taken
  }

  function control(request: TwinRequest): TwinReply {
    const [, what, collection, id, action] = request.segments
    if (what === 'edit' && request.method === 'POST' && collection !== undefined && id !== undefined && !isForeign(request)) {
      // A button of the page, or another process that says which fields.
      const pressed = action === undefined ? undefined : settings.collections[collection]?.actions.find(({ label }) => label === action)
      const fields = pressed ? pressed.fields : parseObject(request.body)
      if (fields === null) return { status: 400, body: { error: 'the body is not a JSON object' } }
      const stored = edit(collection, id, fields)
      return pressed ? { status: 303, headers: { location: '/' } } : { status: 200, body: show(stored) }
    }
    if (what === 'state') return { status: 200, body: { counts, pending: teller.pending, tokens: login.tokensIssued(), collections: Object.fromEntries(collections.names().map(name => [name, collections.list(name)])) } }
    if (what === 'fail' && request.method === 'POST') {
      failure = parseFailure(request.body)
      return { status: 204 }
    }
    if (what === 'clear' && request.method === 'POST') {
      collections.clear()
      return { status: 204 }
    }
    return { status: 404, body: { error: 'there are state, edit, fail and clear' } }
  }

  const server = await startTwinServer(options.port, (request) => {
    const [first] = request.segments
    if (first === undefined && request.headers['accept']?.includes('text/html')) return { status: 200, body: renderCollections({ settings, collections, counts }) }
    if (first === '_twin') return control(request)
    if (first === 'oauth' && request.method === 'POST') return login.issueToken(request)
    counts.requests += 1
    const fault = takeFailure()
    if (fault) {
      counts.failures += 1
      if (fault.afterwards && !login.refuse(request)) api.handle(request)
      return fault.status === 'hang' ? 'hang' : { status: fault.status, headers: fault.retryAfter === undefined ? {} : { 'retry-after': String(fault.retryAfter) }, body: { error: `${fault.status} on purpose` } }
    }
    return login.refuse(request) ?? (first === undefined ? { status: 200, body: { collections: collections.names() } } : api.handle(request))
  })
  return {
    url: server.url,
    collections,
    counts,
    login,
    edit,
    fail(next) { failure = next },
    refuse(next) { refusal = next },
    async close() {
      await server.close()
      await teller.close()
      collections.close()
      answered.close()
    },
  }
}

function parseFailure(body: Buffer): Failure | null {
  const given: unknown = JSON.parse(body.toString('utf8') || 'null')
  if (given === null || typeof given !== 'object' || !('status' in given)) return null
  const number = (name: string): number | undefined => {
    const value = Object.entries(given).find(([key]) => key === name)?.[1]
    return typeof value === 'number' ? value : undefined
  }
  const times = number('times')
  const retryAfter = number('retryAfter')
  return { status: given.status === 'hang' ? 'hang' : Number(given.status), ...(times !== undefined && { times }), ...(retryAfter !== undefined && { retryAfter }), ...('afterwards' in given && { afterwards: given.afterwards === true }) }
}
