/** What becomes of the lines of a portion: which say nothing new, which can be added as they are, and which take the ordinary way. Pure. */
import type { BulkStanding } from '../store/bulk-types.ts'
import type { Told } from './lines.ts'

/** `same`: nothing is to be done. `add`: nobody knows the record. `save`: by the ordinary way, which knows all rules. */
export type Way = 'same' | 'add' | 'save'

export interface PortionLine {
  /** Null where more than one reference, or none, tells what it is about. */
  told: Told | null
  /** The system's own ids in it. */
  present: readonly string[]
}

/** Ids that lines are about more than once, or one before is about that is not stored yet. */
export function doubtful(ids: readonly string[], unsettled: ReadonlySet<string>): Set<string> {
  const seen = new Set<string>()
  const found = new Set<string>()
  for (const id of ids) {
    if (seen.has(id) || unsettled.has(id)) found.add(id)
    seen.add(id)
  }
  return found
}

/**
 * The way of each line. Whatever is in doubt is saved: what is about a record that another line of this portion, or one before that is not stored
 * yet, is about as well, so that the last of them counts as it does in the file.
 *
 * @param standing of the lines that are told, in their order
 * @param unsettled ids of lines before that are being stored
 */
export function waysOf(lines: readonly PortionLine[], standing: readonly BulkStanding[], unsettled: ReadonlySet<string>): Way[] {
  const inDoubt = doubtful(lines.flatMap(({ present }) => present), unsettled)
  let place = 0
  return lines.map(({ told }) => {
    if (told === null) return 'save'
    const known = standing[place++]
    if (inDoubt.has(told.id)) return 'save'
    return known === 'same' ? 'same' : known === 'new' ? 'add' : 'save'
  })
}
