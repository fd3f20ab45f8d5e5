/** NDJSON: one JSON document per line (https://github.com/ndjson/ndjson-spec). */
import { isUtf8 } from 'node:buffer'
import { TorgError } from '../errors.ts'
import { longestLine, tooLong, type Row } from './row.ts'

const lineFeed = 10
const byteOrderMark = '\uFEFF'

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
    const row = length > longestLine ? { line, text: `${length} bytes`, fault: tooLong(line) } : toRow(parts.length === 1 && parts[0] ? parts[0] : Buffer.concat(parts), line)
    if (row) rows.push(row)
    parts = []
    length = 0
  }
  for await (const chunk of input) {
    const rows: Row[] = []
    let from = 0
    for (let at = chunk.indexOf(lineFeed); at >= 0; at = chunk.indexOf(lineFeed, from)) {
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

function toRow(bytes: Buffer, line: number): Row | null {
  const whole = bytes.toString('utf8')
  const text = line === 1 && whole.startsWith(byteOrderMark) ? whole.slice(1) : whole
  if (text.trim() === '') return null
  if (!isUtf8(bytes)) return { line, text, fault: new TorgError('message.not-json', { detail: `Line ${line} is not UTF-8.`, next: 'Write the file in UTF-8.' }) }
  try {
    return { line, text, value: JSON.parse(text) }
  } catch (cause) {
    return { line, text, fault: new TorgError('message.not-json', { detail: `Line ${line} is not JSON: ${cause instanceof Error ? cause.message : 'it cannot be read'}.`, value: text.slice(0, 200), cause }) }
  }
}
