/** `torg init`: an empty project that starts. */
import { mkdir, readdir, realpath, writeFile } from 'node:fs/promises'
import { basename, dirname, join, relative, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { TorgError } from '../errors.ts'
import { isCheckout, packageRoot, version } from '../version.ts'
import { onlyArgument, print } from './usage.ts'

export async function run(args: string[]): Promise<number> {
  const { positionals } = parseArgs({ args, allowPositionals: true })
  const folder = resolve(onlyArgument(positionals, 'folder'))
  await makeEmptyFolder(folder)
  for (const [path, content] of Object.entries(projectFiles(basename(folder), await hubDependency(folder)))) {
    const file = join(folder, path)
    await mkdir(dirname(file), { recursive: true })
    await writeFile(file, typeof content === 'string' ? content : `${JSON.stringify(content, undefined, 2)}\n`)
  }
  print(`Made an empty project in ${folder}. Start it with: ${isCheckout ? 'npm run -s torg -- start' : 'npx torg start'} "${positionals[0]}" --development`)
  return 0
}

/** A checkout is linked: its version need not be in any registry, and npm looks it up before it installs anything else. */
async function hubDependency(folder: string): Promise<string> {
  return isCheckout ? `file:${relative(await realpath(folder), packageRoot).replaceAll('\\', '/')}` : `^${version}`
}

async function makeEmptyFolder(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true })
  const found = await readdir(folder)
  // A repository made first is fine.
  if (found.some(name => name !== '.git')) {
    throw new TorgError('request.conflict', { detail: `${folder} is not empty: it has ${found.slice(0, 3).join(', ')}.`, next: 'Name a new folder.' })
  }
}

function projectFiles(folderName: string, hub: string): Record<string, unknown> {
  const name = folderName.toLowerCase().replace(/[^a-z0-9-]+/g, '-').replace(/^-+|-+$/g, '') || 'retailer'
  return {
    'package.json': {
      name,
      version: '0.1.0',
      private: true,
      type: 'module',
      scripts: { start: 'torg start . --development' },
      dependencies: { '@torg/hub': hub },
      torg: { connectors: [] },
    },
    '.gitignore': 'node_modules/\n.torg/\n',
    'README.md': readme(folderName),
    'systems.json': [],
    'roles.json': [],
    'tabs/orders.json': [{ id: '0de5000000000001', type: 'tab', label: 'Orders', disabled: false, info: '' }],
    'layout/orders.json': {},
  }
}

function readme(name: string): string {
  const linked = `
\`@torg/hub\` is linked from a checkout: \`npm run prepack\` there makes what \`npm start\` runs, again after every change of it. To run a released one,
\`npm install\` what \`npm pack\` made there.
`
  return `# ${name}

A Torg project: one retailer, one hub, one database.

| what | where |
|---|---|
| flows, one file per tab | \`tabs/\`, their layout apart in \`layout/\` |
| systems: webshops, ERP, stores | \`systems.json\` |
| which system is master of which fields | \`roles.json\` |
| tables of values a mapping looks up | \`lookups/\` |
| schemas of the retailer's own formats | \`schemas/\` |
| own fields of orders, customers and so on, one file per kind and namespace | \`extensions/\` |
| sample documents | \`cases/\` |

\`npm install && npm start\` runs it in development: Deploy in the editor writes these files. Commit them.
In production run \`npx torg start .\` without \`--development\`, and bring changed flows to it with \`npx torg deploy .\`. Secrets are referred to as \`\${NAME}\` (environment) or \`file:/path\`, never written here.
${isCheckout ? linked : ''}`
}
