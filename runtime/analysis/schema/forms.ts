/** Shapes of what steps take and give. */
import type { Given } from '../../mapping/step.ts'
import type { JsonSchema } from '../../model/validation.ts'
import { anything, shapeOf, type Shape } from './shape.ts'
import { valueSchema } from './traits.ts'

type Form = Exclude<Given, 'same' | 'element' | 'field' | 'codes'>

const money = valueSchema('Money')
const schemas: Readonly<Record<Exclude<Form, 'any'>, JsonSchema>> = {
  text: { type: 'string' }, number: { type: 'number' }, integer: { type: 'integer' }, boolean: { type: 'boolean' },
  minor: { type: 'integer', means: 'minor' }, decimal: valueSchema('Decimal'), list: { type: 'array', items: { type: 'string' } },
  money, quantity: valueSchema('Quantity'),
  totals: { type: 'object', required: ['net', 'tax', 'gross'], properties: { net: valueSchema('NetMoney'), tax: valueSchema('TaxMoney'), gross: valueSchema('GrossMoney') }, additionalProperties: false },
  instant: valueSchema('Instant'), date: valueSchema('BusinessDate'), phone: valueSchema('Phone'), email: valueSchema('Email'), country: valueSchema('Country'), gtin: valueSchema('Gtin'), unit: valueSchema('Unit'),
}

/** The shape of a form. */
export function shapeOfType(form: Form): Shape { return form === 'any' ? anything : shapeOf(schemas[form]) }
