/** New rows of a typed table in COPY's text format (https://www.postgresql.org/docs/current/sql-copy.html). Pure. */
import { splitCells, type Cell, type TypedKind } from './definition.ts'

/** What rows that are created together have in common; when they were made, the table itself says. */
export interface Creation {
  schema: string
  system: string
  /** The import that said it, and when, ISO 8601. */
  messageId: string
  saidAt: string
}

/** A record at its creation, said by one system under one reference. */
export interface NewRow {
  id: string
  number: string | null
  externalId: string
  /** Digest of what it said, in hex. */
  said: string
  turnsAt: string | null
  /** With ids for links. */
  document: Readonly<Record<string, unknown>>
}

const head = ['version', 'schema', 'system', 'message_id', 'said_at', 'id', 'external_id', 'said', 'number', 'turns_at', 'rest'] as const

/** Columns of {@link copyText}: all that may hold something. */
export const copyColumns = ({ fields }: TypedKind): readonly string[] => [...head, ...fields.flatMap(({ columns }) => columns.map(({ name }) => name))]

/** What is in none of the columns is null. */
export function copyText(typed: TypedKind, { schema, system, messageId, saidAt }: Creation, rows: readonly NewRow[]): Buffer {
  const common = `1\t${cell(schema)}\t${cell(system)}\t${messageId}\t${saidAt}\t`
  let text = ''
  for (const { id, number, externalId, said, turnsAt, document } of rows) {
    const { cells, rest } = splitCells(typed, document)
    text += `${common}${id}\t${cell(externalId)}\t\\\\x${said}\t${cell(number)}\t${cell(turnsAt)}\t${rest === null ? '\\N' : cell(JSON.stringify(rest))}`
    for (const value of cells) text += `\t${cell(value)}`
    text += '\n'
  }
  return Buffer.from(text)
}

/** Ids of the rows of such a text, in their order. */
export const idsIn = (text: Buffer): string[] => text.toString().split('\n').flatMap(row => row.split('\t', head.length)[head.indexOf('id')] ?? [])

const special = /[\\\t\n\r]/
const escapes: Readonly<Record<string, string>> = { '\\': '\\\\', '\t': '\\t', '\n': '\\n', '\r': '\\r' }

function cell(value: Cell): string {
  if (value === null) return '\\N'
  if (typeof value === 'boolean') return value ? 't' : 'f'
  return special.test(value) ? value.replaceAll(/[\\\t\n\r]/g, found => escapes[found] ?? found) : value
}
