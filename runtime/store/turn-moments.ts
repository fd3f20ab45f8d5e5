/** When a record is to be looked at again. Pure. */
import { remembered } from '../remembered.ts'
import type { Draft } from './save-step.ts'
import type { KindRules } from './types.ts'

const timeOf = remembered(Date.parse)

/** The next moment, ISO 8601, at which a subscription may begin or cease to want the record; null where there is none. */
export function nextTurn({ momentsOf }: Pick<KindRules, 'momentsOf'>, { document, deletedAt }: Pick<Draft, 'document' | 'deletedAt'>, at: string): string | null {
  if (!momentsOf || !document || deletedAt !== null) return null
  const now = timeOf(at)
  let next = Infinity
  for (const moment of momentsOf(document)) {
    const time = timeOf(moment)
    if (time > now && time < next) next = time
  }
  return next === Infinity ? null : new Date(next).toISOString()
}
