/** NDJSON: one JSON document per line (https://github.com/ndjson/ndjson-spec). */
import { isUtf8 } from 'node:buffer'
import { TorgError } from '../errors.ts'
import { longestLine, tooLong, unreadable, type Row } from './row.ts'

const lineFeed = 10
const byteOrderMark = '\uFEFF'

/** A line that is parsed when it is asked for: of many, their digest says enough. */
class JsonRow implements Row {
  readonly line: number
  readonly text: string
  constructor(line: number, text: string) {
    this.line = line
    this.text = text
  }
  read(): unknown {
    const { line, text } = this
    try {
      return JSON.parse(text)
    } catch (cause) {
      throw new TorgError('message.not-json', { detail: `Line ${line} is not JSON: ${cause instanceof Error ? cause.message : 'it cannot be read'}.`, value: text.slice(0, 200), cause })
    }
  }
}

/** The lines of a stream, some at a time, as they come. Empty ones count as lines and give no row. Memory is bounded by {@link longestLine}. */
export async function* readNdjson(input: AsyncIterable<Buffer>): AsyncGenerator<Row[]> {
  let parts: Buffer[] = []
  let length = 0
  let line = 0
  const add = (part: Buffer): void => {
    length += part.length
    // Of a line that is too long nothing is kept but its length.
    if (length > longestLine) parts = []
    else parts.push(part)
  }
  const end = (rows: Row[]): void => {
    line += 1
    const row = length > longestLine ? unreadable(line, `${length} bytes`, tooLong(line)) : toRow(parts.length === 1 && parts[0] ? parts[0] : Buffer.concat(parts), line)
    if (row) rows.push(row)
    parts = []
    length = 0
  }
  /** Whole lines, decoded together. False where they have to be looked at one by one. */
  const takeTogether = (block: Buffer, rows: Row[]): boolean => {
    if (block.length > longestLine || !isUtf8(block)) return false
    const text = block.toString('utf8')
    for (let from = 0; from <= text.length;) {
      const found = text.indexOf('\n', from)
      const to = found < 0 ? text.length : found
      line += 1
      const one = text.slice(from, to)
      if (!isBlank(one)) rows.push(new JsonRow(line, one))
      from = to + 1
    }
    return true
  }
  for await (const chunk of input) {
    const rows: Row[] = []
    const [first, last] = [chunk.indexOf(lineFeed), chunk.lastIndexOf(lineFeed)]
    let from = 0
    if (first >= 0) {
      // It may have begun in a chunk before.
      add(chunk.subarray(0, first))
      end(rows)
      from = first + 1
    }
    if (last > first && takeTogether(chunk.subarray(from, last), rows)) from = last + 1
    for (let at = chunk.indexOf(lineFeed, from); at >= 0; at = chunk.indexOf(lineFeed, from)) {
      add(chunk.subarray(from, at))
      end(rows)
      from = at + 1
    }
    if (from < chunk.length) add(chunk.subarray(from))
    if (rows.length > 0) yield rows
  }
  const rows: Row[] = []
  if (length > 0) end(rows)
  if (rows.length > 0) yield rows
}

const isBlank = (text: string): boolean => text.length === 0 || (text.charCodeAt(0) <= 32 && text.trim() === '')

function toRow(bytes: Buffer, line: number): Row | null {
  const whole = bytes.toString('utf8')
  const text = line === 1 && whole.startsWith(byteOrderMark) ? whole.slice(1) : whole
  if (text.trim() === '') return null
  if (!isUtf8(bytes)) return unreadable(line, text, new TorgError('message.not-json', { detail: `Line ${line} is not UTF-8.`, next: 'Write the file in UTF-8.' }))
  return new JsonRow(line, text)
}
