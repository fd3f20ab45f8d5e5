/** A CSV whose header names the fields of a kind: the header as a mapping, so that cells are converted as in every flow. Pure. */
import { TorgError } from '../errors.ts'
import { parseTargetPath, type Segment } from '../mapping/path.ts'
import type { Mapping, Step } from '../mapping/index.ts'
import { isRecord, nearest } from '../model/validation.ts'
import type { Kind } from '../model/index.ts'

const reference = { type: 'object', properties: { system: { type: 'string' }, kind: { type: 'string' }, id: { type: 'string' } } }
/** What an entity has beside the fields of its document. */
const envelope = { refs: { type: 'array', items: reference }, number: { type: 'string' }, deletedAt: { type: 'string' } }

/**
 * The mapping that a header stands for: each column is a path into the entity, such as `refs[0].id`, `variant.ref.id` or `value.amount`.
 * @throws request.invalid naming the first column that is no field of the kind
 */
export function headerMapping(columns: readonly string[], kind: Kind): Mapping {
  const repeated = columns.find((name, index) => columns.indexOf(name) !== index)
  if (repeated !== undefined) throw new TorgError('request.invalid', { detail: `The header has the column "${repeated}" twice.`, value: repeated })
  const rules = columns.map(column => ({ to: column, from: column.includes('\'') ? `"${column}"` : `'${column}'`, steps: stepsFor(column, kind) }))
  if (!columns.includes('refs[0].id')) {
    throw new TorgError('request.invalid', { detail: `The header has no column refs[0].id, so the hub cannot tell which ${kind.name} a line is.`, value: columns, next: 'Name the column with the system\'s own id refs[0].id.' })
  }
  return { from: 'any', to: `torg:${kind.name}`, rules }
}

function stepsFor(column: string, kind: Kind): Step[] {
  let path: Segment[]
  try {
    path = parseTargetPath(column)
  } catch (cause) {
    throw new TorgError('request.invalid', { detail: `The column "${column}" is no path: ${cause instanceof Error ? cause.message : 'it cannot be read'}.`, value: column, cause })
  }
  const properties = isRecord(kind.schema['properties']) ? kind.schema['properties'] : {}
  let at: unknown = { type: 'object', properties: { ...properties, ...envelope } }
  for (const segment of path) {
    const schema = resolve(at, kind)
    if (segment.type !== 'key') {
      at = isRecord(schema) ? schema['items'] : undefined
      continue
    }
    const known = isRecord(schema) && isRecord(schema['properties']) ? schema['properties'] : undefined
    // Open objects (texts by language, own fields) and shapes told apart by type: the line's validation says what is wrong there.
    if (known === undefined) return []
    if (!Object.hasOwn(known, segment.name)) throw unknownColumn(column, segment.name, Object.keys(known), kind.name)
    at = known[segment.name]
  }
  const schema = resolve(at, kind)
  const type = isRecord(schema) ? schema['type'] : undefined
  return type === 'boolean' ? [{ name: 'boolean' }] : type === 'integer' || type === 'number' ? [{ name: 'number' }] : []
}

/** Behind a `$ref` into the schema's own `$defs`. */
function resolve(schema: unknown, kind: Kind): unknown {
  if (!isRecord(schema) || typeof schema['$ref'] !== 'string') return schema
  const definitions = isRecord(kind.schema['$defs']) ? kind.schema['$defs'] : {}
  return definitions[schema['$ref'].replace('#/$defs/', '')]
}

function unknownColumn(column: string, name: string, known: string[], kind: string): TorgError {
  const near = nearest(name, known)
  return new TorgError('request.invalid', {
    detail: `The column "${column}" is no field of a ${kind}: there is no "${name}".${near === undefined ? ` Fields there: ${known.join(', ')}.` : ` Did you mean ${near}?`}`, value: column,
    next: 'Name the columns by the paths of the fields, or give a mapping from the file\'s own columns.',
  })
}
