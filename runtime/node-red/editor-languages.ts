/** Languages of the editor's menu beyond Node-RED's own. */
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'

/** The part of `@node-red/util/lib/i18n.js` used here; `i` is i18next. */
interface I18n {
  i: { addResource(language: string, namespace: string, key: string, text: string): void, addResourceBundle(language: string, namespace: string, texts: object): void }
  availableLanguages(namespace: string): string[] | undefined
}

const { i18n }: { i18n: I18n } = createRequire(createRequire(import.meta.url).resolve('node-red'))('@node-red/util')

export interface EditorLanguage {
  /** As the browser names it: `nb`. */
  code: string
  /** What the language calls itself. */
  name: string
}

/**
 * Puts languages into the editor's menu, which lists those of its own catalogue, with the texts in `<folder>/<code>.json`
 * (the keys of `@node-red/editor-client/locales/en-US/editor.json`). What they leave out stays English. Call it once Node-RED
 * has started, which registers its own.
 */
export function addEditorLanguages(folder: string, languages: readonly EditorLanguage[]): void {
  // Node-RED hands out its own list; it is made anew at every start.
  const known = i18n.availableLanguages('editor') ?? []
  for (const { code, name } of languages) {
    const texts: object = JSON.parse(readFileSync(join(folder, `${code}.json`), 'utf8'))
    i18n.i.addResourceBundle(code, 'editor', texts)
    // English is every language's fallback, so the name is found in each.
    i18n.i.addResource('en-US', 'editor', `languages.${code}`, name)
    if (!known.includes(code)) known.push(code)
  }
}
