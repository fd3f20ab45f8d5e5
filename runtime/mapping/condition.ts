/** Conditions as closures. */
import { isRecord, sameValue, toDecimal, toText } from './values.ts'
import type { Read, State } from './read.ts'

export type Test = (state: State) => boolean

const tests: Readonly<Record<string, (expected: unknown) => (found: unknown) => boolean>> = {
  is: expected => found => (Array.isArray(expected) ? expected : [expected]).some(one => anyOf(found, value => sameValue(value, one))),
  not: expected => found => !(Array.isArray(expected) ? expected : [expected]).some(one => anyOf(found, value => sameValue(value, one))),
  exists: expected => found => (found !== undefined && found !== '' && !(Array.isArray(found) && found.length === 0)) === (expected !== false),
  above: expected => compared(expected, order => order > 0),
  atLeast: expected => compared(expected, order => order >= 0),
  below: expected => compared(expected, order => order < 0),
  atMost: expected => compared(expected, order => order <= 0),
  contains: expected => found => anyOf(found, value => value !== undefined && toText(value).includes(toText(expected))),
}

const anyOf = (found: unknown, test: (value: unknown) => boolean) => Array.isArray(found) ? found.some(test) : test(found)

function compared(expected: unknown, holds: (order: number) => boolean): (found: unknown) => boolean {
  const limit = toDecimal(expected)
  return found => anyOf(found, value => value !== undefined && holds(toDecimal(value).cmp(limit)))
}

/**
 * Compiles a condition. `read` compiles its paths with their steps.
 * @throws Error with a sentence where the condition has the wrong form
 */
export function compileCondition(condition: unknown, read: (operand: { path: string, steps?: unknown }) => Read): Test {
  if (!isRecord(condition)) throw new Error('a condition is an object such as { "path": "status", "is": "paid" }')
  for (const [name, combine] of Object.entries(combinations)) {
    if (!(name in condition)) continue
    const parts: unknown = condition[name]
    if (!Array.isArray(parts) || Object.keys(condition).length > 1) throw new Error(`a condition with ${name} has a list of conditions and nothing else`)
    return combine(parts.map(part => compileCondition(part, read)))
  }
  const { path, steps, ...rest } = condition
  if (typeof path !== 'string') throw new Error('a condition needs a path, or all, any or none')
  const checks = Object.entries(rest).map(([name, expected]) => {
    const make = Object.hasOwn(tests, name) ? tests[name] : undefined
    if (!make) throw new Error(`a condition has no test "${name}"; it has ${Object.keys(tests).join(', ')}`)
    return make(expected)
  })
  const [first, ...others] = checks
  if (!first) throw new Error(`a condition needs one of ${Object.keys(tests).join(', ')}`)
  const value = read({ path, ...(steps !== undefined && { steps }) })
  if (others.length === 0) return state => first(value(state))
  return state => { const found = value(state); return checks.every(check => check(found)) }
}

const combinations: Readonly<Record<string, (parts: Test[]) => Test>> = {
  all: parts => state => parts.every(part => part(state)),
  any: parts => state => parts.some(part => part(state)),
  none: parts => state => !parts.some(part => part(state)),
}
