/** NDJSON: one JSON document per line (https://github.com/ndjson/ndjson-spec). */
import { isUtf8 } from 'node:buffer'
import type { Hash } from 'node:crypto'
import { TorgError } from '../errors.ts'
import { longestLine, tooLong, unreadable, type Row } from './row.ts'

const lineFeed = 10
const byteOrderMark = [0xef, 0xbb, 0xbf]

/** A line of which nothing is made before it is asked for: of many, their digest says enough, and none of their texts is to be kept. */
class JsonRow implements Row {
  readonly line: number
  readonly #bytes: Buffer
  readonly #from: number
  readonly #to: number
  constructor(line: number, bytes: Buffer, from: number, to: number) {
    this.line = line
    this.#bytes = bytes
    this.#from = from
    this.#to = to
  }
  get text(): string { return this.#bytes.toString('utf8', this.#from, this.#to) }
  get size(): number { return this.#to - this.#from }
  /** Adds the texts of rows, each with its line end, to a hash: what stands together is added together, for a call costs more than what it hashes. */
  static addTo(hash: Hash, rows: readonly Row[]): void {
    let [bytes, from, to]: [Buffer | undefined, number, number] = [undefined, 0, 0]
    const flush = (): void => {
      if (bytes) hash.update(bytes.subarray(from, to)).update('\n')
      bytes = undefined
    }
    for (const row of rows) {
      if (!(#bytes in row)) {
        flush()
        hash.update(row.text).update('\n')
      } else if (row.#bytes === bytes && row.#from === to + 1) to = row.#to
      else {
        flush();
        [bytes, from, to] = [row.#bytes, row.#from, row.#to]
      }
    }
    flush()
  }
  read(text = this.text): unknown {
    const { line } = this
    try {
      return JSON.parse(text)
    } catch (cause) {
      throw new TorgError('message.not-json', { detail: `Line ${line} is not JSON: ${cause instanceof Error ? cause.message : 'it cannot be read'}.`, value: text.slice(0, 200), cause })
    }
  }
}

export const { addTo } = JsonRow

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
  /** Whole lines. False where they have to be looked at one by one. */
  const takeTogether = (block: Buffer, rows: Row[]): boolean => {
    if (block.length > longestLine || !isUtf8(block)) return false
    for (let from = 0; from <= block.length;) {
      const found = block.indexOf(lineFeed, from)
      const to = found < 0 ? block.length : found
      line += 1
      if (!isBlank(block, from, to)) rows.push(new JsonRow(line, block, from, to))
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

const isBlank = (bytes: Buffer, from: number, to: number): boolean => from === to || ((bytes[from] ?? 0) <= 32 && bytes.toString('utf8', from, to).trim() === '')

const startsWithMark = (bytes: Buffer): boolean => byteOrderMark.every((byte, index) => bytes[index] === byte)

function toRow(bytes: Buffer, line: number): Row | null {
  const from = line === 1 && startsWithMark(bytes) ? byteOrderMark.length : 0
  if (isBlank(bytes, from, bytes.length)) return null
  if (!isUtf8(bytes)) return unreadable(line, bytes.toString('utf8', from), new TorgError('message.not-json', { detail: `Line ${line} is not UTF-8.`, next: 'Write the file in UTF-8.' }))
  return new JsonRow(line, bytes, from, bytes.length)
}
