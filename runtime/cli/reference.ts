/** `torg reference`: what partners need of a project's API, as files. */
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { openApiDocument } from '../api/openapi/document.ts'
import { referencePage } from '../api/openapi/page.ts'
import { readProject } from '../project/index.ts'
import { readSettings } from '../settings.ts'
import { version } from '../version.ts'
import { print, UsageError } from './usage.ts'

export async function run(args: string[]): Promise<number> {
  const { positionals: [project, out, extra] } = parseArgs({ args, allowPositionals: true })
  if (project === undefined || out === undefined || extra !== undefined) throw new UsageError('Say the folder of the project and the one to write into.')
  const { kinds } = await readProject(project)
  const { publicUrl } = readSettings(process.env)
  const files = new Map([
    ['openapi.json', asText(openApiDocument({ kinds, version, publicUrl }))],
    ...[...kinds.values()].flatMap((kind): [string, string][] => [
      [join('schemas', `${kind.schemaName}.json`), asText(kind.schema)],
      [join('reference', `${kind.name}.md`), referencePage(kind)],
    ]),
  ])
  for (const folder of ['schemas', 'reference']) await mkdir(join(out, folder), { recursive: true })
  for (const [name, text] of files) await writeFile(join(out, name), text)
  print(`${files.size} files written to ${out}: openapi.json, schemas/ and reference/, of ${kinds.size} kinds.`)
  return 0
}

const asText = (value: unknown): string => `${JSON.stringify(value, undefined, 2)}\n`
