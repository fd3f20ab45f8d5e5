/** Reads what a repair is to take from a request, and says exactly what is wrong with it. */
import { catalogue, TorgError, type ErrorCode } from '../errors.ts'
import { isId } from '../ids.ts'
import type { Selection } from '../store/repair-types.ts'

/** A deployed node with the tab it stands on. */
export interface FlowNode { id: string, name: string | null, tab: { id: string, label: string } | null }

type Read = (value: unknown, at: string) => unknown

const text: Read = (value, at) => typeof value === 'string' && value !== '' ? value : fail(at, value, 'is a text')
const texts: Read = (value, at) => Array.isArray(value) && value.length > 0 ? value.map((one, index) => text(one, `${at}/${index}`)) : fail(at, value, 'is a list with at least one text')
/** Ids of messages or records; a dead letter names its message with "m-" before it. */
const ids: Read = (value, at) => {
  if (!Array.isArray(value) || value.length === 0) return fail(at, value, 'is a list with at least one id')
  return value.map((one: unknown, index) => {
    const id = typeof one === 'string' ? one.replace(/^m-/, '') : ''
    return isId(id) ? id : fail(`${at}/${index}`, one, `holds ids as the hub gives them; "${String(one)}" is none`)
  })
}
const oneOf = (...allowed: string[]): Read => (value, at) => typeof value === 'string' && allowed.includes(value) ? value : fail(at, value, `is ${allowed.slice(0, -1).join(', ')} or ${allowed.at(-1)}`)
const truth: Read = (value, at) => typeof value === 'boolean' ? value : fail(at, value, 'is true or false')
const code: Read = (value, at) => typeof value === 'string' && isCode(value) ? value : fail(at, value, 'is an error code of the hub, such as mapping.failed')

/** An instant with its offset, or a whole day in UTC, of which `to` takes the end. */
const instant = (end: 'first' | 'last'): Read => (value, at) => {
  const given = typeof value === 'string' ? value : ''
  const day = /^\d{4}-\d\d-\d\d$/.test(given)
  const time = day || /^\d{4}-\d\d-\d\dT\d\d:\d\d.*(?:Z|[+-]\d\d:\d\d)$/.test(given) ? Date.parse(given) : NaN
  if (Number.isNaN(time)) return fail(at, value, 'is a day such as 2026-03-01 (UTC), or an instant such as 2026-03-01T08:00:00Z')
  return new Date(time + (day && end === 'last' ? 86_400_000 : 0)).toISOString()
}

const common = { system: text, flow: text, state: oneOf('done', 'dead'), code, from: instant('first'), to: instant('last') }
const fields: Record<Selection['type'], Record<string, Read>> = {
  messages: { ...common, topic: text, keys: texts, ids, every: truth },
  deliveries: { ...common, kind: text, numbers: texts, ids, period: oneOf('created', 'updated', 'acknowledged') },
  records: { system: text, flow: text, from: common.from, to: common.to, kind: text, numbers: texts, ids, period: oneOf('created', 'updated') },
}

/**
 * The selection in a request. `flow` may be the id or the label of a tab, or the id or the name of a node; `nodes` is what it stands for.
 * @throws request.invalid with the pointer of the field
 */
export function readSelection(given: unknown, flows: readonly FlowNode[]): Selection {
  if (typeof given !== 'object' || given === null || Array.isArray(given)) return fail('', given, 'is an object such as { "type": "messages", "system": "webshop" }')
  const { type, ...conditions }: Record<string, unknown> = { ...given }
  if (type !== 'messages' && type !== 'deliveries' && type !== 'records') return fail('/type', type, 'is messages (to run again), deliveries (to send again) or records (to send to subscriptions that never had them)')
  const read: Record<string, unknown> = {}
  for (const [name, value] of Object.entries(conditions)) {
    const reader = Object.hasOwn(fields[type], name) ? fields[type][name] : undefined
    if (!reader) return fail(`/${name}`, value, `is no condition on ${type}; there are ${Object.keys(fields[type]).join(', ')}`)
    read[name] = reader(value, `/${name}`)
  }
  if (typeof read['from'] === 'string' && typeof read['to'] === 'string' && read['from'] >= read['to']) return fail('/to', conditions['to'], 'is later than from')
  if (type === 'records' && read['flow'] === undefined) return fail('/flow', undefined, 'names the subscriptions that are fed: a hub changes node, or a tab with some')
  const nodes = typeof read['flow'] === 'string' ? { nodes: nodesOf(read['flow'], flows) } : {}
  return { type, ...read, ...nodes }
}

function nodesOf(flow: string, flows: readonly FlowNode[]): string[] {
  const found = flows.filter(({ id, name, tab }) => id === flow || tab?.id === flow || tab?.label === flow || name === flow)
  if (found.length > 0) return found.map(({ id }) => id)
  const tabs = [...new Set(flows.flatMap(({ tab }) => tab ? tab.label : []))]
  return fail('/flow', flow, `is the name of a deployed tab or node; the tabs are ${tabs.map(label => `"${label}"`).join(', ')}`)
}

/** The nodes of deployed flows. */
export function flowNodes(flows: readonly Record<string, unknown>[]): FlowNode[] {
  const tabs = new Map(flows.flatMap(({ type, id, label }) => type === 'tab' ? [[String(id), { id: String(id), label: String(label) }]] : []))
  return flows.flatMap(({ type, id, name, z }) => type === 'tab' ? [] : [{ id: String(id), name: typeof name === 'string' && name !== '' ? name : null, tab: tabs.get(String(z)) ?? null }])
}

/** Whether it is one of the catalogue's codes. */
export const isCode = (value: string): value is ErrorCode => Object.hasOwn(catalogue, value)

function fail(at: string, value: unknown, must: string): never {
  const name = at === '' ? 'selection' : at.slice(1).replace(/\/.*/, '')
  throw new TorgError('request.invalid', { detail: `${name} ${must}.`, pointer: `/selection${at}`, value })
}
