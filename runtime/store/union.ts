/** Lists to which several systems contribute: what each of them gave stays, and each takes away its own only. Pure. */
import { createHash } from 'node:crypto'
import { sameJson } from './json.ts'
import { originOf, type Provenance } from './provenance.ts'
import type { FieldRule, Origin } from './types.ts'

export interface Union {
  standing: readonly unknown[]
  given: readonly unknown[]
  /** Of the list. Elements are told apart by a step of their own, made of what they are, so that no personal data stands in it. */
  pointer: string
  provenance: Provenance
  origin: Origin
  rule: FieldRule
}

export interface United {
  list: unknown[]
  /** By pointer, of every element of the list. */
  origins: Map<string, Origin>
  /** Elements that a higher-ranked system says otherwise. */
  outranked: { pointer: string, master: string, value: unknown }[]
}

interface Element { pointer: string, value: unknown, origin: Origin, rank: number }

/** The list after a system gave its part. An element that two gave is the higher-ranked one's, among equals the newest. */
export function unite({ standing, given, pointer, provenance, origin, rule }: Union): United {
  const rankOf = (system: string): number => {
    const rank = rule.rankOf(system)
    return rank < 0 ? Infinity : rank
  }
  const own = rankOf(origin.system)
  const elements = new Map<string, Element>()
  const outranked: United['outranked'] = []
  const said = new Set(given.map(value => elementPointer(pointer, value)))
  for (const value of standing) {
    const at = elementPointer(pointer, value)
    const from = originOf(provenance, at)
    // Its own that it no longer names is gone.
    if (from?.system === origin.system && !said.has(at)) continue
    elements.set(at, { pointer: at, value, origin: from ?? origin, rank: from ? rankOf(from.system) : Infinity })
  }
  for (const value of given) {
    const at = elementPointer(pointer, value)
    const present = elements.get(at)
    if (present && sameJson(present.value, value)) continue
    if (present && present.rank < own) outranked.push({ pointer: at, master: present.origin.system, value })
    else elements.set(at, { pointer: at, value, origin, rank: own })
  }
  const list = withOnePrimary([...elements.values()], origin)
  return { list: list.map(({ value }) => value), origins: new Map(list.map(element => [element.pointer, element.origin])), outranked }
}

/** At most one is the first to use, of each purpose where there are purposes: the highest-ranked one's, among equals that of this write. */
function withOnePrimary(elements: readonly Element[], origin: Origin): Element[] {
  const primaries = elements.filter(({ value }) => isObject(value) && value['primary'] === true)
    .sort((one, other) => one.rank - other.rank || Number(other.origin === origin) - Number(one.origin === origin))
  const taken = new Set<unknown>()
  const lost = new Set<Element>()
  for (const element of primaries) {
    const purposes = isObject(element.value) && Array.isArray(element.value['purpose']) ? element.value['purpose'] as unknown[] : ['']
    if (purposes.some(purpose => taken.has(purpose))) lost.add(element)
    else for (const purpose of purposes) taken.add(purpose)
  }
  return elements.map(element => {
    if (!lost.has(element) || !isObject(element.value)) return element
    const { primary: _, ...value } = element.value
    return { ...element, value }
  })
}

/** What tells an element from others is left out of what it is: marks, and ids that every system gives in its own way. */
const marks = new Set(['id', 'primary', 'verified', 'purpose'])

function elementPointer(pointer: string, value: unknown): string {
  return `${pointer}/${createHash('sha256').update(identityOf(value)).digest('hex').slice(0, 12)}`
}

/** E-mails and phones are their value, addresses and contacts what is written in them, codes and links themselves; case and blanks do not count. */
function identityOf(element: unknown): string {
  if (!isObject(element)) return plain(JSON.stringify(element) ?? '')
  if (typeof element['value'] === 'string') return plain(element['value'])
  const telling = Object.keys(element).filter(name => !marks.has(name)).sort()
  return plain(JSON.stringify((telling.length > 0 ? telling : Object.keys(element).sort()).map(name => [name, element[name]])))
}

const plain = (text: string): string => text.normalize('NFC').toLowerCase().replaceAll(/\s+/g, ' ').trim()
const isObject = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null && !Array.isArray(value)
