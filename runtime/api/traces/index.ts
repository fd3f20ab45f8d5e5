/** Where is order 1042: search, one record's timeline, a message, what was sent. For administrators. */
import { Router, type Request } from 'express'
import { TorgError } from '../../errors.ts'
import type { Hub, RegisteredSubscription } from '../../hub.ts'
import { isId } from '../../ids.ts'
import { maskedWords, maskWords } from '../../model/masking.ts'
import { toEntity, type Kind } from '../../model/index.ts'
import type { LaneName, Store, StoredRecord, TraceStore } from '../../store/types.ts'
import { handle, queryText } from '../handler.ts'
import { maskContent, maskId, maskRecord, wantsMasked } from '../masked.ts'
import { refuseUnknown } from '../records/resources.ts'
import { recordId, notFound } from '../records/read.ts'
import { flowNodes } from '../selection.ts'
import { describeSent, type Compile } from './sent.ts'
import { toTimeline } from './timeline.ts'

export interface TraceOptions {
  kinds: ReadonlyMap<string, Kind>
  hub: Pick<Hub, 'find' | 'hasSystem'>
  store: TraceStore & Pick<Store, 'contenders' | 'activeDeployment'>
  compile?: Compile
  lanes?: { names(): readonly LaneName[] }
  /** Those deployed, by the id of their node. */
  subscription?(id: string): RegisteredSubscription | undefined
}

const noMapping: Compile = () => { throw new TorgError('hub.unavailable', 'The flows have not started yet.') }

const most = 20
const mostRuns = 200
const longest = 200

/** `GET /search?q=order 1042`; `GET /messages/:id`; `GET /<kinds>/:id/timeline`; `GET /<kinds>/:id/sent/:subscription`. All mask personal data unless `?masked=false`. */
export function traceRoutes({ kinds, hub, store, compile = noMapping, lanes, subscription }: TraceOptions): Router {
  const router = Router()

  router.get('/search', handle(async (req, res) => {
    refuseUnknown(req.query, ['q', 'masked'])
    const masked = wantsMasked(req, true)
    const { text, system, kind } = readSought(req, kinds, hub)
    const [records, messages] = await Promise.all([
      store.searchRecords({ text, ...(system !== undefined && { system }), limit: most }),
      store.searchMessages({ text, lanes: lanes?.names() ?? [], limit: most }),
    ])
    res.json({
      records: records.filter(record => kind === undefined || record.kind === kind).map(record => summaryOf(masked ? maskRecord(record, kinds) : record, kinds)),
      messages: messages.map(message => ({ ...message, key: masked ? maskId(message.key) : message.key })),
    })
  }))

  router.get('/messages/:id', handle(async (req, res) => {
    refuseUnknown(req.query, ['masked'])
    const masked = wantsMasked(req, true)
    const id = req.params['id'] ?? ''
    const found = await store.message(id)
    if (found === null) throw new TorgError('request.not-found', { detail: `There is no message ${id.slice(0, longest)}.`, next: 'Nothing: messages are removed after the time they are kept for.' })
    const content = { ...found, body: found.body.toString('utf8') }
    res.json(masked ? { ...maskContent(content), key: maskId(content.key) } : content)
  }))

  for (const { name, plural } of kinds.values()) {
    const find = async (req: Request): Promise<StoredRecord> => {
      refuseUnknown(req.query, ['masked'])
      const id = recordId(req, name)
      const record = await hub.find(name, { id })
      if (record === null) throw notFound(name, id)
      return record
    }
    router.get(`/${plural}/:id/timeline`, handle(async (req, res) => {
      const masked = wantsMasked(req, true)
      const record = await find(req)
      const [contenders, active] = await Promise.all([store.contenders(record.id), store.activeDeployment()])
      const origins = [...Object.values(record.provenance), ...contenders]
      const trace = await store.trace({
        record: record.id, runs: mostRuns, messages: origins.flatMap(({ message }) => message !== null && isId(message) ? message : []), moments: [record.createdAt, record.updatedAt, ...origins.map(({ at }) => at)],
      })
      const { provenance: _, ...shown } = masked ? maskRecord(record, kinds) : record
      const events = toTimeline({ record, contenders, trace, nodes: flowNodes(active?.flows ?? []) })
      res.json({ ...summaryOf(shown, kinds), entity: toEntity(shown), events: masked ? events.map(event => event.what === 'received' ? { ...event, key: maskId(event.key) } : event) : events })
    }))
    router.get(`/${plural}/:id/sent/:subscription`, handle(async (req, res) => {
      const masked = wantsMasked(req, true)
      const record = await find(req)
      const node = req.params['subscription'] ?? ''
      const [{ deliveries }, active] = await Promise.all([store.trace({ record: record.id, messages: [], moments: [], runs: 0 }), store.activeDeployment()])
      const delivery = deliveries.find(one => one.subscription === node)
      const registered = subscription?.(node)
      if (!delivery || !registered) throw new TorgError('request.not-found', { detail: delivery ? `The subscription ${node} is not deployed any more.` : `The subscription ${node} has nothing of this ${name}.`, next: 'See in the timeline of the record which subscriptions have it.' })
      const sent = await describeSent({ record, delivery, subscription: registered, flows: active?.flows ?? [], compile })
      res.json(masked ? maskWords(sent, maskedWords(record, maskRecord(record, kinds))) : sent)
    }))
  }
  return router
}

function summaryOf({ kind, id, number, version, refs, createdAt, updatedAt, deletedAt, document }: Omit<StoredRecord, 'provenance'>, kinds: ReadonlyMap<string, Kind>) {
  const known = kinds.get(kind)
  return { kind, plural: known?.plural ?? null, label: known?.label ?? null, id, number, version, refs, createdAt, updatedAt, deletedAt, status: known?.status(document) ?? null }
}

/** `1042`, `#1042`, `order 1042`, `erp:SO-7`: a number, an id of some system or of the hub, of a kind where one is named first. */
function readSought(req: Request, kinds: ReadonlyMap<string, Kind>, hub: Pick<Hub, 'hasSystem'>): { text: string, system?: string, kind?: string } {
  const given = (queryText(req, 'q') ?? '').trim()
  if (given === '' || given.length > longest || given.includes('\0')) throw new TorgError('request.invalid', `q is what is looked for: a number or an id of at most ${longest} characters, such as 1042, order 1042 or erp:SO-7.`)
  const [, word = '', rest = ''] = /^(\S+)\s+(.+)$/s.exec(given) ?? []
  const kind = [...kinds.values()].find(({ name, plural, label }) => [name, plural, ...Object.values(label)].some(known => known.toLowerCase() === word.toLowerCase()))
  const text = (kind ? rest : given).replace(/^#/, '')
  const [, system, id] = /^([a-z0-9-]+):(.+)$/s.exec(text) ?? []
  const named = system !== undefined && id !== undefined && hub.hasSystem(system) ? { text: id, system } : { text }
  return { ...named, ...(kind && { kind: kind.name }) }
}
