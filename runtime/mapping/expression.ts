/** JSONata, for what rules and steps cannot say. Pure: no clock, no chance, no code made at run time. */
import jsonata from 'jsonata'
import { isRecord } from './values.ts'

/** JSONata functions that would make a mapping give different results for the same input. */
const impure = new Set(['now', 'millis', 'random', 'shuffle', 'eval'])

export type Evaluate = (input: unknown, bindings: Record<string, unknown>) => Promise<unknown>

/**
 * Compiles an expression.
 * @throws Error with a sentence that names the character
 */
export function compileExpression(text: string): Evaluate {
  const expression = parse(text)
  refuseImpure(expression.ast())
  return (input, bindings) => expression.evaluate(input, bindings)
}

function parse(text: string): jsonata.Expression {
  // Limits for an expression that never ends; a mapping's own never come near them.
  const limits = { timeout: 5000, stack: 500, sequence: 1_000_000 }
  try { return jsonata(text, limits) } catch (thrown) {
    const position = isRecord(thrown) && typeof thrown.position === 'number' ? ` at character ${thrown.position}` : ''
    throw new Error(`the expression cannot be read${position}: ${reason(thrown)}`, { cause: thrown })
  }
}

/** What JSONata says of an error; it throws plain objects. */
export function reason(thrown: unknown): string {
  return isRecord(thrown) && typeof thrown.message === 'string' ? thrown.message : String(thrown)
}

function refuseImpure(node: unknown): void {
  if (Array.isArray(node)) return node.forEach(refuseImpure)
  if (!isRecord(node)) return
  if (node.type === 'variable' && typeof node.value === 'string' && impure.has(node.value)) throw new Error(`the expression uses $${node.value}; a mapping gives the same result for the same input, so take such facts from $context`)
  Object.values(node).forEach(refuseImpure)
}
