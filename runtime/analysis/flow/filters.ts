/** Filters of subscriptions against the schema of their kind. */
import { isObject } from '../../project/json.ts'
import type { FlowNode } from '../../project/types.ts'
import { nearest, type JsonSchema } from '../../model/validation.ts'
import type { NodeFinding } from '../finding.ts'
import { shapeOf, type Shape } from '../schema/shape.ts'

type Problem = Pick<NodeFinding, 'code' | 'field' | 'detail' | 'value'>

/** @param schema of the document that is filtered, without references and number */
export function checkFilter(node: FlowNode, schema: JsonSchema): Problem[] {
  const { filter } = node
  const rules: unknown[] = isObject(filter) && Array.isArray(filter['rules']) ? filter['rules'] : []
  return rules.flatMap((rule, index) => isObject(rule) && typeof rule['path'] === 'string' ? checkRule(rule, rule['path'], { at: `filter.rules[${index}]`, schema, kind: String(node['kind']) }) : [])
}

function checkRule({ operator, value }: Record<string, unknown>, path: string, { at, schema, kind }: { at: string, schema: JsonSchema, kind: string }): Problem[] {
  let shape: Shape = shapeOf(schema)
  for (const segment of path.split('.')) {
    const name = segment.replace(/\[\]$/, '')
    const field = shape.field(name)
    const fault = (says: string): Problem[] => [{ code: 'filter.path', field: `${at}.path`, detail: `${path} of ${kind}: ${says}`, value: path }]
    if (field.found === 'open') return []
    if (field.found === 'list') return fault('what is before it is a list; write [] after its name')
    if (field.found === 'plain') return fault(`what is before ${name} has no fields`)
    if (field.found === 'no') {
      const near = nearest(name, field.known)
      return fault(`there is no field ${name}${near === undefined ? '' : `; did you mean ${near}?`}`)
    }
    const element = segment.endsWith('[]') ? field.shape.element() : field.shape
    if (element === undefined || (segment.endsWith('[]') && !field.shape.isOnly('array'))) return fault(`${name} is no list, so [] finds nothing; leave it out`)
    shape = element
  }
  const found = shape.isOnly('array') ? shape.element() ?? shape : shape
  if (!found.values || (operator !== 'equals' && operator !== 'one of')) return []
  const { values } = found
  if ([value].flat().some(one => values.some(known => String(known) === String(one)))) return []
  return [{ code: 'filter.never', field: `${at}.value`, detail: `${path} of ${kind} is never ${[value].flat().map(one => JSON.stringify(one)).join(' or ')}; it is one of ${values.map(one => JSON.stringify(one)).join(', ')}`, value }]
}
