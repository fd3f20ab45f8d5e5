/** Which record a write is about that no reference tells: by match keys, and only where nothing speaks against it. Pure. */
import type { Draft } from './save-step.ts'
import type { EntityWrite, KindRules, MatchKey, Reference } from './types.ts'

/** Why a person has to look: records that may be of the same thing. */
export interface Doubt {
  records: string[]
  /** Names of the match rules. */
  rules: string[]
  /** One sentence. It names no values: they stand in the records. */
  reason: string
}

export interface Recognised { record: Draft | null, doubt: Doubt | null }

const nobody: Recognised = { record: null, doubt: null }

/**
 * One record is recognised where every key that exactly one record has points to it, and nothing contradicts. A sure key that points
 * elsewhere, a key that only others share, or a contradiction is a doubt, never a silent merge.
 *
 * @param holdersOf living records that have the key
 */
export function recognise(write: Pick<EntityWrite, 'refs' | 'document' | 'number'>, { fact, match }: KindRules, holdersOf: (key: MatchKey) => readonly Draft[]): Recognised {
  const held = (match?.keys(write.document, write.number) ?? []).map(key => ({ key, holders: holdersOf(key) })).filter(({ holders }) => holders.length > 0)
  const candidates = [...new Set(held.flatMap(({ holders }) => holders))]
  if (candidates.length === 0) return nobody
  const rulesOf = (candidate: Draft): string[] => [...new Set(held.flatMap(({ key, holders }) => holders.includes(candidate) ? key.rule : []))]
  // A fact says the same or something else, which is seen when it is saved; it cannot be of somebody else.
  const against = new Map(candidates.map(candidate => [candidate, fact ? null : otherId(candidate.refs, write) ?? match?.contradiction(candidate.document ?? {}, write.document, rulesOf(candidate)) ?? null]))
  const doubt = (reason: string): Recognised => ({ record: null, doubt: { records: candidates.map(({ id }) => id), rules: [...new Set(held.map(({ key }) => key.rule))], reason } })

  const shared = held.find(({ key, holders }) => key.sure && holders.length > 1)
  if (shared) return doubt(`Several records have the same ${inWords(shared.key.rule)}.`)
  const alone = held.flatMap(({ key, holders: [holder, ...others] }) => holder === undefined || others.length > 0 ? [] : { sure: key.sure, holder })
  const sure = new Set(alone.flatMap(({ sure, holder }) => sure ? holder : []))
  // Somebody who is told apart, as one who shares the phone, is no rival.
  const likely = alone.filter(({ holder }) => against.get(holder) === null)
  const pointed = sure.size > 0 ? sure : new Set((likely.length > 0 ? likely : alone).map(({ holder }) => holder))
  const [pick, second] = pointed
  if (pick === undefined) return doubt(`Several records have the same ${held.map(({ key }) => inWords(key.rule)).join(' and ')}.`)
  if (second !== undefined) return doubt('Its values are those of different records.')
  const reason = against.get(pick) ?? null
  if (reason !== null) return doubt(`It has the same ${rulesOf(pick).map(inWords).join(' and ')} as another record, but the two have ${reason}.`)
  if (likely.some(({ holder }) => holder !== pick)) return doubt('Its values are those of different records.')
  return { record: pick, doubt: null }
}

/** A system that has both under ids of their own says that they are two. */
function otherId(refs: readonly Reference[], { refs: [own] }: Pick<EntityWrite, 'refs'>): string | null {
  return own && refs.some(({ system, kind, id }) => system === own.system && kind === own.kind && id !== own.id) ? `ids of their own in ${own.system}` : null
}

const inWords = (rule: string): string => rule.replaceAll('-', ' ')
