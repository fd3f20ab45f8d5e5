/** Whether a value of one shape may stand where another is expected. */
import { isRecord } from '../../model/validation.ts'
import type { Place } from './places.ts'
import { matches, typeOfValue, typesOf, type JsonType, type Shape } from './shape.ts'

/** Why it does not fit. `path` leads to the part at fault, empty for the whole. */
export interface Misfit {
  reason:
    /** None, or (`partly`) not all, of its JSON types are allowed. */
    | 'type' | 'partly'
    /** A value that is not among those allowed, or breaks a rule such as a pattern. */
    | 'value'
    /** Of another kind: a currency is no country. */
    | 'meaning'
    /** Net for gross, or the tax itself. */
    | 'tax'
    /** Øre for kroner. */
    | 'unit'
    /** A field that is required is never there. */
    | 'missing'
    /** A field that is not allowed. */
    | 'unknown'
  path: string
  /** What is said of it, after "it ...": `is a number, not a text`. */
  says: string
  source: Shape
  target: Shape
}

const deepest = 6

/** The first reason why not; undefined where it fits, or where too little is known to tell. */
export function misfitOf(source: Shape, target: Shape): Misfit | undefined { return compare(source, target, '', 0) }

function compare(source: Shape, target: Shape, path: string, depth: number): Misfit | undefined {
  if (source === target || source.types === undefined || target.types === undefined || depth > deepest || sharesPlaces(source, target)) return undefined
  const misfit = (reason: Misfit['reason'], says: string): Misfit => ({ reason, path, says, source, target })
  const given: JsonType[] = source.values?.length === 1 && source.values[0] === null ? ['null'] : [...source.types].filter(type => type !== 'null')
  const { types: wanted } = target
  const taken = given.filter(type => isTaken(type, wanted))
  if (given.length > 0 && taken.length === 0) return misfit('type', `is ${nameTypes(given)}, expected ${nameTypes([...wanted].filter(type => type !== 'null'))}`)
  if (taken.length < given.length) return misfit('partly', `may be ${nameTypes(given.filter(type => !taken.includes(type)))}, expected ${nameTypes([...wanted].filter(type => type !== 'null'))}`)
  return compareValues(source, target, misfit) ?? compareTraits(source, target, misfit)
    ?? (given.includes('object') ? compareObjects(source, target, path, depth) : undefined)
    ?? (given.includes('array') ? compareLists(source, target, path, depth) : undefined)
}

const isTaken = (type: JsonType, wanted: ReadonlySet<JsonType>): boolean => wanted.has(type) || (type === 'integer' && wanted.has('number')) || (type === 'number' && wanted.has('integer'))

/** The same schema says the same of both. */
const sharesPlaces = (source: Shape, target: Shape): boolean =>
  source.places.length > 0 && source.places.every(({ node, traits }) => target.places.some(other => other.node === node && other.traits.tax === traits.tax))

type Say = (reason: Misfit['reason'], says: string) => Misfit

function compareValues(source: Shape, target: Shape, misfit: Say): Misfit | undefined {
  const values = source.values?.filter(value => value !== null)
  if (!values) return undefined
  const wrong = values.filter(value => typeof value !== 'object' && !allowsValue(target, value))
  if (wrong.length === 0) return undefined
  const allowed = target.values?.filter(value => value !== null)
  return misfit('value', `${values.length > wrong.length ? 'may be' : 'is'} ${wrong.slice(0, 5).map(value => JSON.stringify(value)).join(', ')}, expected ${allowed ? `one of ${allowed.map(value => JSON.stringify(value)).join(', ')}` : wordsFor(target)}`)
}

/** Whether a plain value is one of those a shape allows, as far as its schema says. */
export const allowsValue = (target: Shape, value: unknown): boolean => target.places.length === 0
  ? target.values === undefined || target.values.includes(value)
  : target.places.some(place => allows(place, value))

function allows(place: Place, value: unknown): boolean {
  const { node } = place
  const types = typesOf(place)
  if (types.length > 0 && !isTaken(typeOfValue(value), new Set(types))) return false
  if ('const' in node && node['const'] !== value) return false
  if (Array.isArray(node['enum']) && !node['enum'].includes(value)) return false
  const bound = (keyword: string): number => typeof node[keyword] === 'number' ? node[keyword] : Number.NaN
  if (typeof value === 'string') return !(value.length < bound('minLength') || value.length > bound('maxLength')) && (typeof node['pattern'] !== 'string' || matches(node['pattern'], value)) && (node['format'] !== 'date' || /^\d{4}-\d{2}-\d{2}$/.test(value))
  if (typeof value === 'number') return !(value < bound('minimum') || value > bound('maximum'))
  return true
}

const wordsFor = (target: Shape): string => {
  const said = target.places.map(({ node }) => node['expects']).find(words => typeof words === 'string')
  return typeof said === 'string' ? said : 'a value its schema allows'
}

/** Texts of these kinds are written in forms that exclude each other. */
const forms: Readonly<Record<string, string>> = {
  Instant: 'a moment in UTC', DateTime: 'a moment with an offset', BusinessDate: 'a date', LocalTime: 'a time of day', TimeZone: 'a time zone', Currency: 'a currency code', Country: 'a country code',
  Phone: 'a phone number', Email: 'an e-mail address', Url: 'an address on the web', Decimal: 'a number', Amount: 'a number', Rate: 'a number', Unit: 'a unit code',
}

function compareTraits({ traits: is }: Shape, { traits: wants }: Shape, misfit: Say): Misfit | undefined {
  const [form, wanted] = [is.meaning === undefined ? undefined : forms[is.meaning], wants.meaning === undefined ? undefined : forms[wants.meaning]]
  // Whether a moment is written in UTC its schema does not say; in UTC it has an offset, too.
  if (is.meaning === 'DateTime' && wants.meaning === 'Instant') return misfit('partly', 'may be a moment with an offset, expected one in UTC')
  if (form !== undefined && wanted !== undefined && form !== wanted && !(is.meaning === 'Instant' && wants.meaning === 'DateTime')) return misfit('meaning', `is ${form}, expected ${wanted}`)
  if (is.meaning === 'Sku' && wants.meaning === 'Gtin') return misfit('meaning', 'is the retailer\'s own article number, expected a GTIN')
  if (is.tax !== undefined && wants.tax !== undefined && is.tax !== wants.tax) return misfit('tax', `is ${taxWords[is.tax]}, expected ${taxWords[wants.tax]}`)
  if (is.unit !== undefined && wants.unit !== undefined && is.unit !== wants.unit) return misfit('unit', `is in ${is.unit} units, expected ${wants.unit} units`)
  return undefined
}

const taxWords = { net: 'an amount without tax', gross: 'an amount with tax', tax: 'an amount of tax' }

function compareObjects(source: Shape, target: Shape, path: string, depth: number): Misfit | undefined {
  if (source.places.length === 0 || target.places.length === 0) return undefined
  const at = (name: string): string => path === '' ? name : `${path}.${name}`
  for (const name of target.required()) if (source.field(name).found === 'no') return { reason: 'missing', path: at(name), says: `lacks ${at(name)}`, source, target }
  const names = new Set(source.places.flatMap(({ node }) => isRecord(node['properties']) ? Object.keys(node['properties']) : []))
  if (names.size === 0 && hasOtherNames(source, target)) return { reason: 'unknown', path, says: 'has fields of other names', source, target }
  if (names.size === 0 && isClosed(target) && source.places.every(({ node }) => isRecord(node['additionalProperties']))) return { reason: 'partly', path, says: 'may have fields of any name, expected those known there', source, target }
  for (const name of names) {
    const [is, wants] = [source.field(name), target.field(name)]
    if (wants.found === 'no' && wants.closed) return { reason: 'unknown', path: at(name), says: `has the field ${at(name)}, which is not known there`, source, target }
    const inner = is.found === 'yes' && wants.found === 'yes' ? compare(is.shape, wants.shape, at(name), depth + 1) : undefined
    if (inner) return inner
  }
  return undefined
}

const isClosed = ({ places }: Shape): boolean => places.every(({ node }) => node['additionalProperties'] === false && node['patternProperties'] === undefined)

/** Whether names that follow a pattern, such as languages, are none of those a closed object has. */
function hasOtherNames(source: Shape, target: Shape): boolean {
  const patterns = source.places.flatMap(({ node }) => isRecord(node['patternProperties']) ? Object.keys(node['patternProperties']) : [])
  const known = target.places.flatMap(({ node }) => isRecord(node['properties']) ? Object.keys(node['properties']) : [])
  return patterns.length > 0 && isClosed(target) && !known.some(name => patterns.some(pattern => matches(pattern, name)))
}

function compareLists(source: Shape, target: Shape, path: string, depth: number): Misfit | undefined {
  const [is, wants] = [source.element(), target.element()]
  return is && wants ? compare(is, wants, `${path}[]`, depth + 1) : undefined
}

const words: Readonly<Record<JsonType, string>> = { string: 'a text', number: 'a number', integer: 'a number', boolean: 'true or false', object: 'an object', array: 'a list', null: 'null' }

/** JSON types in words. */
export const nameTypes = (types: readonly JsonType[]): string => [...new Set(types.map(type => words[type]))].join(' or ')
