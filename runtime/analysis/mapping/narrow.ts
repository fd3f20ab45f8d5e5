/** What a condition says of the values that a rule it belongs to can meet. */
import type { Rule } from '../../mapping/format.ts'
import { isRecord } from '../../model/validation.ts'
import { Shape, typeOfValue } from '../schema/shape.ts'

/**
 * The shape of what a rule reads, of the values that its own condition and the rules before it for the same target leave. Only tests of the
 * path itself against constants count.
 */
export function narrowedBy(shape: Shape, { from, when }: Rule, before: readonly Rule[]): Shape {
  if (from === undefined || !shape.values) return shape
  const left = before.reduce<readonly unknown[]>((values, { when: taken }) => {
    const is = onlyIs(taken, from)
    return is === undefined ? values : values.filter(value => !is.includes(String(value)))
  }, where(shape.values, from, when))
  return left.length === shape.values.length || left.length === 0 ? shape : new Shape({ types: new Set(left.map(typeOfValue)), values: left, traits: shape.traits, places: [] })
}

function where(values: readonly unknown[], path: string, condition: unknown): readonly unknown[] {
  if (!isRecord(condition)) return values
  const { all, path: tested, steps, is, not } = condition
  if (Array.isArray(all)) return all.reduce<readonly unknown[]>((rest, part: unknown) => where(rest, path, part), values)
  if (tested !== path || steps !== undefined) return values
  return values.filter(value => (is === undefined || textsOf(is).includes(String(value))) && (not === undefined || !textsOf(not).includes(String(value))))
}

/** The values of a condition that asks for nothing else than whether the path has one of them. */
function onlyIs(condition: unknown, path: string): string[] | undefined {
  if (!isRecord(condition) || condition['path'] !== path || condition['is'] === undefined || Object.keys(condition).length > 2) return undefined
  return textsOf(condition['is'])
}

const textsOf = (expected: unknown): string[] => [expected].flat().map(String)
