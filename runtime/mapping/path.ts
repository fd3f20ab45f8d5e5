/** Paths: their grammar, and what two of them have in common. */

export type Segment =
  | { type: 'key', name: string }
  | { type: 'index', index: number }
  | { type: 'each' }
  | { type: 'group', name: string }

/** Where a source path starts. */
export type Root = 'source' | 'context' | 'position' | 'value' | 'element'
export interface Path { root: Root, segments: Segment[], text: string }

/** A path that cannot be read; `at` is the character (1-based). */
class PathError extends Error {
  readonly at: number
  constructor(message: string, at: number) { super(`${message} at character ${at}`); this.at = at }
}

const roots: Readonly<Record<string, Root>> = { $: 'source', $context: 'context', $position: 'position', $value: 'value', $element: 'element' }
const forbidden = new Set(['__proto__', 'constructor', 'prototype'])

/**
 * Reads a source path: keys divided by dots, `[]` for every element, `[0]` for one, odd names in quotes.
 * @throws PathError
 */
export function parseSourcePath(text: string): Path {
  const head = /^\$[a-z]*/i.exec(text)?.[0]
  if (head === undefined) return { root: 'source', segments: parseSegments(text, 0, false), text }
  const root = roots[head]
  if (root === undefined) throw new PathError(`${head} is not known; a path starts with a field name, or with ${Object.keys(roots).join(', ')}`, 1)
  const rest = text.slice(head.length)
  if (rest === '') return { root, segments: [], text }
  if (root === 'position') throw new PathError('$position is a number and has no fields', head.length + 1)
  if (!rest.startsWith('.') && !rest.startsWith('[')) throw new PathError(`"${rest[0]}" is not expected`, head.length + 1)
  return { root, segments: parseSegments(text, rest.startsWith('.') ? head.length + 1 : head.length, false), text }
}

/**
 * Reads a target path. `[name]` is a named group of a list; `$` alone is the whole target.
 * @throws PathError
 */
export function parseTargetPath(text: string): Segment[] {
  if (text === '$') return []
  if (text.startsWith('$')) throw new PathError('a target path starts with a field name', 1)
  return parseSegments(text, 0, true)
}

function parseSegments(text: string, start: number, target: boolean): Segment[] {
  const segments: Segment[] = []
  let at = start
  let keyExpected = true
  while (at < text.length) {
    const character = text.charAt(at)
    if (character === '[') {
      const end = text.indexOf(']', at)
      if (end < 0) throw new PathError('"[" has no "]"', at + 1)
      segments.push(parseBrackets(text.slice(at + 1, end), at, target))
      at = end + 1
      keyExpected = false
    } else if (character === '.') {
      if (keyExpected) throw new PathError('a field name is missing', at + 1)
      keyExpected = true
      at++
    } else {
      if (!keyExpected) throw new PathError(`"${character}" is not expected; divide names by a dot`, at + 1)
      const { name, next } = parseKey(text, at)
      if (forbidden.has(name)) throw new PathError(`the name ${name} is not allowed`, at + 1)
      segments.push({ type: 'key', name })
      at = next
      keyExpected = false
    }
  }
  if (keyExpected) throw new PathError('a field name is missing', text.length + 1)
  return segments
}

function parseBrackets(inside: string, at: number, target: boolean): Segment {
  if (inside === '') return { type: 'each' }
  if (/^\d{1,9}$/.test(inside)) return { type: 'index', index: Number(inside) }
  if (target && /^[a-z][a-z0-9-]*$/i.test(inside)) return { type: 'group', name: inside }
  throw new PathError(target ? `[${inside}] is neither [], a number nor a name` : `[${inside}] is neither [] nor a number; choose elements with the step filter`, at + 1)
}

function parseKey(text: string, at: number): { name: string, next: number } {
  const quote = text.charAt(at)
  if (quote === '\'' || quote === '"') {
    const end = text.indexOf(quote, at + 1)
    if (end < 0) throw new PathError('a quoted name has no end', at + 1)
    return { name: text.slice(at + 1, end), next: end + 1 }
  }
  const name = /^[^.[\]'"\s]+/.exec(text.slice(at))?.[0]
  if (name === undefined) throw new PathError(`"${quote}" is not expected; put odd names in quotes`, at + 1)
  return { name, next: at + name.length }
}

function sameSegment(a: Segment | undefined, b: Segment | undefined): boolean {
  if (a === undefined || b === undefined || a.type !== b.type) return false
  if (a.type === 'key' && b.type === 'key') return a.name === b.name
  if (a.type === 'index' && b.type === 'index') return a.index === b.index
  return a.type === 'each' || (a.type === 'group' && b.type === 'group' && a.name === b.name)
}

export function startsWith(path: readonly Segment[], prefix: readonly Segment[]): boolean {
  return prefix.length <= path.length && prefix.every((segment, index) => sameSegment(segment, path[index]))
}

/** The path as a person writes it. */
export function showSegments(segments: readonly Segment[]): string {
  if (segments.length === 0) return '$'
  return segments.map((segment, index) => {
    switch (segment.type) {
      case 'key': return `${index === 0 ? '' : '.'}${/^[^.[\]'"\s$][^.[\]'"\s]*$/.test(segment.name) ? segment.name : `'${segment.name}'`}`
      case 'index': return `[${segment.index}]`
      case 'group': return `[${segment.name}]`
      case 'each': return '[]'
    }
  }).join('')
}
