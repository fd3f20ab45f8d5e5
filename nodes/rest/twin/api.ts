/** The stand-in's own interface: collections of JSON documents, with upsert, paging and idempotency keys. */
import { createHash } from 'node:crypto'
import type { Journal } from '../../../runtime/twins/journal.ts'
import type { TwinReply, TwinRequest } from '../../../runtime/twins/server.ts'
import type { Collections, StoredDocument } from './collections.ts'

/** What the stand-in counts, for tests and for its page. */
export interface TwinCounts {
  requests: number
  /** Writes that changed or created a document. */
  writes: number
  /** Requests whose idempotency key had been seen: answered again, or done again where the system does not know such keys. */
  repeats: number
  /** Idempotency keys that came again with another content: the sender is at fault. */
  mixedUpKeys: number
  /** Answered with a failure on purpose. */
  failures: number
}

export interface CollectionsApi { handle(request: TwinRequest): TwinReply }

/** Documents whose field has this value are refused with 422. */
export interface Refusal { field: string, value: unknown }

/** What an idempotency key was answered with before. */
export interface AnsweredKey { content: string, reply: TwinReply }

const rememberedKeys = 100_000

export interface CollectionsApiOptions {
  collections: Collections
  counts: TwinCounts
  answered: Journal<AnsweredKey>
  /** Where a posted document holds its own id. */
  idField: string
  /** Where a document of a list holds an idempotency key of its own. */
  itemKeyField: string
  repeats: 'answered' | 'written'
  refusal(): Refusal | null
  /** Fields a document of the collection must have. */
  required(collection: string): readonly string[]
}

/**
 * Answers requests for `/<collection>` and `/<collection>/<id>`. A list posted to `/<collection>/_bulk` is written document by document, with a
 * result for each; with `?atomic=true` all are written or none.
 */
export function createCollectionsApi({ collections, counts, answered, idField, itemKeyField, repeats, refusal, required }: CollectionsApiOptions): CollectionsApi {
  const refuse = (collection: string, document: Record<string, unknown>): { error: string, field: string } | null => {
    const refused = refusal()
    const missing = required(collection).find(field => document[field] === undefined || document[field] === null || document[field] === '')
    if (missing !== undefined) return { error: `${missing} is missing`, field: missing }
    return refused && document[refused.field] === refused.value ? { error: `${refused.field} is not allowed`, field: refused.field } : null
  }

  function bulk(request: TwinRequest, collection: string): TwinReply {
    const documents = parseList(request.body)
    if (documents === null) return { status: 400, body: { error: 'the body is not a list of JSON objects' } }
    if (request.query.get('atomic') === 'true' && documents.some(document => refuse(collection, document))) return { status: 422, body: { error: 'one of the documents is not allowed' } }
    const results = documents.map(document => {
      const { status, body } = once({ key: textOf(document[itemKeyField]), content: JSON.stringify(document) }, () => writeItem(collection, document))
      return Object.assign({ [idField]: textOf(document[idField]), status }, body)
    })
    return { status: 200, body: { results } }
  }

  function writeItem(collection: string, document: Record<string, unknown>): TwinReply {
    const fault = refuse(collection, document)
    if (fault) return { status: 422, body: fault }
    const { stored, created } = collections.write(collection, textOf(document[idField]) ?? collections.nextId(collection), document)
    counts.writes += 1
    return { status: created ? 201 : 200, body: { given: `${collection}-${stored.id}` } }
  }

  function write(request: TwinRequest, collection: string, id: string | undefined): TwinReply {
    const document = parseObject(request.body)
    if (document === null) return { status: 400, body: { error: 'the body is not a JSON object' } }
    const given = id ?? textOf(document[idField])
    const kept = request.method === 'PATCH' && given !== undefined ? collections.get(collection, given)?.document : undefined
    const refused = refuse(collection, { ...kept, ...document })
    if (refused) return { status: 422, body: refused }
    if (request.method === 'PATCH' && (given === undefined || !collections.get(collection, given))) return notFound(collection, given)
    const { stored, created } = collections.write(collection, given ?? collections.nextId(collection), document, request.method === 'PATCH')
    counts.writes += 1
    return { status: created ? 201 : 200, headers: { location: `/${collection}/${encodeURIComponent(stored.id)}` }, body: show(stored) }
  }

  function list(request: TwinRequest, collection: string): TwinReply {
    const after = request.query.get('updated_after')
    const size = Math.min(Number(request.query.get('page_size') ?? 100), 500)
    const page = Number(request.query.get('cursor') ?? request.query.get('page') ?? 1)
    const found = collections.list(collection).filter(({ updatedAt }) => after === null || Date.parse(updatedAt) > Date.parse(after))
    const items = found.slice((page - 1) * size, page * size).map(show)
    const more = found.length > page * size
    const query = new URLSearchParams(request.query)
    query.set('page', String(page + 1))
    return {
      status: 200,
      headers: { 'x-total-count': String(found.length), ...(more && { link: `</${collection}?${query}>; rel="next"` }) },
      body: { items, total: found.length, next: more ? String(page + 1) : null },
    }
  }

  /** Acts unless the idempotency key has been seen; without one, always. */
  function once({ key, content }: { key: string | undefined, content: string }, act: () => TwinReply): TwinReply {
    if (key === undefined) return act()
    const digest = createHash('sha256').update(content).digest('hex')
    const before = answered.entries.get(key)
    if (before) {
      if (before.content === digest) {
        counts.repeats += 1
        return repeats === 'answered' ? before.reply : act()
      }
      counts.mixedUpKeys += 1
      return { status: 422, body: { error: 'this idempotency key came with another content before' } }
    }
    const reply = act()
    if (reply.status < 300) answered.put(key, { content: digest, reply })
    const oldest = answered.entries.size > rememberedKeys ? answered.entries.keys().next().value : undefined
    if (oldest !== undefined) answered.remove(oldest)
    return reply
  }
  const requestOnce = (request: TwinRequest, act: () => TwinReply): TwinReply =>
    once({ key: request.headers['idempotency-key'], content: `${JSON.stringify([request.method, request.segments])}${request.body.toString()}` }, act)

  return {
    handle(request) {
      const [collection, id, ...deeper] = request.segments
      if (collection === undefined || deeper.length > 0) return { status: 404, body: { error: 'there is nothing here' } }
      switch (request.method) {
        case 'GET': {
          if (id === undefined) return list(request, collection)
          const stored = collections.get(collection, id)
          return stored ? { status: 200, body: show(stored) } : notFound(collection, id)
        }
        case 'POST':
        case 'PATCH':
          return requestOnce(request, () => id === '_bulk' ? bulk(request, collection) : write(request, collection, id))
        case 'PUT':
          return id === undefined ? { status: 405, body: { error: 'PUT needs an id' } } : requestOnce(request, () => write(request, collection, id))
        case 'DELETE':
          return id === undefined ? { status: 405, body: { error: 'DELETE needs an id' } } : requestOnce(request, () => (collections.remove(collection, id) ? { status: 204 } : notFound(collection, id)))
        default:
          return { status: 405, body: { error: `${request.method} is not known here` } }
      }
    },
  }
}

/** A document as the stand-in shows it: its own id and times beside what was sent. */
export function show({ id, document, createdAt, updatedAt }: StoredDocument): Record<string, unknown> {
  return { ...document, id, createdAt, updatedAt }
}

const notFound = (collection: string, id: string | undefined): TwinReply => ({ status: 404, body: { error: `${collection} ${id ?? ''} is not known` } })
const textOf = (value: unknown): string | undefined => (typeof value === 'string' && value !== '' ? value : typeof value === 'number' ? String(value) : undefined)

/** Whether a kept line is an {@link AnsweredKey}. */
export function isAnsweredKey(value: unknown): value is AnsweredKey {
  return value !== null && typeof value === 'object' && 'content' in value && 'reply' in value
}

function parseList(body: Buffer): Record<string, unknown>[] | null {
  try {
    const parsed: unknown = JSON.parse(body.toString('utf8'))
    return Array.isArray(parsed) && parsed.every(item => typeof item === 'object' && item !== null) ? parsed.map((item: object) => ({ ...item })) : null
  } catch {
    return null
  }
}

export function parseObject(body: Buffer): Record<string, unknown> | null {
  try {
    const parsed: unknown = JSON.parse(body.toString('utf8'))
    return typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed) ? { ...parsed } : null
  } catch {
    return null
  }
}
