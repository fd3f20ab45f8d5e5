/** Match keys in a save plan: who has which, and what is to be written. Pure. */
import type { Draft } from './save-step.ts'
import type { EntityWrite, KindRules, MatchKey } from './types.ts'

export interface KindKey { kind: string, rule: string, value: string }

/** A row of `match_key`. `alone`: whether nobody else had the key when it was looked up; null where it was not. */
export interface PlannedKey extends KindKey { recordId: string, alone: boolean | null }

export interface KeyChanges { added: PlannedKey[], removed: (KindKey & { recordId: string })[] }

/** One text per key, usable as the key of a map. */
export function keyText({ kind, rule, value }: KindKey): string {
  return JSON.stringify([kind, rule, value])
}

/** The keys to look up for these writes; none for kinds without rules. A removal is of what its references say. */
export function keysOfWrites(writes: readonly EntityWrite[], kinds: ReadonlyMap<string, KindRules>): KindKey[] {
  const keys = writes.flatMap(({ kind, operation, document, number }) =>
    operation === 'remove' ? [] : kinds.get(kind)?.match?.keys(document, number).map(({ rule, value }) => ({ kind, rule, value })) ?? [])
  return [...new Map(keys.map(key => [keyText(key), key])).values()]
}

/** The keys of a record: none before it is known, and none once it is deleted, so that nobody new becomes what somebody deleted. */
export function keysOfDraft({ kind, version, deletedAt, document, number }: Draft, kinds: ReadonlyMap<string, KindRules>): MatchKey[] {
  return version === 0 || deletedAt !== null || document === null ? [] : kinds.get(kind)?.match?.keys(document, number) ?? []
}

/**
 * What becomes of the keys of changed records.
 * @param looked holders in the store of the keys that were looked up
 */
export function keyChanges({ changed, before, kinds, looked }: {
  changed: readonly Draft[], before(recordId: string): Draft | undefined, kinds: ReadonlyMap<string, KindRules>, looked: ReadonlyMap<string, readonly string[]>
}): KeyChanges {
  const changes: KeyChanges = { added: [], removed: [] }
  const taken = new Set<string>()
  for (const draft of changed) {
    if (!kinds.get(draft.kind)?.match) continue
    const stored = before(draft.id)
    const had = byText(draft, stored ? keysOfDraft(stored, kinds) : [])
    const has = byText(draft, keysOfDraft(draft, kinds))
    for (const [text, key] of had) if (!has.has(text)) changes.removed.push(key)
    for (const [text, key] of has) {
      if (had.has(text)) continue
      const others = looked.get(text)?.some(id => id !== draft.id)
      changes.added.push({ ...key, alone: others === true || taken.has(text) ? false : others === undefined ? null : true })
      taken.add(text)
    }
  }
  return changes
}

function byText({ id: recordId, kind }: Draft, keys: readonly MatchKey[]): Map<string, KindKey & { recordId: string }> {
  return new Map(keys.map(({ rule, value }) => [keyText({ kind, rule, value }), { kind, rule, value, recordId }]))
}
