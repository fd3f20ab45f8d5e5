/** What is known of a message at one place of a flow: for properties, the types they can have. */

/** Stands for a type that is not known. */
export const unknown = '?'

/** Types by message property (`payload`, `payload.order`); a property that is not among them is not known. A list of a type ends in `[]`. */
export type State = ReadonlyMap<string, ReadonlySet<string>>

export const nothingKnown: State = new Map()

/** Alternatives beyond this are not told apart. */
const most = 8

/** The types a property can have. */
export function typesAt(state: State, property: string): ReadonlySet<string> {
  return state.get(property) ?? only(unknown)
}

const singles = new Map<string, ReadonlySet<string>>()

function only(type: string): ReadonlySet<string> {
  const known = singles.get(type) ?? new Set([type])
  singles.set(type, known)
  return known
}

/** After a property was written; what it is a part of is not what it was. */
export function written(state: State, property: string, types: ReadonlySet<string> | string): State {
  const next = new Map([...state].filter(([name]) => name !== property && !name.startsWith(`${property}.`) && !property.startsWith(`${name}.`)))
  const set = typeof types === 'string' ? only(types) : types
  if (!(set.size === 1 && set.has(unknown))) next.set(property, set)
  return next
}

/** A message that is one of these. */
export function merged(states: readonly State[]): State {
  const [first, ...others] = states
  if (first === undefined || others.length === 0) return first ?? nothingKnown
  const names = new Set(states.flatMap(state => [...state.keys()]))
  const next = new Map<string, ReadonlySet<string>>()
  for (const name of names) {
    const all = new Set(states.flatMap(state => [...typesAt(state, name)]))
    if (all.size <= most && !(all.size === 1 && all.has(unknown))) next.set(name, all)
  }
  return next
}

/** Where which of several types a message has may have been asked: only what is certain is kept. */
export function certain(state: State): State {
  return [...state.values()].every(types => types.size === 1) ? state : new Map([...state].filter(([, types]) => types.size === 1))
}

export function sameState(one: State, other: State): boolean {
  if (one === other) return true
  return one.size === other.size && [...one].every(([name, types]) => { const set = other.get(name); return set !== undefined && set.size === types.size && [...types].every(type => set.has(type)) })
}
