/** The calls of the hub API on one kind, as OpenAPI operations. Pure. */
import { listParameters, pageSizes } from '../records/read.ts'
import type { Resource } from '../records/resources.ts'
import { recordName, reference, schemaName } from './schemas.ts'

const json = (schema: object, example?: unknown): object => ({ 'application/json': { schema, ...(example !== undefined && { example }) } })
const answer = (description: string, schema: object, headers: Record<string, object> = {}): object => ({ description, headers, content: json(schema) })
const text = (description: string): object => ({ description, schema: { type: 'string' } })

/** What every call may answer; 403 before anything is looked up. */
export const failures = Object.fromEntries(Object.entries({
  400: 'The request is not valid.', 401: 'No login, or a key that does not hold.', 403: 'The key lacks the scope.', 429: 'Too many keys that did not hold.', 503: 'Not now; Retry-After says when.',
}).map(([status, description]) => [status, { description, content: { 'application/problem+json': { schema: reference('Problem') } } }]))

const failing = (more: Record<number, string>): object => ({
  ...failures, ...Object.fromEntries(Object.entries(more).map(([status, description]) => [status, { description, content: { 'application/problem+json': { schema: reference('Problem') } } }])),
})

const parameter = (where: 'query' | 'header' | 'path', name: string, schema: object, description: string): object => ({ name, in: where, required: where === 'path', schema, description })

const idParameter = parameter('path', 'id', { type: 'string', format: 'uuid' }, 'The hub\'s id of the record.')
const ifMatch = parameter('header', 'If-Match', { type: 'string' }, 'The ETag the change is based on; 412 where the record has another version.')
const idempotencyKey = parameter('header', 'Idempotency-Key', { type: 'string', maxLength: 255 }, 'The same request with the same key is answered as the first time, for 24 hours.')

const listSchemas: Record<typeof listParameters[number], [schema: object, description: string]> = {
  limit: [{ type: 'integer', minimum: 1, maximum: pageSizes.most, default: pageSizes.standard }, 'Records of a page.'],
  cursor: [{ type: 'string' }, 'The value of `next` of the page before.'],
  sort: [{ type: 'string', enum: ['updatedAt', '-updatedAt'], default: 'updatedAt' }, 'By the last change; with a minus the newest first.'],
  updatedSince: [{ type: 'string', format: 'date-time' }, 'Only what changed at this moment or later.'],
  deleted: [{ type: 'string', enum: ['true', 'false'], default: 'false' }, 'Whether deleted records come too.'],
  number: [{ type: 'string', maxLength: 500 }, 'Only those with this number.'],
  ref: [{ type: 'string', maxLength: 500 }, 'Only the one with this reference: `<system>/<kind>/<id>`.'],
}

/** Paths of the kind, to the operations there. */
export function operationsOf({ kind: { name, plural, rules, example }, filters, searches, includes }: Resource): Record<string, object> {
  const [schema, record] = [schemaName(name), recordName(name)]
  const tags = [plural]
  const plurals = schemaName(plural) === schema ? `${schema}Records` : schemaName(plural)
  const written = (status: number, description: string): object => ({ [status]: answer(description, reference(`${schema}Answer`), { ETag: text('The version.'), ...(status === 201 && { Location: text('Where it is.') }) }) })
  const conflicts = failing({ 404: 'There is none.', 409: 'It contradicts what is stored.', 412: 'It is at another version.', 413: 'The body is too large.', 422: 'The document is not valid; `errors` names every field.' })
  const body = (what: object): object => ({ required: true, content: json(what, { ...example, refs: [{ id: '1042' }] }) })
  const collection = {
    get: {
      operationId: `list${plurals}`, tags, summary: `Records of the kind ${name}, page by page`,
      parameters: [
        ...listParameters.map(parameterName => parameter('query', parameterName, ...listSchemas[parameterName])),
        ...filters.map(filter => parameter('query', filter.name, filter.target === undefined ? { type: 'string' } : { type: 'string', format: 'uuid' }, filter.target === undefined ? `Only those with this ${filter.name}.` : `Only those that link to this ${filter.target}; the hub's id.`)),
        ...searches.map(({ name: searched, expects, example: value }) => parameter('query', searched, { type: 'string', maxLength: 500, examples: [value] }, `Only those found by it: ${expects}. What a source marks as not verified, and what is deleted, is not found.`)),
      ],
      responses: { 200: answer('A page.', reference(`${schema}Page`)), ...failures },
    },
    post: {
      operationId: `save${schema}`, tags, summary: rules.fact ? 'Store a new one; the same again changes nothing' : 'Create it, or update the one that has the reference',
      parameters: [idempotencyKey, parameter('header', 'If-None-Match', { type: 'string', enum: ['*'] }, '412 where there is one with this reference already.')],
      requestBody: body(reference(schema)),
      responses: { ...written(201, 'It was new.'), ...written(200, 'It was known.'), ...conflicts },
    },
  }
  const one = {
    parameters: [idParameter],
    get: {
      operationId: `get${schema}`, tags, summary: `One ${name}`,
      parameters: [
        parameter('header', 'If-None-Match', { type: 'string' }, '304 where the record still has this version.'),
        ...includes.length === 0 ? [] : [parameter('query', 'include', { type: 'string', examples: [includes.map(include => include.name).join(',')] }, `What comes along, separated by commas: ${includes.map(include => include.name).join(', ')}. The newest ${pageSizes.included} of each.`)],
      ],
      responses: { 200: answer('The record.', reference(record), { ETag: text('The version.') }), 304: { description: 'It is still this version.' }, ...failing({ 404: 'There is none.' }) },
    },
    ...!rules.fact && {
      put: { operationId: `replace${schema}`, tags, summary: 'Replace it; what is left out is removed', parameters: [ifMatch, idempotencyKey], requestBody: body(reference(schema)), responses: { ...written(200, 'What became of it.'), ...conflicts } },
      patch: {
        operationId: `update${schema}`, tags, summary: 'Change the fields given; null removes one', parameters: [ifMatch, idempotencyKey],
        requestBody: { required: true, content: json({ type: 'object', description: `Fields of a ${name}; each replaces the whole field.` }) }, responses: { ...written(200, 'What became of it.'), ...conflicts },
      },
      delete: { operationId: `delete${schema}`, tags, summary: 'Mark it as deleted, here and in the systems that have it', parameters: [ifMatch, idempotencyKey], responses: { ...written(200, 'What became of it.'), ...conflicts } },
    },
  }
  const explained = {
    parameters: [parameter('path', 'id', { type: 'string' }, 'The hub\'s id of the record, its number, or `<system>:<its id>`.')],
    get: {
      operationId: `explain${schema}`, tags, summary: 'What set its fields, and what was not applied',
      parameters: [parameter('query', 'field', { type: 'string', examples: ['/ext'] }, 'Only this field with its parts; a JSON pointer.')],
      responses: { 200: answer('Each field.', reference('Explanation')), ...failing({ 404: 'There is none, or nothing was ever said of the field.' }) },
    },
  }
  const masked = parameter('query', 'masked', { type: 'string', enum: ['true', 'false'], default: 'true' }, 'Whether personal data is masked.')
  const followed = {
    parameters: [idParameter],
    get: {
      operationId: `follow${schema}`, tags, summary: 'What happened to it, over all flows and systems; for administrators', parameters: [masked],
      responses: { 200: answer('The record with its events, in their order.', reference('Timeline')), ...failing({ 404: 'There is none.' }) },
    },
  }
  return { [`/api/v1/${plural}`]: collection, [`/api/v1/${plural}/{id}`]: one, [`/api/v1/${plural}/{id}/explain`]: explained, [`/api/v1/${plural}/{id}/timeline`]: followed }
}

/** Schemas of the answers about a kind. */
export function answerSchemas({ kind: { name } }: Resource): Record<string, object> {
  const [schema, record] = [schemaName(name), reference(recordName(name))]
  return {
    [`${schema}Page`]: { type: 'object', required: ['items', 'next'], properties: { items: { type: 'array', items: record }, next: { type: ['string', 'null'], description: 'The cursor of the next page; null on the last.' } } },
    [`${schema}Answer`]: {
      type: 'object', required: ['id', 'version', 'outcome', 'refused'],
      properties: {
        id: { type: 'string', format: 'uuid' }, version: { type: 'integer' }, outcome: { type: 'string', enum: ['created', 'updated', 'unchanged', 'stale', 'erased'] },
        refused: { type: 'array', description: 'Fields that stay, for another system is their master.', items: { type: 'object', required: ['pointer', 'master', 'why'], properties: { pointer: { type: 'string' }, master: { type: 'string' }, why: { enum: ['master', 'rank', 'older'] } } } },
        record: { ...record, description: 'Only with the scope to read it.' },
      },
    },
  }
}
