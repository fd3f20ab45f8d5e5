/** The reference of a kind for people, in Markdown. Pure. */
import type { Kind } from '../../model/index.ts'
import { isRecord } from '../../model/validation.ts'

/** Fields with what they mean, states, and an example. */
export function referencePage({ name, plural, label, schemaName, schema, links, machines, rules, searches, example }: Kind): string {
  const definitions = isRecord(schema['$defs']) ? schema['$defs'] : {}
  const linked = new Map(links.map(({ pointer, kind }) => [pointer, kind]))
  return [
    `# ${label.en}`, '',
    ...typeof schema['description'] === 'string' ? [schema['description'], ''] : [],
    `Kind \`${name}\`, schema \`${schemaName}\`, at \`/api/v1/${plural}\`.${rules.fact ? ' A fact: it never changes once it is stored.' : ''}`, '',
    ...searches.length > 0 ? [`Found by ${searches.map(search => `\`?${search.name}=${search.example}\``).join(', ')}, beside its number and references.`, ''] : [],
    '| field | type | | meaning |', '|---|---|---|---|',
    ...fieldRows(schema, '', { definitions, linked }), '',
    ...Object.entries(machines).flatMap(([machine, states]) => [`States of ${machine}: \`${JSON.stringify(states)}\``, '']),
    '## Example', '', '```json', JSON.stringify(example, undefined, 2), '```', '',
  ].join('\n')
}

interface Context { definitions: Record<string, unknown>, linked: ReadonlyMap<string, string> }

/** A row for each field, those of objects and lists below them with their path. */
function fieldRows(schema: unknown, path: string, context: Context): string[] {
  if (!isRecord(schema) || !isRecord(schema['properties'])) return []
  const required: unknown[] = Array.isArray(schema['required']) ? schema['required'] : []
  return Object.entries(schema['properties']).flatMap(([field, value]) => {
    const at = `${path}/${field}`
    const row = `| \`${at.slice(1).replaceAll('/', '.').replaceAll('.*', '[]')}\` | ${typeOf(value, at, context)} | ${required.includes(field) ? 'required' : ''} | ${meaningOf(value, context)} |`
    const inner = isRecord(value) && isRecord(value['items']) ? fieldRows(value['items'], `${at}/*`, context) : fieldRows(value, at, context)
    return [row, ...inner]
  })
}

function typeOf(schema: unknown, at: string, context: Context): string {
  if (!isRecord(schema)) return ''
  const link = context.linked.get(at)
  if (link !== undefined) return `link to ${link}`
  if (typeof schema['$ref'] === 'string') return schema['$ref'].replace('#/$defs/', '')
  if (Array.isArray(schema['enum'])) return schema['enum'].map(value => `\`${String(value)}\``).join(', ')
  if (schema['type'] === 'array') return `list of ${typeOf(schema['items'], `${at}/*`, context)}`
  return typeof schema['type'] === 'string' ? schema['type'] : Array.isArray(schema['oneOf']) ? 'one of several shapes' : ''
}

function meaningOf(schema: unknown, { definitions }: Context): string {
  if (!isRecord(schema)) return ''
  const shared = typeof schema['$ref'] === 'string' ? definitions[schema['$ref'].replace('#/$defs/', '')] : undefined
  const said = schema['description'] ?? (isRecord(shared) ? shared['description'] : undefined)
  return typeof said === 'string' ? said.replaceAll('|', '\\|').replaceAll('\n', ' ') : ''
}
