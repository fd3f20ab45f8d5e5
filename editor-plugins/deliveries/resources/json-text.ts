/** JSON as lines a person reads, each with the pointers of what stands in it. Pure. */

export interface JsonLine { text: string, pointer: string }

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null && !Array.isArray(value)
const indent = (depth: number): string => '  '.repeat(depth)

/** As `JSON.stringify(value, null, 2)` breaks them. A line's pointer is that of the value that begins there; a closing bracket's that of what it closes. */
export function toLines(value: unknown): JsonLine[] {
  const lines: JsonLine[] = []
  const write = (given: unknown, { pointer, depth, before, after }: { pointer: string, depth: number, before: string, after: string }): void => {
    const entries: [string, unknown][] = Array.isArray(given) ? given.map((inner, index) => [String(index), inner]) : isObject(given) ? Object.entries(given) : []
    const [open, close] = Array.isArray(given) ? ['[', ']'] : ['{', '}']
    if (entries.length === 0) {
      lines.push({ text: `${indent(depth)}${before}${JSON.stringify(given) ?? 'null'}${after}`, pointer })
      return
    }
    lines.push({ text: `${indent(depth)}${before}${open}`, pointer })
    for (const [index, [name, inner]] of entries.entries()) {
      write(inner, { pointer: `${pointer}/${escapePointer(name)}`, depth: depth + 1, before: Array.isArray(given) ? '' : `${JSON.stringify(name)}: `, after: index < entries.length - 1 ? ',' : '' })
    }
    lines.push({ text: `${indent(depth)}${close}${after}`, pointer })
  }
  write(value, { pointer: '', depth: 0, before: '', after: '' })
  return lines
}

const escapePointer = (name: string): string => name.replaceAll('~', '~0').replaceAll('/', '~1')

/** First and last line of what a pointer names; where that is missing, of the nearest thing around it. Null for the whole document. */
export function findLines(lines: readonly JsonLine[], pointer: string): { first: number, last: number, exact: boolean } | null {
  for (let at = pointer; at !== ''; at = at.slice(0, at.lastIndexOf('/'))) {
    const first = lines.findIndex((line) => line.pointer === at)
    if (first >= 0) return { first, last: lines.findLastIndex((line) => line.pointer === at), exact: at === pointer }
  }
  return null
}

/** The document in a text, laid out; the text as it is where it is none. */
export function layOut(body: string): { text: string, lines: JsonLine[] } {
  try {
    const lines = toLines(JSON.parse(body))
    return { text: lines.map((line) => line.text).join('\n'), lines }
  } catch {
    return { text: body, lines: body.split('\n').map((text) => ({ text, pointer: '' })) }
  }
}

/** Why a text is no JSON, and from 1 the line where; null where it is JSON. */
export function findFault(body: string): { detail: string, line: number | null } | null {
  try {
    JSON.parse(body)
    return null
  } catch (thrown) {
    const detail = thrown instanceof Error ? thrown.message : String(thrown)
    const [, given] = /line (\d+)/.exec(detail) ?? []
    const [, position] = /position (\d+)/.exec(detail) ?? []
    if (given !== undefined) return { detail, line: Number(given) }
    return { detail, line: position === undefined ? null : body.slice(0, Number(position)).split('\n').length }
  }
}

/** The top-level fields in which a document differs, as a change of it: what is gone is null. */
export function changesOf(before: Readonly<Record<string, unknown>>, after: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const gone = Object.keys(before).filter((field) => !Object.hasOwn(after, field)).map((field) => [field, null])
  return Object.fromEntries([...Object.entries(after).filter(([field, value]) => JSON.stringify(value) !== JSON.stringify(before[field])), ...gone])
}
