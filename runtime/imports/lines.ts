/** From rows of a file to entities that may be saved, or the reason why a row is refused. */
import { hash } from 'node:crypto'
import { catalogue, toTorgError, type ErrorCode, type TorgError } from '../errors.ts'
import { compileMapping, type CompiledMapping } from '../mapping/index.ts'
import { kindOf, readEntity, splitEntity, type Kind } from '../model/index.ts'
import { isRecord } from '../model/validation.ts'
import type { Import, ImportError } from '../store/import-types.ts'
import type { EntityWrite } from '../store/types.ts'
import { readCsv } from './csv.ts'
import { headerMapping } from './header.ts'
import { readNdjson } from './ndjson.ts'
import type { Row } from './row.ts'

/** A row that was read: what it wants saved, or why it is refused. `present` are the system's own ids in it, as far as they can be read. */
export type Line = { line: number, present: string[] } & ({ write: EntityWrite } | { refused: ImportError })

/** A row as an entity that nobody has looked at yet, with its text. */
export interface Read { text: string, entity: unknown, error?: TorgError }

/** What a row is about, and a digest of what it says, in hex. */
export interface Told { id: string, said: string }

/** Of a refused line so many characters are kept. */
const textKept = 2_000
/** Of NDJSON: the first id behind the first list of references. */
const firstId = /"refs":\s*\[[^\]]*?"id":\s*"([^"\\]+)"/
/** Digits of a digest, 128 bits: some for the rules, the others for what is said. */
const [rulesLength, saidLength] = [8, 24]

type Declared = Pick<Import, 'id' | 'kind' | 'system' | 'format' | 'mapping' | 'at'>

export interface ReaderContext {
  /** The project's kinds. */
  kinds: ReadonlyMap<string, Kind>
  /** Tables of the project that mappings read. */
  lookups: Readonly<Record<string, unknown>>
}

/** Reads the file of an import: its rows in order, and what each of them means. */
export type Reader = ReturnType<typeof createReader>

export function createReader(declared: Declared, { kinds, lookups }: ReaderContext) {
  const { system } = declared
  const kind = kindOf(declared.kind, kinds)
  let map: CompiledMapping | undefined = declared.mapping === null ? undefined : compileMapping(declared.mapping, { lookups })
  const onHeader = (columns: string[]): void => { map ??= compileMapping(headerMapping(columns, kind)) }
  // What was valid under another schema is looked at again, and two systems may say the same of records of their own.
  const rules = hash('sha256', JSON.stringify([system, kind.schemaName, kind.schema])).slice(0, rulesLength)

  const mapped = async (run: CompiledMapping, text: string, value: unknown): Promise<Read> => {
    try {
      return { text, entity: await run(value, { system }) }
    } catch (thrown) {
      return { text, entity: undefined, error: toTorgError(thrown, 'mapping.failed') }
    }
  }
  /** At once where there is no mapping: a file has a million rows. */
  const read = (row: Row): Read | Promise<Read> => {
    const { text } = row
    let value: unknown
    try {
      value = row.read(text)
    } catch (thrown) {
      return { text, entity: undefined, error: toTorgError(thrown, 'message.not-json') }
    }
    return map ? mapped(map, text, value) : { text, entity: value }
  }
  const digest = (said: string): string => rules + hash('sha256', said).slice(0, saidLength)

  /** What a row wants saved, checked like in `hub save`. @param told with it, the record keeps what was said */
  const toLine = (row: Row, { entity, error }: Read, told?: Told): Line => {
    if (error) return { line: row.line, present: [], refused: refuse(row, error) }
    try {
      const write = toWrite(entity, kind, declared, told?.said)
      return { line: row.line, present: told ? [told.id] : idsOf(write, declared), write }
    } catch (thrown) {
      return { line: row.line, present: presentIn(entity, declared), refused: refuse(row, toTorgError(thrown, 'mapping.failed')) }
    }
  }

  return {
    schema: kind.schemaName,
    rows: (input: AsyncIterable<Buffer>): AsyncGenerator<Row[]> => declared.format === 'csv' ? readCsv(input, onHeader) : readNdjson(input),
    read,
    toLine,
    /**
     * What a row is likely about, without reading it; null where that cannot be guessed. A record with this id of which the same was said last is what the
     * row is about all the same: its text is the one that was read then.
     */
    guess: (row: Row): Told | null => {
      if (map) return null
      const { text } = row
      const id = firstId.exec(text)?.[1]
      return id === undefined ? null : { id, said: digest(text) }
    },
    /** Null where the entity is not told by one reference of its system alone, or is to be removed. @param guessed of the same row */
    tell: ({ text, entity, error }: Read, guessed: Told | null): Told | null => {
      const id = error ? null : onlyId(entity, declared)
      return id === null ? null : id === guessed?.id ? guessed : { id, said: digest(map ? JSON.stringify(entity) : text) }
    },
  }
}

/** Where the next step of an error speaks of a message to be run again: what a line needs. */
const nextOfLine: Partial<Record<ErrorCode, string>> = {
  'validation.schema': 'Correct the value at the pointer, or the mapping that makes it, and send the line again.',
  'mapping.failed': 'Correct the rule named, or the value at the pointer, and send the line again.',
  'message.not-json': 'Correct the line and send it again.',
  'model.totals': 'Compare the sums at the pointer with the source, correct the line or its mapping, and send it again.',
  'model.transition': 'See the states of this kind, correct the line, and send it again.',
  'model.overlap': 'End the stored price before the other one begins, or give the other one another scope, and send the line again.',
  'model.not-found': 'Send the record that is missing, and then the line again.',
}

/** A row that is refused for this reason, as it is kept. */
export function refuse({ line, text }: Pick<Row, 'line' | 'text'>, error: TorgError): ImportError {
  const { code, next } = error
  return { line, error: { ...error.toJSON(), next: next === catalogue[code].next ? nextOfLine[code] ?? next : next }, text: text.length > textKept ? `${text.slice(0, textKept)}…` : text }
}

/** A line with `deletedAt` says that the record is gone. */
function toWrite(entity: unknown, kind: Kind, { id, system, at }: Declared, digest: string | undefined): EntityWrite {
  const operation = isRemoval(entity) ? 'remove' : 'upsert'
  const { schema, refs, number, document } = readEntity(kind, entity, { system, operation })
  const write: EntityWrite = { kind: kind.name, schema, refs, number, document, operation, origin: { system, message: id, at }, sourceTime: null }
  if (digest !== undefined) write.digest = digest
  return write
}

const isRemoval = (entity: unknown): boolean => isRecord(entity) && typeof entity['deletedAt'] === 'string'

function onlyId(entity: unknown, { system, kind }: Declared): string | null {
  if (!isRecord(entity) || !Array.isArray(entity['refs']) || entity['refs'].length !== 1 || isRemoval(entity)) return null
  const [ref]: unknown[] = entity['refs']
  if (!isRecord(ref) || (ref['system'] !== undefined && ref['system'] !== system) || (ref['kind'] !== undefined && ref['kind'] !== kind)) return null
  const { id } = ref
  return typeof id === 'string' && id !== '' ? id : typeof id === 'number' && Number.isSafeInteger(id) ? String(id) : null
}

function idsOf({ refs }: Pick<EntityWrite, 'refs'>, { kind, system }: Declared): string[] {
  return refs.flatMap(ref => ref.system === system && ref.kind === kind ? ref.id : [])
}

/** Whom a refused line speaks of, so that a full file does not remove it: it is there, if faulty. */
function presentIn(entity: unknown, declared: Declared): string[] {
  try {
    return idsOf(splitEntity(declared.kind, entity, declared), declared)
  } catch {
    return []
  }
}
