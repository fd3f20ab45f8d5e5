/**
 * What nodes of Node-RED's own palette do with the types of a message. Read in `@node-red/nodes/core` of Node-RED 5.0; of a node that is not
 * here nothing is known behind it.
 */
import { isObject } from '../../project/json.ts'
import type { FlowNode } from '../../project/types.ts'
import { textType } from '../types.ts'
import { propertyName } from './ports.ts'
import { certain, nothingKnown, typesAt, unknown, written, type State } from './state.ts'

type Transfer = (state: State, node: FlowNode) => State

const same: Transfer = state => state

/** Converts a property in place, to what only the data tells. */
const converts: Transfer = (state, node) => written(state, textOf(node['property'], 'payload'), unknown)

const transfers: Readonly<Record<string, Transfer>> = {
  'junction': same, 'link in': same, 'link out': same, 'debug': same, 'delay': same, 'rbe': same, 'sort': same, 'comment': same, 'complete': same, 'catch': same,
  'switch': state => certain(state),
  'change': change, 'template': template, 'split': split, 'join': join,
  'json': converts, 'xml': converts, 'yaml': converts, 'html': converts, 'csv': state => written(state, 'payload', unknown),
  'range': converts,
}

/** What a core node makes of a message, the same for all of its outputs. */
export const afterCoreNode = (state: State, node: FlowNode): State => Object.hasOwn(transfers, node.type) ? transfers[node.type]?.(state, node) ?? nothingKnown : nothingKnown

const textOf = (value: unknown, otherwise: string): string => propertyName(typeof value === 'string' && value !== '' ? value : otherwise)

/** Properties that a core node leaves as they are or not: null where it may change anything. */
export function touchedBy(node: FlowNode): readonly string[] | null {
  switch (node.type) {
    case 'junction': case 'link in': case 'link out': case 'debug': case 'delay': case 'rbe': case 'sort': case 'switch': return []
    case 'change': return rulesOf(node).flatMap(rule => rule['pt'] === 'msg' ? [textOf(rule['p'], ''), ...rule['t'] === 'move' && rule['tot'] === 'msg' ? [textOf(rule['to'], '')] : []] : [])
    case 'template': return (node['fieldType'] ?? 'msg') === 'msg' ? [textOf(node['field'], 'payload')] : []
    case 'json': case 'xml': case 'yaml': case 'html': case 'range': case 'split': return [textOf(node['property'], 'payload')]
    case 'csv': case 'join': return ['payload']
    default: return null
  }
}

const rulesOf = ({ rules }: FlowNode): Record<string, unknown>[] => Array.isArray(rules) ? rules.filter(isObject) : []

function change(state: State, node: FlowNode): State {
  return rulesOf(node).reduce<State>((before, { t, p, pt, to, tot }) => {
    if (pt !== 'msg') return before
    const property = textOf(p, 'payload')
    const other = textOf(to, '')
    if (t === 'set') return written(before, property, tot === 'msg' ? typesAt(before, other) : tot === 'str' ? textType : unknown)
    if (t === 'move' && tot === 'msg') return written(written(before, property, unknown), other, typesAt(before, property))
    return written(before, property, unknown)
  }, state)
}

function template(state: State, { field, fieldType = 'msg', output }: FlowNode): State {
  if (fieldType !== 'msg') return state
  return written(state, textOf(field, 'payload'), output === 'json' || output === 'yaml' ? unknown : textType)
}

/** Remembers that parts are elements of a list, so that `join` makes a list of them again. */
const parts = 'parts'
const ofList = 'list'

function split(state: State, node: FlowNode): State {
  const property = textOf(node['property'], 'payload')
  const types = [...typesAt(state, property)]
  const lists = types.every(type => type.endsWith('[]'))
  const next = written(state, property, lists ? new Set(types.map(type => type.slice(0, -2))) : unknown)
  return lists ? written(next, parts, ofList) : written(next, parts, unknown)
}

function join(state: State, { mode }: FlowNode): State {
  const types = [...typesAt(state, 'payload')]
  const lists = (mode === undefined || mode === 'auto') && typesAt(state, parts).has(ofList) && !types.includes(unknown)
  const after = lists ? written(nothingKnown, 'payload', new Set(types.map(type => `${type}[]`))) : nothingKnown
  return after
}
