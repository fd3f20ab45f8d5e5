/** What a value means beyond its form: net or gross, minor or major units, a moment or a day, which kind of code. */
import { isRecord, type JsonSchema } from '../../model/validation.ts'
import { valueType } from '../../model/values.ts'

/** Of what is not known nothing is said. */
export interface Traits {
  /** Name of a value type of the model: `Instant`, `BusinessDate`, `Sku`, `Gtin`, `Currency`. */
  readonly meaning?: string
  readonly tax?: 'net' | 'gross' | 'tax'
  /** Øre and cents, or kroner and euro. */
  readonly unit?: 'minor' | 'major'
}

/** Words a schema of a project or connector may say with the keyword `means`, one or a list of them. */
const words: Readonly<Record<string, Traits>> = {
  net: { tax: 'net' }, gross: { tax: 'gross' }, tax: { tax: 'tax' }, minor: { unit: 'minor' }, major: { unit: 'major' },
  instant: { meaning: 'Instant' }, date: { meaning: 'BusinessDate' }, sku: { meaning: 'Sku' }, gtin: { meaning: 'Gtin' },
}

const formats: Readonly<Record<string, string>> = { 'date': 'BusinessDate', 'date-time': 'DateTime', 'email': 'Email' }

/** Value types that say more than their name. */
const named: Readonly<Record<string, Traits>> = {
  NetMoney: { tax: 'net' }, GrossMoney: { tax: 'gross' }, TaxMoney: { tax: 'tax' }, Amount: { unit: 'major' },
}

/** What a schema says of its value: by `means`, by the value type it refers to or is, by its format. */
export function traitsOf({ $ref, title, format, means }: JsonSchema): Traits {
  const name = [typeof $ref === 'string' ? /^#\/\$defs\/(\w+)$/.exec($ref)?.[1] : undefined, title].find(one => typeof one === 'string' && valueType(one) !== undefined)
  const formatted = typeof format === 'string' ? formats[format] : undefined
  const said = [means].flat().flatMap(word => typeof word === 'string' && Object.hasOwn(words, word) ? [words[word] ?? {}] : [])
  return [...formatted === undefined ? [] : [{ meaning: formatted }], ...typeof name === 'string' ? [{ meaning: name }, named[name] ?? {}] : [], ...said].reduce<Traits>(withTraits, {})
}

/** Both together; what `more` says counts. */
export const withTraits = (traits: Traits, more: Traits): Traits => traits === none ? more : { ...traits, ...more }

const none: Traits = {}

/** What all of them say. */
export function commonTraits(several: readonly Traits[]): Traits {
  const [first = none, ...others] = several
  if (others.length === 0) return first
  const keep = <K extends keyof Traits>(key: K): boolean => first[key] !== undefined && others.every(other => other[key] === first[key])
  return { ...keep('meaning') && { meaning: first.meaning }, ...keep('tax') && { tax: first.tax }, ...keep('unit') && { unit: first.unit } }
}

/** What a field says of itself, and, of an amount, what the money it is a part of says. */
export function inherited(field: Traits, holder: Traits): Traits {
  return field.meaning === 'Amount' && holder.tax !== undefined ? { ...field, tax: holder.tax } : field
}

/** A published value type of the model as a schema by itself. */
export function valueSchema(name: string): JsonSchema {
  const schema: unknown = valueType(name)
  return isRecord(schema) ? schema : {}
}
