/** JSON as it stands in a project: read with the place of an error, written so that a diff is readable. */

const width = 100

/** A JSON object, as against a list or a value. */
export const isObject = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null && !Array.isArray(value)

/** Thrown by {@link parseJson}; line and column count from 1. */
class JsonSyntaxError extends Error {
  readonly line: number
  readonly column: number
  constructor(text: string, position: number) {
    const before = text.slice(0, position).split('\n')
    const line = before.length
    const column = (before.at(-1)?.length ?? 0) + 1
    const found = position >= text.length ? 'the end of the file' : JSON.stringify(text[position])
    super(`not JSON: unexpected ${found} at line ${line}, column ${column}`)
    this.line = line
    this.column = column
  }
}

/** Parses JSON; a byte order mark is ignored. Throws {@link JsonSyntaxError} with line and column. */
export function parseJson(text: string): unknown {
  const source = text.startsWith('\uFEFF') ? text.slice(1) : text
  try {
    return JSON.parse(source)
  } catch {
    throw new JsonSyntaxError(source, firstErrorIn(source))
  }
}

const token = /[ \t\n\r]*(?:([{}[\],:])|("(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*")|(-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null)(?![\w.+-]))/y

/** Offset of the first token that does not belong where it stands. The engine's own message often names none. */
function firstErrorIn(text: string): number {
  const open: ('{' | '[')[] = []
  let position = 0
  let expects: 'value' | 'value or ]' | 'key' | 'key or }' | 'colon' | 'comma or end' = 'value'
  for (;;) {
    token.lastIndex = position
    const match = token.exec(text)
    const start = position + (/^[ \t\n\r]*/.exec(text.slice(position))?.[0].length ?? 0)
    if (match === null) return start
    const [, mark, string, scalar] = match
    const top = open.at(-1)
    if (expects === 'colon') {
      if (mark !== ':') return start
      expects = 'value'
    } else if (expects === 'key' || expects === 'key or }') {
      if (string !== undefined) expects = 'colon'
      else if (mark === '}' && expects === 'key or }') { open.pop(); expects = 'comma or end' }
      else return start
    } else if (expects === 'comma or end') {
      if (top === undefined) return start
      if (mark === ',') expects = top === '{' ? 'key' : 'value'
      else if (mark === (top === '{' ? '}' : ']')) open.pop()
      else return start
    } else if (mark === '{') { open.push('{'); expects = 'key or }' }
    else if (mark === '[') { open.push('['); expects = 'value or ]' }
    else if (mark === ']' && expects === 'value or ]') { open.pop(); expects = 'comma or end' }
    else if (string !== undefined || scalar !== undefined) expects = 'comma or end'
    else return start
    position = token.lastIndex
  }
}

/**
 * Two-space JSON with a newline at the end. The first `expanded` levels stand one entry per line; below them a value that
 * fits on a line stays on it, so that a wire, a mapping rule or a position is one line in a diff.
 */
export function formatJson(value: unknown, expanded: number): string {
  return `${format(value, '', 0, expanded)}\n`
}

function format(value: unknown, indent: string, used: number, expanded: number): string {
  if (value === null || typeof value !== 'object') return JSON.stringify(value)
  const inline = formatInline(value)
  if (inline === '[]' || inline === '{}') return inline
  if (expanded <= 0 && indent.length + used + inline.length <= width && !inline.includes('\\n')) return inline
  const inner = `${indent}  `
  if (Array.isArray(value)) {
    return `[\n${value.map(item => inner + format(item, inner, 1, expanded - 1)).join(',\n')}\n${indent}]`
  }
  const lines = entries(value).map(([key, item]) => {
    const label = `${JSON.stringify(key)}: `
    return inner + label + format(item, inner, label.length + 1, expanded - 1)
  })
  return `{\n${lines.join(',\n')}\n${indent}}`
}

function formatInline(value: unknown): string {
  if (value === null || typeof value !== 'object') return JSON.stringify(value)
  if (Array.isArray(value)) return `[${value.map(formatInline).join(', ')}]`
  const parts = entries(value).map(([key, item]) => `${JSON.stringify(key)}: ${formatInline(item)}`)
  return parts.length === 0 ? '{}' : `{ ${parts.join(', ')} }`
}

const entries = (value: object): [string, unknown][] => Object.entries(value).filter(([, item]) => item !== undefined)

/** JSON with sorted keys: equal text means equal content, whatever the order of the keys was. */
export function canonicalJson(value: unknown): string {
  if (value === null || typeof value !== 'object') return JSON.stringify(value) ?? 'null'
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`
  return `{${entries(value).sort(([a], [b]) => a < b ? -1 : 1).map(([key, item]) => `${JSON.stringify(key)}:${canonicalJson(item)}`).join(',')}}`
}
