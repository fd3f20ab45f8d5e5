/** Why a field of a record says what it says, in plain words. Pure. */
import type { Contender, Origin, StoredRecord } from '../store/types.ts'
import { isObject } from './json.ts'
import { makersOf, type FieldRule } from './makers.ts'
import { isWithin, mastersOf, nameRow, pointerOf } from './role-paths.ts'
import type { RoleRow } from './types.ts'

/** One field with what set it and what was not applied. */
export interface FieldExplanation {
  /** JSON pointer. Of lists that several systems give to, one for each element. */
  field: string
  /** Absent where no value stands. */
  value?: unknown
  origin: Origin | null
  /** Names of the flow nodes, where they are deployed still, and the rules that made the field: of the last mapping, or of those before it where it only passes the field on. */
  node: string | null
  mapping: string | null
  rules: string[]
  /** Rows of the role table that speak of the field, the narrowest path first. */
  roles: string[]
  /** Newest first. */
  contenders: Contender[]
  text: string[]
}

export interface ExplainOptions {
  record: Pick<StoredRecord, 'kind' | 'document' | 'provenance' | 'number' | 'deletedAt'>
  contenders: readonly Contender[]
  roles: readonly RoleRow[]
  /** Of the active deployment. */
  flows: readonly Readonly<Record<string, unknown>>[]
  /** JSON pointer; absent: all fields. */
  field?: string
  /** The rules of a stored mapping that write a top-level field. */
  rulesTo(mapping: unknown, field: string): FieldRule[]
}

/** Empty where nothing was ever said of the field. */
export function explain({ record, contenders, roles, flows, rulesTo, field = '' }: ExplainOptions): FieldExplanation[] {
  const nodes = new Map(flows.map(node => [String(node['id']), node]))
  const own = Object.keys(record.provenance).filter(pointer => isWithin(pointer, field))
  const said = contenders.filter(({ pointer }) => isWithin(pointer, field)).map(({ pointer }) => pointer)
  // What is asked for may be a part of what has an origin.
  const above = own.length > 0 || field === '' ? [] : Object.keys(record.provenance).filter(pointer => isWithin(field, pointer)).map(() => field).slice(0, 1)
  return [...new Set([...own, ...said, ...above])].sort().map(pointer => {
    const origin = originAt(record.provenance, pointer)
    // What a system said once and was taken at its word for later is no contender.
    const lost = contenders.filter(one => one.pointer === pointer && !(origin?.system === one.system && origin.at >= one.at)).sort((a, b) => Date.parse(b.at) - Date.parse(a.at))
    const value = valueAt(record, pointer)
    const makers = origin?.mapping === undefined ? [] : makersOf(nodes, origin.mapping, node => rulesTo(node['mapping'], pointer.split('/')[1] ?? ''))
    const rows = roles.filter(row => row.kind === record.kind && isWithin(pointer, pointerOf(row.field))).sort((one, other) => pointerOf(other.field).length - pointerOf(one.field).length)
    const facts = { node: nameOf(origin?.node, nodes), mapping: makers.length > 0 ? makers.map(({ id }) => nameOf(id, nodes)).join(' or ') : nameOf(origin?.mapping, nodes), rules: makers.flatMap(({ rules }) => rules), roles: rows.map(describeRow) }
    return { field: pointer, ...(value !== undefined && { value }), origin: origin ?? null, ...facts, contenders: lost, text: toText({ pointer, value, origin, ...facts, lost }) }
  })
}

function originAt(provenance: Readonly<Record<string, Origin>>, pointer: string): Origin | undefined {
  for (let at = pointer; at !== ''; at = at.slice(0, at.lastIndexOf('/'))) if (provenance[at]) return provenance[at]
  return undefined
}

function valueAt({ document, number, deletedAt }: ExplainOptions['record'], pointer: string): unknown {
  if (pointer === '/number') return number ?? undefined
  if (pointer === '/deletedAt') return deletedAt ?? undefined
  return pointer.split('/').slice(1).reduce<unknown>((at, step) => {
    const name = step.replaceAll('~1', '/').replaceAll('~0', '~')
    // An element of a united list has no place of its own; the list says what stands.
    if (Array.isArray(at)) return at
    return isObject(at) && Object.hasOwn(at, name) ? at[name] : undefined
  }, document)
}

function nameOf(id: string | undefined, nodes: ReadonlyMap<string, Readonly<Record<string, unknown>>>): string | null {
  if (id === undefined) return null
  const node = nodes.get(id)
  return node ? `${String(node['type'])} "${String(node['name'] || id)}"` : `node ${id}, which is not deployed any more`
}

function describeRow(row: RoleRow): string {
  const { masters, merge = 'rank', readers } = row
  const ranks = (masters ?? []).map(entry => [entry].flat().join(' and ')).join(', then ')
  return `${nameRow(row)}: ${[...mastersOf(row).length > 0 ? [`masters by ${merge}: ${ranks}`] : [], ...readers ? [`read by ${readers.join(', ') || 'nobody'}`] : []].join('; ')}`
}

const reasons: Record<Contender['why'], (master: string) => string> = {
  master: master => `it is no master of the field; ${master} is`,
  rank: master => `${master} is ranked higher and has said something`,
  older: master => `what ${master} said is newer`,
}

function toText({ pointer, value, origin, node, mapping, rules, roles, lost }: Pick<FieldExplanation, 'node' | 'mapping' | 'rules' | 'roles'> & { pointer: string, value: unknown, origin: Origin | undefined, lost: readonly Contender[] }): string[] {
  const told = ({ system, message, at, sourceTime }: Pick<Origin, 'system' | 'message' | 'at' | 'sourceTime'>): string =>
    `${system} at ${sourceTime ?? at}${message === null ? '' : `, in message ${message}`}`
  const name = pointer.slice(1).replaceAll('/', '.')
  return [
    origin === undefined ? `${name}: no value stands.` : value === undefined ? `${name}: no value stands since ${told(origin)}.` : `${name} is ${shorten(value)}: as said by ${told(origin)}.`,
    ...mapping === null ? [] : [`Mapped by ${mapping}${rules.length === 0 ? '' : `: ${rules.join('; ')}`}.`],
    ...node === null ? [] : [`Saved by ${node}.`],
    ...roles.map(row => `Role table, as it is now: ${row}.`),
    ...lost.map(one => `Not applied: ${one.value === null ? 'to remove it' : shorten(one.value)}, said by ${told(one)}: ${reasons[one.why](one.master)}.`),
  ]
}

function shorten(value: unknown): string {
  const text = JSON.stringify(value) ?? ''
  return text.length > 80 ? `${text.slice(0, 77)}...` : text
}
