/** `torg new connector <name>`: a connector that passes the conformance suite, in nodes/ or as a package of its own. */
import { resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { print, UsageError } from './usage.ts'

export async function run(args: string[]): Promise<number> {
  const { values, positionals } = parseArgs({ args, allowPositionals: true, options: { package: { type: 'string' } } })
  const [what, name, extra] = positionals
  if (what !== 'connector' || name === undefined || extra !== undefined) throw new UsageError('Say what to make: a connector, and its name.')
  const { scaffoldConnector } = await import('../kit/scaffold.ts')
  const folder = values.package === undefined ? fileURLToPath(new URL(`../../nodes/${name}`, import.meta.url)) : resolve(values.package)
  await scaffoldConnector({ name, folder, asPackage: values.package !== undefined })
  const how = values.package === undefined ? 'npm test' : 'npm install && npm test, in that folder'
  print(`Made the connector "${name}" in ${folder}. It passes the conformance suite (${how}); now make it your own.`)
  return 0
}
