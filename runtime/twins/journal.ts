/** Keeps a twin's data over a restart, a `kill -9` too: one line per change, the last line of a key wins. */
import { closeSync, existsSync, mkdirSync, openSync, readFileSync, renameSync, writeFileSync, writeSync } from 'node:fs'
import { dirname } from 'node:path'

export interface Journal<T> {
  /** What was kept, in the order in which it was first written. */
  readonly entries: ReadonlyMap<string, T>
  put(key: string, value: T): void
  remove(key: string): void
  close(): void
}

/** Opens a journal; without a file it keeps nothing over a restart. `accepts` tells what of an old file still fits. */
export function openJournal<T>(file: string | undefined, accepts: (value: unknown) => value is T): Journal<T> {
  const entries = new Map<string, T>()
  if (file === undefined) return { entries, put: (key, value) => { entries.set(key, value) }, remove: key => { entries.delete(key) }, close: () => {} }
  mkdirSync(dirname(file), { recursive: true })
  if (existsSync(file)) replay(readFileSync(file, 'utf8'), entries, accepts)
  // Written anew at every start, so that the file holds each key once.
  writeFileSync(`${file}.new`, [...entries].map(([key, value]) => lineOf(key, value)).join(''))
  renameSync(`${file}.new`, file)
  const handle = openSync(file, 'a')
  return {
    entries,
    put(key, value) {
      entries.set(key, value)
      writeSync(handle, lineOf(key, value))
    },
    remove(key) {
      entries.delete(key)
      writeSync(handle, lineOf(key, null))
    },
    close: () => closeSync(handle),
  }
}

const lineOf = (key: string, value: unknown): string => `${JSON.stringify([key, value])}\n`

function replay<T>(text: string, entries: Map<string, T>, accepts: (value: unknown) => value is T): void {
  for (const line of text.split('\n')) {
    const parsed = parseLine(line)
    if (parsed === null) continue
    const [key, value] = parsed
    if (value === null) entries.delete(key)
    else if (accepts(value)) entries.set(key, value)
  }
}

/** Null for the line a crash has cut. */
function parseLine(line: string): [string, unknown] | null {
  try {
    const parsed: unknown = JSON.parse(line)
    return Array.isArray(parsed) && typeof parsed[0] === 'string' ? [parsed[0], parsed[1]] : null
  } catch {
    return null
  }
}
