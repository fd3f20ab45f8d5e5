/** Kinds whose records stand in columns of a table of their own, and how a document becomes a row. Pure. The way back is `torg.document` of the table. */
import { remembered } from '../../remembered.ts'
import { isObject } from '../json.ts'

export type ColumnType = 'uuid' | 'text' | 'numeric' | 'timestamptz' | 'date' | 'boolean'

/** What a column holds, as PostgreSQL reads it. */
export type Cell = string | boolean | null

export interface Column { name: string, type: ColumnType }

/** One field of the document and the columns that say it. */
export interface TypedField {
  field: string
  columns: readonly Column[]
  /** Adds the columns' values, as far as they can say the field, to the cells; true where what is built of them is the field again, to the letter. */
  split(value: unknown, document: Readonly<Record<string, unknown>>, cells: Cell[]): boolean
}

/** A kind with a table. */
export interface TypedKind {
  kind: string
  table: string
  /** The table's rows as records, see migration 0018. */
  view: string
  fields: readonly TypedField[]
  /** Pointers of links by which records are found -> the column, which has an index. */
  columnOf: Readonly<Record<string, string>>
}

/** Columns of every typed table beside those of the document, in the order of {@link columnsOf}. Not among them: what saves leave alone. */
const common = [
  { name: 'id', type: 'uuid' }, { name: 'version', type: 'int' }, { name: 'schema', type: 'text' }, { name: 'number', type: 'text' },
  { name: 'system', type: 'text' }, { name: 'external_id', type: 'text' }, { name: 'source_time', type: 'timestamptz' },
  { name: 'message_id', type: 'uuid' }, { name: 'said_at', type: 'timestamptz' }, { name: 'provenance', type: 'jsonb' }, { name: 'said', type: 'bytea' },
  { name: 'turns_at', type: 'timestamptz' }, { name: 'created_at', type: 'timestamptz' }, { name: 'updated_at', type: 'timestamptz' }, { name: 'deleted_at', type: 'timestamptz' },
  { name: 'rest', type: 'jsonb' },
] as const

/** All columns that a save writes, with their types. */
export function columnsOf({ fields }: TypedKind): readonly { name: string, type: string }[] {
  return [...common, ...fields.flatMap(({ columns }) => columns)]
}

/** The columns of a document, in the order of the fields'; `rest` has the fields that they do not say exactly, null where there are none. */
export function splitCells({ fields }: TypedKind, document: Readonly<Record<string, unknown>>): { cells: Cell[], rest: Record<string, unknown> | null } {
  const cells: Cell[] = []
  let left = Object.keys(document).length
  let inexact: string[] | undefined
  for (const { field, columns, split } of fields) {
    const value = document[field]
    if (value === undefined) for (let index = 0; index < columns.length; index += 1) cells.push(null)
    else if (split(value, document, cells)) left -= 1
    else (inexact ??= []).push(field)
  }
  if (left === 0) return { cells, rest: null }
  const known = new Set(fields.map(({ field }) => field))
  return { cells, rest: Object.fromEntries(Object.entries(document).filter(([field, value]) => value === undefined || !known.has(field) || inexact?.includes(field))) }
}

/** The same by the names of the columns. */
export function splitDocument(typed: TypedKind, document: Readonly<Record<string, unknown>>): { cells: Record<string, Cell>, rest: Record<string, unknown> | null } {
  const { cells, rest } = splitCells(typed, document)
  return { cells: Object.fromEntries(typed.fields.flatMap(({ columns }) => columns).map(({ name }, index) => [name, cells[index] ?? null])), rest }
}

/** What a column says of a value, and whether that is all of it. */
interface Said { cell: Cell, exact: boolean }

const one = (field: string, name: string, type: ColumnType, read: (value: unknown) => Said): TypedField => ({
  field, columns: [{ name, type }],
  split: (value, _, cells) => {
    const { cell, exact } = read(value)
    cells.push(cell)
    return exact
  },
})

export const text = (field: string, name: string): TypedField => one(field, name, 'text', value => typeof value === 'string' ? { cell: value, exact: true } : unsaid)
export const flag = (field: string, name: string): TypedField => one(field, name, 'boolean', value => typeof value === 'boolean' ? { cell: value, exact: true } : unsaid)
export const link = (field: string, name: string): TypedField => one(field, name, 'uuid', value =>
  isObject(value) && typeof value['id'] === 'string' && uuid.test(value['id']) ? { cell: value['id'], exact: value['id'] === value['id'].toLowerCase() && Object.keys(value).length === 1 } : unsaid)
export const instant = (field: string, name: string): TypedField => one(field, name, 'timestamptz', value => typeof value === 'string' ? readInstant(value) : unsaid)
export const day = (field: string, name: string): TypedField => one(field, name, 'date', value =>
  typeof value === 'string' && /^\d{4}-\d\d-\d\d$/.test(value) && isDay(value) ? { cell: value, exact: true } : unsaid)

/** An object of a decimal number and a text, such as money or a quantity. */
export const measure = (field: string, [numberField, number]: [field: string, column: string], [unitField, unit]: [field: string, column: string]): TypedField => ({
  field, columns: [{ name: number, type: 'numeric' }, { name: unit, type: 'text' }],
  split: (value, _, cells) => {
    const { [numberField]: said, [unitField]: given } = isObject(value) ? value : {}
    const amount = readDecimal(said)
    const named = typeof given === 'string' ? given : null
    cells.push(amount.cell, named)
    return amount.exact && named !== null && isObject(value) && Object.keys(value).length === 2
  },
})

/** A quantity whose unit stands in the column of another one. */
export const sameUnit = (field: string, name: string, other: string): TypedField => ({
  field, columns: [{ name, type: 'numeric' }],
  split: (value, document, cells) => {
    const unitOf = document[other]
    const { cell, exact } = readDecimal(isObject(value) ? value['value'] : undefined)
    cells.push(cell)
    return exact && isObject(value) && typeof value['unit'] === 'string' && isObject(unitOf) && unitOf['unit'] === value['unit'] && Object.keys(value).length === 2
  },
})

const unsaid = { cell: null, exact: false }
const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i

/** PostgreSQL's numeric keeps the scale, but knows no negative zero. */
function readDecimal(value: unknown): { cell: string | null, exact: boolean } {
  if (typeof value !== 'string' || value.length > 100 || !/^-?(0|[1-9]\d*)(\.\d+)?$/.test(value)) return unsaid
  return { cell: value, exact: !/^-0(\.0+)?$/.test(value) }
}

/** Exact in the form of `torg.instant`: no fraction where it is zero, else three digits, or six where they are needed. */
const readInstant = remembered((value: string): Said => {
  const [, second, fraction] = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d{1,6}))?Z$/.exec(value) ?? []
  if (second === undefined || second < '0001' || !isMoment(second)) return unsaid
  return { cell: value, exact: fraction === undefined || (fraction.length === 3 && fraction !== '000') || (fraction.length === 6 && !fraction.endsWith('000')) }
})

function isMoment(second: string): boolean {
  const at = new Date(`${second}Z`)
  return !Number.isNaN(at.getTime()) && at.toISOString().startsWith(second)
}

function isDay(value: string): boolean {
  return value >= '0001' && isMoment(`${value}T00:00:00`)
}
