/** Part of `npm pack`: puts what is not TypeScript (icons, help, html, SQL, schemas) beside the compiled files in dist/lib. */
import { cpSync } from 'node:fs'
import { basename, join } from 'node:path'

const root = join(import.meta.dirname, '../..')
for (const folder of ['runtime', 'nodes', 'editor-plugins']) {
  cpSync(join(root, folder), join(root, 'dist/lib', folder), {
    recursive: true,
    filter: source => !/\.(ts|test\.json)$/.test(source) && basename(source) !== 'README.md',
  })
}
