/** Reading and writing single files of a project. */
import { randomUUID } from 'node:crypto'
import { mkdir, readFile, readdir, rename, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { parseJson } from './json.ts'
import type { FlowFinding } from './types.ts'

export const isMissing = (thrown: unknown): boolean => thrown instanceof Error && 'code' in thrown && (thrown.code === 'ENOENT' || thrown.code === 'ENOTDIR')

/** A parsed file, null where there is none, or what is wrong with it. `path` is relative, with forward slashes. */
export async function readJsonFile(folder: string, path: string): Promise<{ value: unknown } | { finding: FlowFinding } | null> {
  let text: string
  try {
    text = await readFile(join(folder, path), 'utf8')
  } catch (thrown) {
    if (isMissing(thrown)) return null
    return { finding: { code: 'file.invalid', file: path, detail: `cannot be read: ${thrown instanceof Error ? thrown.message : String(thrown)}` } }
  }
  try {
    return { value: parseJson(text) }
  } catch (thrown) {
    return { finding: { code: 'file.invalid', file: path, detail: thrown instanceof Error ? thrown.message : String(thrown) } }
  }
}

/** Names without `.json` of the JSON files of a folder, sorted; none where the folder is missing. */
export async function listJsonFiles(folder: string): Promise<string[]> {
  try {
    const names = await readdir(folder)
    return names.filter(name => name.endsWith('.json') && !name.startsWith('.')).map(name => name.slice(0, -'.json'.length)).sort()
  } catch (thrown) {
    if (isMissing(thrown)) return []
    throw thrown
  }
}

/** Relative paths of all files below a folder, sorted, with forward slashes; none where the folder is missing. */
export async function listFiles(folder: string): Promise<string[]> {
  try {
    const found = await readdir(folder, { recursive: true, withFileTypes: true })
    return found.filter(entry => entry.isFile()).map(entry => join(entry.parentPath, entry.name).slice(folder.length + 1).replaceAll('\\', '/')).sort()
  } catch (thrown) {
    if (isMissing(thrown)) return []
    throw thrown
  }
}

/** Replaces files so that a reader sees either the old or the new text of each: all are written beside their places first, then moved. */
export async function replaceFiles(folder: string, files: ReadonlyMap<string, string>): Promise<void> {
  const moves: { from: string, to: string }[] = []
  try {
    for (const [path, text] of files) {
      const to = join(folder, path)
      const from = join(dirname(to), `.${randomUUID()}.tmp`)
      await mkdir(dirname(to), { recursive: true })
      moves.push({ from, to })
      await writeFile(from, text)
    }
    for (const { from, to } of moves) await rename(from, to)
  } catch (thrown) {
    await Promise.all(moves.map(({ from }) => rm(from, { force: true })))
    throw thrown
  }
}
