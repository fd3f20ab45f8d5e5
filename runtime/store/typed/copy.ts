/** New rows of a typed table in COPY's text format (https://www.postgresql.org/docs/current/sql-copy.html). Pure. */
import { splitCells, type Cell, type TypedKind } from './definition.ts'

/** A record at its creation, said by one system under one reference. */
export interface NewRow {
  id: string
  schema: string
  number: string | null
  system: string
  externalId: string
  /** The message or import that said it, and when, ISO 8601. */
  messageId: string
  saidAt: string
  /** Digest of what it said, in hex. */
  said: string
  turnsAt: string | null
  now: string
  /** With ids for links. */
  document: Readonly<Record<string, unknown>>
}

const head = ['id', 'version', 'schema', 'number', 'system', 'external_id', 'message_id', 'said_at', 'said', 'turns_at', 'created_at', 'updated_at', 'rest'] as const

/** What is in none of the columns is null. */
export function copyText(typed: TypedKind, rows: readonly NewRow[]): { columns: readonly string[], text: Buffer } {
  const names = typed.fields.flatMap(({ columns }) => columns.map(({ name }) => name))
  let text = ''
  for (const { id, schema, number, system, externalId, messageId, saidAt, said, turnsAt, now, document } of rows) {
    const { cells, rest } = splitCells(typed, document)
    text += `${id}\t1\t${cell(schema)}\t${cell(number)}\t${cell(system)}\t${cell(externalId)}\t${messageId}\t${saidAt}\t\\\\x${said}\t${cell(turnsAt)}\t${now}\t${now}\t${rest === null ? '\\N' : cell(JSON.stringify(rest))}`
    for (const value of cells) text += `\t${cell(value)}`
    text += '\n'
  }
  return { columns: [...head, ...names], text: Buffer.from(text) }
}

const special = /[\\\t\n\r]/
const escapes: Readonly<Record<string, string>> = { '\\': '\\\\', '\t': '\\t', '\n': '\\n', '\r': '\\r' }

function cell(value: Cell): string {
  if (value === null) return '\\N'
  if (typeof value === 'boolean') return value ? 't' : 'f'
  return special.test(value) ? value.replaceAll(/[\\\t\n\r]/g, found => escapes[found] ?? found) : value
}
