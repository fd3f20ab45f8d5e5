/** From rows of a file to entities that may be saved, or the reason why a row is refused. */
import { toTorgError, type TorgError } from '../errors.ts'
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

/** Of a refused line so many characters are kept. */
const textKept = 2_000

type Declared = Pick<Import, 'id' | 'kind' | 'system' | 'format' | 'mapping' | 'at'>

export interface ReaderContext {
  /** The project's kinds. */
  kinds: ReadonlyMap<string, Kind>
  /** Tables of the project that mappings read. */
  lookups: Readonly<Record<string, unknown>>
}

/** Reads the file of an import: its rows in order, and what each of them means. */
export function createReader(declared: Declared, { kinds, lookups }: ReaderContext) {
  const kind = kindOf(declared.kind, kinds)
  let map: CompiledMapping | undefined = declared.mapping === null ? undefined : compileMapping(declared.mapping, { lookups })
  const onHeader = (columns: string[]): void => { map ??= compileMapping(headerMapping(columns, kind)) }
  return {
    rows: (input: AsyncIterable<Buffer>): AsyncGenerator<Row[]> => declared.format === 'csv' ? readCsv(input, onHeader) : readNdjson(input),
    async toLine(row: Row): Promise<Line> {
      if ('fault' in row) return { line: row.line, present: [], refused: refuse(row, row.fault) }
      let entity: unknown
      try {
        entity = map ? await map(row.value, { system: declared.system }) : row.value
        const write = toWrite(entity, kind, declared)
        return { line: row.line, present: idsOf(write, declared), write }
      } catch (thrown) {
        return { line: row.line, present: presentIn(entity, declared), refused: refuse(row, toTorgError(thrown, 'mapping.failed')) }
      }
    },
  }
}

/** A row that is refused for this reason, as it is kept. */
export function refuse({ line, text }: Pick<Row, 'line' | 'text'>, error: TorgError): ImportError {
  return { line, error: error.toJSON(), text: text.length > textKept ? `${text.slice(0, textKept)}…` : text }
}

/** A line with `deletedAt` says that the record is gone. */
function toWrite(entity: unknown, kind: Kind, { id, system, at }: Declared): EntityWrite {
  const operation = isRecord(entity) && typeof entity['deletedAt'] === 'string' ? 'remove' : 'upsert'
  return { ...readEntity(kind, entity, { system, operation }), operation, origin: { system, message: id, at }, sourceTime: null }
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
