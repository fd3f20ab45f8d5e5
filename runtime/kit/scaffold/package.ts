/** What a connector needs beside its sources to be a package of its own. */
import { relative } from 'node:path'
import type { ScaffoldNames } from './connector.ts'

interface HubManifest { version: string, devDependencies: Readonly<Record<string, string>> }

/** Files of the package by path. `hubRoot` is linked for types and tests; a running hub brings its own kit. */
export function packageFiles(names: ScaffoldNames, { folder, hubRoot, hub }: { folder: string, hubRoot: string, hub: HubManifest }): Record<string, string> {
  const tools = Object.fromEntries(['@types/mocha', '@types/node', 'mocha', 'node', 'typescript'].map(name => [name, hub.devDependencies[name] ?? '*']))
  return {
    'package.json': json({
      name: `torg-${names.name}`,
      version: '0.1.0',
      description: `Torg connector for ${names.label}`,
      type: 'module',
      torg: { connector: './dist/index.js' },
      exports: { '.': './dist/index.js', './package.json': './package.json' },
      files: ['dist', 'icons'],
      scripts: { build: 'tsc', test: 'npm run -s build && mocha "test/**/*.test.ts"', prepack: 'npm run -s build' },
      peerDependencies: { '@torg/hub': '*' },
      peerDependenciesMeta: { '@torg/hub': { optional: true } },
      devDependencies: { '@torg/hub': `file:${relative(folder, hubRoot).replaceAll('\\', '/')}`, ...tools },
      allowScripts: { node: true },
    }),
    'tsconfig.json': json({
      compilerOptions: {
        target: 'es2024', lib: ['es2024'], types: ['node'], module: 'nodenext', strict: true, noUncheckedIndexedAccess: true, erasableSyntaxOnly: true,
        verbatimModuleSyntax: true, allowImportingTsExtensions: true, rewriteRelativeImportExtensions: true, skipLibCheck: true, rootDir: 'src', outDir: 'dist',
      },
      include: ['src'],
    }),
    'test/conformance.test.ts': `import { join } from 'node:path'
import { describeConnector } from '@torg/hub/conformance'
import connector from '../dist/index.js'

describeConnector(connector, { folder: join(import.meta.dirname, '..') })
`,
    '.gitignore': 'node_modules/\ndist/\n',
  }
}

/** How the package is used, for its README. */
export const packageReadme = ({ name }: ScaffoldNames): string => `
## As a package

\`npm install && npm test\` builds it and runs the suite. \`@torg/hub\` is linked from a checkout of the hub, whose \`npm run prepack\` makes what the link
needs; run that again after the hub changed. In a project: \`npm install <this folder, or what npm pack made>\`, and name it in the project's package.json:

\`\`\`json
{ "torg": { "connectors": ["torg-${name}"] } }
\`\`\`

The running hub gives it its own kit, whatever copy lies beside it.
`

const json = (value: unknown): string => `${JSON.stringify(value, null, 2)}\n`
