/** The kinds with tables of their own. */
import type { TypedKind } from './definition.ts'
import { price } from './price.ts'
import { stock } from './stock.ts'

/** In the order in which their rows are locked. */
export const typedKinds: readonly TypedKind[] = [price, stock]

const byName = new Map(typedKinds.map(typed => [typed.kind, typed]))

export function typedKind(kind: string): TypedKind | undefined {
  return byName.get(kind)
}
