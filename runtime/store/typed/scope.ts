/** Where a record holds alone: no two prices of one scope at the same time. Pure. */
import { isObject, sameJson } from '../json.ts'
import type { Draft } from '../save-step.ts'

const scope = ['variant', 'type', 'list', 'channel', 'store', 'customerGroup', 'customer', 'minimumQuantity', 'unit', 'validFrom', 'validTo']

/** Whether a written record may overlap another one now: nothing else is looked at. */
export function mayOverlap({ kind, document, deletedAt }: Draft, before: Draft | undefined): boolean {
  if (kind !== 'price' || deletedAt !== null) return false
  if (!before?.document || before.deletedAt !== null) return true
  const [stood, stands] = [before.document, document ?? {}]
  return scope.some(field => !sameJson(stood[field], stands[field])) || currencyOf(stood) !== currencyOf(stands)
}

const currencyOf = ({ value }: Readonly<Record<string, unknown>>): unknown => isObject(value) ? value['currency'] : undefined
