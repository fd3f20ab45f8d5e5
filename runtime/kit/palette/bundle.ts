/** The forms' browser code as one script: no bundler needed for a handful of files that import only each other. */
import { readFileSync } from 'node:fs'
import { extname, join } from 'node:path'
import { stripTypes } from './strip-types.ts'

/** In the order in which they need each other. */
const files = ['faults', 'editor/texts', 'editor/elements', 'editor/secret', 'editor/fields', 'editor/check', 'editor/form', 'editor/register']
const kitFolder = join(import.meta.dirname, '..')
/** `.ts` from source, `.js` in the built package. */
const extension = extname(import.meta.filename)

/** The script, without types, imports and exports, in a scope of its own. */
export function bundleEditorCode(): string {
  const parts = files.map(file => toBrowserScript(readFileSync(join(kitFolder, `${file}${extension}`), 'utf8'), extension))
  return `(() => {\n'use strict'\n${parts.join('\n')}\n})()`
}

/** One module of ours as a plain script: without types, imports, exports and comments. */
function toBrowserScript(source: string, from: string): string {
  const javaScript = from === '.ts' ? stripTypes(source) : source
  return javaScript
    .replace(/^import [^\n]*\n/gm, '')
    .replace(/^export \{[^\n]*\n?/gm, '')
    .replace(/^export (?=(?:async )?(?:function|const|class|let)\b)/gm, '')
    .replace(/^\s*\/\*\*[\s\S]*?\*\/[ \t]*\n/gm, '')
    .replace(/^\s*\/\/[^\n]*\n/gm, '')
    .replace(/[ \t]+$/gm, '')
    .replace(/\n{2,}/g, '\n')
    .trim()
}
