import type { Fix } from '../../runtime/analysis/index.ts'

/** The flows after a fix, as an editor applies it. */
export function applyFix(flows: readonly unknown[], { node, pointer, value }: Fix): unknown[] {
  const copy = structuredClone(flows) as Record<string, unknown>[]
  const steps = pointer.split('/').slice(1)
  const last = steps.pop() ?? ''
  let at = copy.find(({ id }) => id === node) as Record<string, unknown>
  for (const step of steps) at = at[step] as Record<string, unknown>
  at[last] = value
  return copy
}
