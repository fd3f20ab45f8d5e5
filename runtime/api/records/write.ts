/** `POST`, `PUT`, `PATCH`, `DELETE` below `/api/v1/<kinds>`: through the same checks and the same save as `hub save`. */
import { Router, json, type Request } from 'express'
import { TorgError } from '../../errors.ts'
import type { Hub } from '../../hub.ts'
import { readChange, readEntity, splitEntity, type Kind } from '../../model/index.ts'
import type { AnswerStore, EntityWrite, KeptAnswer, SaveOutcome, StoredRecord } from '../../store/types.ts'
import { callerOf, may, requireScope, type Caller } from '../caller.ts'
import { refuseDeep } from './body.ts'
import { answering } from './idempotency.ts'
import { notFound, recordId, tagOf } from './read.ts'
import { refuseUnknown, type Resource } from './resources.ts'
import { showTo } from './shown.ts'

export interface WriteOptions {
  resource: Resource
  hub: Pick<Hub, 'accepting' | 'save' | 'find' | 'readerOf'>
  store: AnswerStore
  /** Largest body in bytes. */
  bodyLimit: number
}

/** Attempts of a change that others came before, where the caller named no version. */
const attempts = 5

type Change = (record: StoredRecord, caller: Writer) => EntityWrite
type Writer = Caller & { system: string }

export function writeRoutes({ resource: { kind }, hub, store, bodyLimit }: WriteOptions): Router {
  const router = Router()
  const scope = requireScope('write', kind.name)
  const body = [scope, json({ limit: bodyLimit, strict: false }), refuseDeep]

  const save = async (req: Request, write: EntityWrite, expected: number | undefined): Promise<KeptAnswer> => {
    // Before the flows have started nobody would hear of what is saved.
    if (!hub.accepting) throw new TorgError('hub.unavailable', 'The hub is deploying, starting or stopping.')
    const [saved] = await hub.save([{ ...write, ...(expected !== undefined && { ifVersion: expected }) }])
    if (!saved) throw new TorgError('hub.internal', 'The hub stored the entity but returned no outcome.')
    return answerOf(saved, callerOf(req), kind, hub)
  }

  /** Reads, changes, saves; a version that is not the one expected is refused, or read again where none was expected. */
  const change = async (req: Request, make: Change): Promise<KeptAnswer> => {
    refuseUnknown(req.query, [])
    const caller = writerOf(req)
    const expected = expectedVersion(req)
    const id = recordId(req, kind.name)
    for (let attempt = 1; ; attempt += 1) {
      const record = await hub.find(kind.name, { id })
      if (record === null) throw notFound(kind.name, id)
      if (expected !== undefined && record.version !== expected) throw changedMeanwhile(record)
      try {
        return await save(req, make(record, caller), record.version)
      } catch (thrown) {
        if (!isOvertaken(thrown)) throw thrown
        if (expected !== undefined) throw changedMeanwhile(record)
        if (attempt === attempts) throw thrown
      }
    }
  }

  router.post('/', ...body, answering(store, async req => {
    refuseUnknown(req.query, [])
    const { system } = writerOf(req)
    const onlyNew = req.headers['if-none-match'] === '*'
    const write = { ...readEntity(kind, entityOf(req, kind), { system, operation: 'upsert' }), ...asWrite(system) }
    const answer = await save(req, write, onlyNew ? 0 : undefined).catch((thrown: unknown) => { throw onlyNew && isOvertaken(thrown) ? exists(kind) : thrown })
    // Known, and saying the same already: nothing was changed, but it is not new either.
    if (onlyNew && answer.status !== 201) throw exists(kind)
    return answer
  }))

  if (kind.rules.fact) return router

  router.put('/:id', ...body, answering(store, req => change(req, (record, { system }) => {
    const parts = readEntity(kind, identified(record, entityOf(req, kind), kind, system), { system, operation: 'upsert' })
    const gone = Object.keys(record.document).filter(field => !Object.hasOwn(parts.document, field))
    return { ...parts, refs: refsOf(record, parts.refs), document: { ...parts.document, ...Object.fromEntries(gone.map(field => [field, null])) }, ...asWrite(system) }
  })))

  router.patch('/:id', ...body, answering(store, req => change(req, (record, { system }) => {
    const entity = entityOf(req, kind)
    const { refs, number } = splitEntity(kind.name, identified(record, entity, kind, system), { system })
    return { ...readChange(kind, entity, { record, system }), refs: refsOf(record, refs), number, ...asWrite(system) }
  })))

  router.delete('/:id', scope, answering(store, req => change(req, (record, { system }) => ({
    kind: kind.name, schema: kind.schemaName, refs: record.refs, number: null, document: {}, ...asWrite(system), operation: 'remove',
  }))))
  return router
}

const asWrite = (system: string): Pick<EntityWrite, 'operation' | 'origin' | 'sourceTime'> => ({ operation: 'upsert', origin: { system, message: null, at: new Date().toISOString() }, sourceTime: null })

function writerOf(req: Request): Writer {
  const caller = callerOf(req)
  const { system } = caller
  if (system === null) throw new TorgError('request.forbidden', 'This key has no system on whose behalf it could write.')
  return { ...caller, system }
}

function entityOf(req: Request, { name }: Kind): Record<string, unknown> {
  if (!req.is(['json', '+json'])) throw new TorgError('request.not-json', `Send the ${name} as JSON, with content type application/json.`)
  const body: unknown = req.body
  if (typeof body !== 'object' || body === null || Array.isArray(body)) throw new TorgError('validation.schema', { detail: `The ${name} is ${body === null ? 'null' : Array.isArray(body) ? 'a list' : `a ${typeof body}`}, expected one object.`, pointer: '', value: body })
  return { ...body }
}

/**
 * The entity with a reference of the system that writes: it may write to a record it has no id of its own for, but whoever reads an entity
 * wants one. {@link refsOf} takes it away again.
 */
function identified(record: StoredRecord, entity: Record<string, unknown>, { name }: Kind, system: string): Record<string, unknown> {
  if (entity['refs'] !== undefined && !Array.isArray(entity['refs'])) return entity
  return { ...entity, refs: [...record.refs, ...entity['refs'] ?? [], standIn(record, name, system)] }
}

const standIn = ({ id }: StoredRecord, kind: string, system: string) => ({ system, kind, id })

/** Those of the record, which find it, before those that are new. */
function refsOf(record: StoredRecord, given: EntityWrite['refs']): EntityWrite['refs'] {
  const known = new Set(record.refs.map(ref => JSON.stringify([ref.system, ref.kind, ref.id])))
  return [...record.refs, ...given.filter(({ system, kind, id }) => id !== record.id && !known.has(JSON.stringify([system, kind, id])))]
}

/** The version in `If-Match`. https://www.rfc-editor.org/rfc/rfc9110#section-13.1.1 */
function expectedVersion(req: Request): number | undefined {
  const tag = req.headers['if-match']?.trim()
  if (tag === undefined || tag === '*') return undefined
  const [, version] = /^"(\d{1,9})"$/.exec(tag) ?? []
  if (version === undefined) throw new TorgError('request.invalid', 'If-Match is the ETag of the version the change is based on, such as "3".')
  return Number(version)
}

const isOvertaken = (thrown: unknown): boolean => thrown instanceof TorgError && thrown.code === 'request.conflict' && thrown.pointer === '/version'

const exists = ({ name }: Kind): TorgError => new TorgError('request.precondition', { detail: `There is a ${name} with this reference already.`, next: 'Leave If-None-Match out to update it.' })

const changedMeanwhile = ({ kind, number, id, version }: StoredRecord): TorgError =>
  new TorgError('request.precondition', `The ${kind} ${number ?? id} is not at the version named in If-Match; it was at ${version} when it was read.`)

/** What became of it; the record itself only for who may read it. */
function answerOf({ record, outcome, refused }: SaveOutcome, caller: Caller, kind: Kind, hub: WriteOptions['hub']): KeptAnswer {
  const { id, version } = record
  return {
    status: outcome === 'created' ? 201 : 200,
    headers: { ETag: tagOf(record), ...(outcome === 'created' && { Location: `/api/v1/${kind.plural}/${id}` }) },
    body: JSON.stringify({ id, version, outcome, refused, ...(may(caller, 'read', kind.name) && { record: showTo(caller, kind.name, hub)(record) }) }),
  }
}
