/** `GET /api/v1/<kinds>/<id>/explain`: which system, message, mapping and rule set each field of a record, and what was not applied. */
import { Router, type Request } from 'express'
import { TorgError } from '../../errors.ts'
import type { Hub } from '../../hub.ts'
import { isId } from '../../ids.ts'
import type { ExplainOptions, FieldExplanation } from '../../project/index.ts'
import type { Store, StoredRecord } from '../../store/types.ts'
import { callerOf, requireScope } from '../caller.ts'
import { handle, queryText } from '../handler.ts'
import { refuseUnknown, type Resource } from './resources.ts'
import { seesAll } from './shown.ts'

export interface ExplainRouteOptions {
  store: Pick<Store, 'find' | 'contenders' | 'activeDeployment'>
  /** By the role table in force and the mappings that are deployed. */
  explain(what: Pick<ExplainOptions, 'record' | 'contenders' | 'flows' | 'field'>): FieldExplanation[]
}

/** `?field=/phones`: of one field with its parts, or of all. The record by the hub's id, by its number, or as `<system>:<its id>`. */
export function explainRoutes({ resource: { kind: { name } }, store, hub, explain }: ExplainRouteOptions & { resource: Resource, hub: Pick<Hub, 'readerOf'> }): Router {
  return Router().get('/:id/explain', requireScope('read', name), handle(async (req, res) => {
    refuseUnknown(req.query, ['field'])
    if (!seesAll(callerOf(req), name, hub)) throw new TorgError('request.forbidden', { detail: `Not all fields of a ${name} are for this key's system, and an explanation would show them.`, next: 'Ask an administrator to explain it: torg explain.' })
    const record = await findRecord(store, name, req)
    const field = queryText(req, 'field')
    if (field !== undefined && !field.startsWith('/')) throw new TorgError('request.invalid', { detail: `"${field}" is no JSON pointer; they begin with a slash, such as /phones.`, pointer: '/field', value: field })
    const [contenders, active] = await Promise.all([store.contenders(record.id), store.activeDeployment()])
    const items = explain({ record, contenders, flows: active?.flows ?? [], ...(field !== undefined && { field }) })
    if (items.length === 0 && field !== undefined) throw new TorgError('request.not-found', { detail: `Nothing was ever said of ${field} of this ${record.kind}.`, next: `There are ${Object.keys(record.provenance).join(', ')}.` })
    res.json({ kind: record.kind, id: record.id, number: record.number, version: record.version, items })
  }))
}

async function findRecord(store: Pick<Store, 'find'>, kind: string, req: Request): Promise<StoredRecord> {
  const { id = '' } = req.params
  const [, system, given] = /^([a-z0-9]+(?:-[a-z0-9]+)*):(.+)$/.exec(id) ?? []
  const record = await store.find(kind, isId(id) ? { id } : system !== undefined && given !== undefined ? { ref: { system, kind, id: given } } : { number: id })
  if (record === null) throw new TorgError('request.not-found', { detail: `There is no ${kind} ${id}.`, next: 'Name it by the hub\'s own id, its number, or as <system>:<the id that system gave it>.' })
  return record
}
