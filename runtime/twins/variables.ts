/** The variables that stand-ins set for the flows, for workers on the same data folder: they run flows and no stand-ins. */
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

const fileOf = (dataDir: string): string => join(dataDir, 'twin-variables.json')

/** Writes them down; readable for this user only. */
export async function saveTwinVariables(dataDir: string, variables: Readonly<Record<string, string>>): Promise<void> {
  await writeFile(fileOf(dataDir), JSON.stringify(variables, undefined, 2), { mode: 0o600 })
}

/** Empty where no hub has written any. */
export async function readTwinVariables(dataDir: string): Promise<Record<string, string>> {
  const text = await readFile(fileOf(dataDir), 'utf8').catch(() => '{}')
  const variables: unknown = JSON.parse(text)
  return typeof variables === 'object' && variables !== null ? Object.fromEntries(Object.entries(variables).map(([name, value]) => [name, String(value)])) : {}
}
