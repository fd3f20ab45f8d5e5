/** `GET /api/v1/<kinds>` and `GET /api/v1/<kinds>/<id>`. */
import { Router, type Request } from 'express'
import { TorgError } from '../../errors.ts'
import { isId } from '../../ids.ts'
import type { Hub } from '../../hub.ts'
import type { RecordPage, RecordPosition, RecordQuery, Reference, Store, StoredRecord } from '../../store/types.ts'
import { callerOf, checkScope, requireScope } from '../caller.ts'
import { handle, queryNumber, queryText, sendJson } from '../handler.ts'
import { refuseUnknown, type Include, type Resource } from './resources.ts'
import { has, maySearch, showTo, type Show } from './shown.ts'

export type ReadStore = Pick<Store, 'read' | 'list'>

/** Records of a page; those of what is included. */
export const pageSizes = { standard: 50, most: 200, included: 50 } as const
/** Of a number, a sku or an id in a reference. */
const longest = 500

export const listParameters = ['limit', 'cursor', 'sort', 'updatedSince', 'deleted', 'number', 'ref'] as const

export function readRoutes({ resource, store, hub }: { resource: Resource, store: ReadStore, hub: Pick<Hub, 'readerOf'> }): Router {
  const { kind, filters, searches, includes } = resource
  const router = Router()
  const scope = requireScope('read', kind.name)

  router.get('/', scope, handle(async (req, res) => {
    refuseUnknown(req.query, [...listParameters, ...[...filters, ...searches].map(({ name }) => name)])
    const { query, fields } = readQuery(req, resource)
    const caller = callerOf(req)
    const show = showTo(caller, kind.name, hub)
    if (!maySearch(caller, kind.name, { fields, hub })) throw new TorgError('request.forbidden', { detail: 'This key may not search by what it may not read.', next: 'Ask whoever keeps the role table to name the system of the key as a reader.' })
    sendJson(res, toPage(await store.list(query), show, fields))
  }))

  router.get('/:id', scope, handle(async (req, res) => {
    refuseUnknown(req.query, ['include'])
    const wanted = readIncludes(req, includes)
    const caller = callerOf(req)
    const show = showTo(caller, kind.name, hub)
    for (const { kind: included } of wanted) checkScope(caller, 'read', included)
    const id = recordId(req, kind.name)
    const found = await store.read({ kind: kind.name, id, linked: wanted.map(({ kind: included, filter: { pointer } }) => ({ kind: included, pointer, limit: pageSizes.included })) })
    if (found === null) throw notFound(kind.name, id)
    const { record, linked } = found
    if (wanted.length > 0) {
      sendJson(res, { ...show(record), included: Object.fromEntries(wanted.flatMap(({ name, kind: included }, index) => linked[index] ? [[name, toPage(linked[index], showTo(caller, included, hub))]] : [])) })
      return
    }
    const tag = tagOf(record)
    res.set('ETag', tag)
    if (matches(req.headers['if-none-match'], tag)) res.status(304).end()
    else sendJson(res, show(record))
  }))
  return router
}

/** The version is the tag: it rises with every change of what the record says. */
export const tagOf = ({ version }: Pick<StoredRecord, 'version'>): string => `"${version}"`

/** Whether a list of tags has this one; https://www.rfc-editor.org/rfc/rfc9110#section-13.1.2 compares without regard to `W/`. */
function matches(header: string | undefined, tag: string): boolean {
  return header !== undefined && header.split(',').some(one => one.trim() === '*' || one.trim().replace(/^W\//, '') === tag)
}

/** The id in the address. */
export function recordId(req: Request, kind: string): string {
  const id = (req.params['id'] ?? '').toLowerCase()
  if (isId(id)) return id
  throw new TorgError('request.invalid', { detail: `"${id.slice(0, 100)}" is no id of the hub.`, next: `Find the ${kind} with ?number=… or ?ref=<system>/<kind>/<id>, and take the id from there.` })
}

export const notFound = (kind: string, id: string): TorgError => new TorgError('request.not-found', { detail: `There is no ${kind} ${id}.`, next: 'Find it with ?number=… or ?ref=<system>/<kind>/<id>.' })

function readIncludes(req: Request, includes: readonly Include[]): Include[] {
  const names = [...new Set((queryText(req, 'include') ?? '').split(',').filter(name => name !== ''))]
  return names.map(name => {
    const found = includes.find(include => include.name === name)
    if (!found) throw fail('include', includes.length === 0 ? 'has nothing to name here' : `names what comes along: ${includes.map(include => include.name).join(', ')}`)
    return found
  })
}

/** What is asked for, and the fields by which it is found. */
function readQuery(req: Request, { kind, filters, searches }: Resource): { query: RecordQuery, fields: readonly string[] } {
  const [number, ref, since, cursor] = [shortText(req, 'number'), shortText(req, 'ref'), queryText(req, 'updatedSince'), queryText(req, 'cursor')]
  const given = [...filters.flatMap(filter => {
    const value = shortText(req, filter.name)
    if (value === undefined) return []
    if (filter.target !== undefined && !isId(value)) throw fail(filter.name, `is the hub's id of a ${filter.target}`)
    return [{ by: { where: { pointer: filter.pointer, value: filter.target === undefined ? value : value.toLowerCase() } }, fields: [filter.pointer] }]
  }), ...searches.flatMap(({ name, rule, forms, expects, example, fields }) => {
    const value = shortText(req, name)
    if (value === undefined) return []
    const values = forms(value).filter(form => form !== '')
    if (values.length === 0) throw fail(name, `is ${expects}: ${example}`)
    return [{ by: { key: { rule, values } }, fields }]
  })]
  const [found, second] = given
  const narrowed = [number, ref, found, second].filter(one => one !== undefined).length
  if (narrowed > 1) throw new TorgError('request.invalid', `Search by one of ${['number', 'ref', ...[...filters, ...searches].map(({ name }) => name)].join(', ')} at a time.`)
  const [sort, deleted] = [queryText(req, 'sort') ?? 'updatedAt', queryText(req, 'deleted') ?? 'false']
  if (sort !== 'updatedAt' && sort !== '-updatedAt') throw fail('sort', 'is updatedAt, or -updatedAt for the newest change first')
  if (deleted !== 'true' && deleted !== 'false') throw fail('deleted', 'is true where deleted records are wanted too, else false')
  const query: RecordQuery = {
    kind: kind.name, limit: queryNumber(req, 'limit', { standard: pageSizes.standard, least: 1, most: pageSizes.most }),
    descending: sort === '-updatedAt', deleted: deleted === 'true',
    ...(number !== undefined && { number }), ...(ref !== undefined && { ref: toReference(ref) }), ...found?.by,
    ...(since !== undefined && { updatedSince: toInstant(since) }), ...(cursor !== undefined && { after: readCursor(cursor) }),
  }
  return { query, fields: found?.fields ?? [] }
}

function shortText(req: Request, name: string): string | undefined {
  const value = queryText(req, name)
  if (value !== undefined && (value.length > longest || value.includes('\0'))) throw fail(name, `has at most ${longest} characters`)
  return value
}

function toReference(text: string): Reference {
  const [, system, kind, id] = /^([^/]+)\/([^/]+)\/(.+)$/s.exec(text) ?? []
  if (system === undefined || kind === undefined || id === undefined) throw fail('ref', 'is <system>/<kind>/<id>, the id as the system gave it: webshop-no/order/1042')
  return { system, kind, id }
}

function toInstant(text: string): string {
  // A plus in an address is a space.
  const time = /^\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?(?:Z|[+ -]\d\d:\d\d)$/.test(text) ? Date.parse(text.replace(' ', '+')) : NaN
  if (Number.isNaN(time)) throw fail('updatedSince', 'is an instant such as 2026-03-01T08:00:00Z')
  return new Date(time).toISOString()
}

/**
 * A list with where it goes on, as it is sent. What was found by a field that the caller may not read of this very record is left out; where that is all of it, there is no more.
 */
function toPage({ records, next }: RecordPage, show: Show, fields: readonly string[] = []): { items: object[], next: string | null } {
  const items = records.map(show).filter(item => fields.every(field => has(item, field)))
  return { items, next: next && (items.length > 0 || records.length === 0) ? Buffer.from(`${next.at} ${next.id}`).toString('base64url') : null }
}

function readCursor(cursor: string): RecordPosition {
  const [, at, id] = /^(\d{4,6}-\d\d-\d\dT[\d:.]+Z) ([0-9a-f-]{36})$/.exec(Buffer.from(cursor.slice(0, longest), 'base64url').toString('latin1')) ?? []
  if (at === undefined || id === undefined || !isId(id)) throw fail('cursor', 'is the value of next of the page before')
  return { at, id }
}

function fail(name: string, must: string): TorgError {
  return new TorgError('request.invalid', `The parameter ${name} ${must}.`)
}
