/** A row of the role table while it is edited, and the moves of its masters. Pure. */
import type { RoleRow } from '../../../runtime/project/types.ts'

export type MergeRule = 'rank' | 'newest' | 'union'

export interface RoleDraft {
  kind: string
  field: string
  scope: { name: string, value: string }[]
  /** Ranks, the highest first; systems of equal rank together. No rank is empty. */
  ranks: string[][]
  /** Null: all, or as the row above says. */
  readers: string[] | null
  merge: MergeRule
}

const merges: readonly MergeRule[] = ['rank', 'newest', 'union']
const isRecord = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null && !Array.isArray(value)
const textsOf = (value: unknown): string[] => Array.isArray(value) ? value.map(String) : []

export const emptyDraft = (kind = ''): RoleDraft => ({ kind, field: '', scope: [], ranks: [], readers: null, merge: 'rank' })

/** A stored row as it is edited. */
export function toDraft(row: unknown): RoleDraft {
  const { kind, field, scope, masters, readers, merge } = isRecord(row) ? row : {}
  return {
    kind: String(kind ?? ''), field: String(field ?? ''),
    scope: Object.entries(isRecord(scope) ? scope : {}).map(([name, value]) => ({ name, value: String(value) })),
    ranks: (Array.isArray(masters) ? masters : []).map((entry: unknown) => Array.isArray(entry) ? entry.map(String) : [String(entry)]).filter((rank) => rank.length > 0),
    readers: readers === undefined ? null : textsOf(readers),
    merge: merges.find((known) => known === merge) ?? 'rank',
  }
}

/** The row to be stored. Masters are left out where the row is only about readers. */
export function fromDraft({ kind, field, scope, ranks, readers, merge }: RoleDraft): RoleRow {
  return {
    kind,
    ...(field.trim() !== '' && { field: field.trim() }),
    ...(scope.length > 0 && { scope: Object.fromEntries(scope.map(({ name, value }) => [name, value.trim()])) }),
    ...((ranks.length > 0 || readers === null) && { masters: ranks.map((rank) => rank.length === 1 ? rank[0] ?? '' : [...rank]) }),
    ...(readers && { readers: [...readers] }),
    ...(merge !== 'rank' && { merge }),
  }
}

/** Where a system may be put: at a rank of its own before the rank with this index, or beside those of it. */
export interface RankPlace { rank: number, beside: boolean }

/** The ranks with a system at this place, and nowhere else. The place is counted in the ranks as they are. */
export function placeMaster(ranks: readonly (readonly string[])[], system: string, { rank, beside }: RankPlace): string[][] {
  const placed = ranks.map((systems, index) => {
    const others = systems.filter((other) => other !== system)
    return beside && index === rank ? [...others, system] : others
  })
  if (!beside) placed.splice(rank, 0, [system])
  return placed.filter((systems) => systems.length > 0)
}

/**
 * The ranks with a system one step higher (-1) or lower (1). Where equal ranks are allowed, a step leads from a rank of its own to that of the
 * next systems, and from there to one of its own behind them.
 */
export function moveMaster(ranks: readonly (readonly string[])[], system: string, { by, equal }: { by: -1 | 1, equal: boolean }): string[][] {
  const at = ranks.findIndex((systems) => systems.includes(system))
  const isAlone = ranks[at]?.length === 1
  const next = at + by
  const stays = ranks.map((systems) => [...systems])
  if (at < 0 || (isAlone && (next < 0 || next >= ranks.length))) return stays
  if (!isAlone) return placeMaster(ranks, system, { rank: by < 0 ? at : at + 1, beside: false })
  return equal ? placeMaster(ranks, system, { rank: next, beside: true }) : placeMaster(ranks, system, { rank: by < 0 ? next : next + 1, beside: false })
}

export const removeMaster = (ranks: readonly (readonly string[])[], system: string): string[][] => ranks.map((systems) => systems.filter((other) => other !== system)).filter((systems) => systems.length > 0)
