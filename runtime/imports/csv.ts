/** CSV with a header (RFC 4180, https://www.rfc-editor.org/rfc/rfc4180): each row as an object of its cells by their column. */
import { Readable } from 'node:stream'
import { parse, type CsvError, type Info } from 'csv-parse'
import { TorgError } from '../errors.ts'
import { longestLine, unreadable, type Row } from './row.ts'

/** Rows handed on at once, at most. */
const atOnce = 500
/** The header is looked for in so many characters to find the delimiter. */
const delimiters = [',', ';', '\t', '|']

interface Parsed { record: string[], info: Info }

/**
 * The rows of a stream. A cell that is empty gives no field. Line numbers are those of the file; a row over several lines has its last.
 *
 * @param onHeader told of the columns, in their order, before any row; what it throws ends the reading
 */
export async function* readCsv(input: AsyncIterable<Buffer>, onHeader: (columns: string[]) => void): AsyncGenerator<Row[]> {
  const chunks = input[Symbol.asyncIterator]()
  const first = await chunks.next()
  if (first.done) return
  const skipped: { line: number, error: CsvError | undefined, text: string }[] = []
  const parser = parse({
    bom: true, info: true, relax_column_count: true, max_record_size: longestLine, skip_records_with_error: true, skip_empty_lines: true, delimiter: delimiterOf(first.value),
    on_skip: (error, raw) => { skipped.push({ line: Number(error?.lines ?? 0), error, text: raw ?? '' }); return undefined },
  })
  const whole = async function* (): AsyncGenerator<Buffer> {
    yield first.value
    for (let next = await chunks.next(); !next.done; next = await chunks.next()) yield next.value
  }
  const source = Readable.from(whole())
  source.on('error', (error: Error) => { parser.destroy(error) })
  source.pipe(parser)

  let columns: string[] | undefined
  let rows: Row[] = []
  const faultsBefore = (line: number): Row[] => skipped.splice(0, skipped.findLastIndex(one => one.line < line) + 1).map(one => toFault(one))
  try {
    for await (const parsed of parser as AsyncIterable<Parsed>) {
      const { record, info: { lines: line } } = parsed
      if (columns === undefined) {
        columns = record.map(name => name.trim())
        onHeader(columns)
        continue
      }
      rows.push(...faultsBefore(line), toRow(record, columns, line))
      if (rows.length < atOnce) continue
      yield rows
      rows = []
    }
  } finally {
    source.destroy()
  }
  rows.push(...faultsBefore(Infinity))
  if (rows.length > 0) yield rows
}

function toRow(record: readonly string[], columns: readonly string[], line: number): Row {
  const text = JSON.stringify(record)
  if (record.length !== columns.length) {
    return unreadable(line, text, new TorgError('validation.schema', {
      detail: `Line ${line} has ${record.length} cells, but the header has ${columns.length} columns.`, value: record.length,
      next: 'Put texts that hold the delimiter, quotes or line ends in double quotes, and quotes in them twice.',
    }))
  }
  return { line, text, size: text.length, read: () => Object.fromEntries(columns.flatMap((name, index) => record[index] === '' ? [] : [[name, record[index]]])) }
}

function toFault({ line, error, text }: { line: number, error: CsvError | undefined, text: string }): Row {
  return unreadable(line, text, new TorgError('validation.schema', { detail: `Line ${line} is not well formed CSV: ${error?.message ?? 'it cannot be read'}.`, next: 'Put texts that hold the delimiter, quotes or line ends in double quotes, and quotes in them twice.' }))
}

/** What divides the columns of the first line: spreadsheets of some countries write semicolons. */
function delimiterOf(start: Buffer): string {
  const [header = ''] = start.toString('utf8').split('\n', 1)
  const count = (delimiter: string): number => header.split(delimiter).length
  return delimiters.reduce((best, one) => count(one) > count(best) ? one : best, ',')
}
