/** References from a file: which id a system has for a record, line by line. */
import { toTorgError, TorgError } from '../errors.ts'
import { isId } from '../ids.ts'
import { isRecord } from '../model/validation.ts'
import type { Import, ImportError } from '../store/import-types.ts'
import type { LinkOutcome, ReferenceLink, ReferenceStore } from '../store/reference-types.ts'
import { readCsv } from './csv.ts'
import { kindNamed, systemNamed } from './declaration.ts'
import { refuse } from './lines.ts'
import { readNdjson } from './ndjson.ts'
import type { Row } from './row.ts'

const batchSize = 500
/** So many refused lines are answered; the others are counted. */
const mostShown = 1_000

export interface LinkedReferences { kind: string, system: string, dryRun: boolean, rows: number, linked: number, known: number, failed: number, errors: ImportError[] }

/**
 * Links the ids of a file, 500 at a time. Lines are `{ "id": "ERP-7", "number": "1042" }`, `{ "id", "ref": { "system", "id" } }` or `{ "id", "record" }`; a CSV
 * has the columns `id` and `number`, `ref.system` and `ref.id`, or `record`. May be repeated: what stands already is `known`.
 *
 * @throws system.unknown, request.invalid where the system or kind is none
 */
export async function linkFile(input: AsyncIterable<Buffer>, { kind, system, format, dryRun, systems, store }: {
  kind: string, system: string, format: Import['format'], dryRun: boolean, systems: readonly string[], store: ReferenceStore
}): Promise<LinkedReferences> {
  const { name } = kindNamed(kind)
  systemNamed(system, systems)
  const sum: LinkedReferences = { kind: name, system, dryRun, rows: 0, linked: 0, known: 0, failed: 0, errors: [] }
  const fail = (row: Row, error: TorgError): void => {
    sum.failed += 1
    if (sum.errors.length < mostShown) sum.errors.push(refuse(row, error))
  }
  const take = async (rows: readonly Row[]): Promise<void> => {
    const read = rows.map(row => ({ row, link: toLink(row, name) }))
    const good = read.flatMap(({ row, link }) => link instanceof TorgError ? [] : [{ row, link }])
    const outcomes = await store.linkReferences({ kind: name, system, dryRun }, good.map(({ link }) => link))
    const outcomeOf = new Map<Row, LinkOutcome | undefined>(good.map(({ row }, index) => [row, outcomes[index]]))
    for (const { row, link } of read) {
      sum.rows += 1
      const outcome = link instanceof TorgError ? link : outcomeOf.get(row)
      if (outcome instanceof TorgError) fail(row, outcome)
      else if (outcome) sum[outcome.outcome] += 1
    }
  }
  let batch: Row[] = []
  for await (const rows of format === 'csv' ? readCsv(input, () => undefined) : readNdjson(input)) {
    for (const row of rows) {
      if (batch.push(row) < batchSize) continue
      await take(batch)
      batch = []
    }
  }
  if (batch.length > 0) await take(batch)
  return sum
}

/** One line as a link, or what is wrong with it. */
function toLink(row: Row, kind: string): ReferenceLink | TorgError {
  let said: unknown
  try {
    said = row.read()
  } catch (thrown) {
    return toTorgError(thrown, 'validation.schema')
  }
  const value = isRecord(said) ? said : {}
  const nested = isRecord(value['ref']) ? value['ref'] : {}
  const [id, number, record, refSystem, refId] = [value['id'], value['number'], value['record'], value['ref.system'] ?? nested['system'], value['ref.id'] ?? nested['id']].map(textOf)
  if (id === undefined) return wrong('/id', 'has no id: the one that the system gave the record')
  if ([number, record, refId].filter(one => one !== undefined).length !== 1) return wrong('', 'names the record by exactly one of number, record (its id in the hub) and ref')
  if (number !== undefined) return { id, to: { number } }
  if (record !== undefined) return isId(record) ? { id, to: { record } } : wrong('/record', `names the record ${record}, which is no id of the hub`)
  if (refId === undefined || refSystem === undefined) return wrong('/ref/system', 'has a reference without its system')
  return { id, to: { ref: { system: refSystem, kind: textOf(value['ref.kind'] ?? nested['kind']) ?? kind, id: refId } } }
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : typeof value === 'number' && Number.isSafeInteger(value) ? String(value) : undefined
}

function wrong(pointer: string, what: string): TorgError {
  return new TorgError('validation.schema', { detail: `The line ${what}.`, pointer, next: 'A line is { "id": "7", "number": "1042" }, or has ref { system, id } or record instead of number.' })
}
