/** Why a record says what it says: which system, message, mapping and rule set each field, and what was not applied. */
import { Router, type Request } from 'express'
import { TorgError } from '../errors.ts'
import { isId } from '../ids.ts'
import { kinds } from '../model/index.ts'
import type { ExplainOptions, FieldExplanation } from '../project/index.ts'
import type { Store, StoredRecord } from '../store/types.ts'
import { handle, queryText } from './handler.ts'

export interface ExplainRouteOptions {
  store: Pick<Store, 'find' | 'contenders' | 'activeDeployment'>
  /** By the role table in force and the mappings that are deployed. */
  explain(what: Pick<ExplainOptions, 'record' | 'contenders' | 'flows' | 'field'>): FieldExplanation[]
}

/** `GET /:kind/:id/explain?field=/phones`: of one field with its parts, or of all. The record by the hub's id, by its number, or as `<system>:<its id>`. */
export function explainRoutes({ store, explain }: ExplainRouteOptions): Router {
  return Router().get('/:kind/:id/explain', handle(async (req, res) => {
    const record = await findRecord(store, req)
    const field = queryText(req, 'field')
    if (field !== undefined && !field.startsWith('/')) throw new TorgError('request.invalid', { detail: `"${field}" is no JSON pointer; they begin with a slash, such as /phones.`, pointer: '/field', value: field })
    const [contenders, active] = await Promise.all([store.contenders(record.id), store.activeDeployment()])
    const items = explain({ record, contenders, flows: active?.flows ?? [], ...(field !== undefined && { field }) })
    if (items.length === 0 && field !== undefined) throw new TorgError('request.not-found', { detail: `Nothing was ever said of ${field} of this ${record.kind}.`, next: `There are ${Object.keys(record.provenance).join(', ')}.` })
    res.json({ kind: record.kind, id: record.id, number: record.number, version: record.version, items })
  }))
}

async function findRecord(store: Pick<Store, 'find'>, req: Request): Promise<StoredRecord> {
  const { kind = '', id = '' } = req.params
  if (!kinds.has(kind)) throw new TorgError('request.not-found', { detail: `There is no kind ${kind}.`, value: kind, next: `There are ${[...kinds.keys()].join(', ')}.` })
  const [, system, given] = /^([a-z0-9]+(?:-[a-z0-9]+)*):(.+)$/.exec(id) ?? []
  const record = await store.find(kind, isId(id) ? { id } : system !== undefined && given !== undefined ? { ref: { system, kind, id: given } } : { number: id })
  if (record === null) throw new TorgError('request.not-found', { detail: `There is no ${kind} ${id}.`, next: 'Name it by the hub\'s own id, its number, or as <system>:<the id that system gave it>.' })
  return record
}
