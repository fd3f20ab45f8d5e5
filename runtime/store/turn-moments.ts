/** When a record is to be looked at again. Pure. */
import type { Draft } from './save-step.ts'
import type { KindRules } from './types.ts'

/** The next moment, ISO 8601, at which a subscription may begin or cease to want the record; null where there is none. */
export function nextTurn({ momentsOf }: Pick<KindRules, 'momentsOf'>, { document, deletedAt }: Pick<Draft, 'document' | 'deletedAt'>, at: string): string | null {
  if (!momentsOf || !document || deletedAt !== null) return null
  const now = Date.parse(at)
  const coming = momentsOf(document).map(moment => Date.parse(moment)).filter(moment => moment > now)
  return coming.length === 0 ? null : new Date(Math.min(...coming)).toISOString()
}
