/** The module Node-RED would load. */
import assert from 'node:assert/strict'
import { languages } from '../definition.ts'
import { renderPalette } from '../palette.ts'
import { localeFolders } from '../palette/keys.ts'
import { findUnbalancedTag, namesOf, runRegistrations, scriptsOf } from './html.ts'
import type { Subject } from './subject.ts'

export function describePalette({ definition, types }: Subject): void {
  const read = (path: string): string => {
    const content = renderPalette({ connectors: [definition], kinds: ['order'], outDir: '', version: '0.0.0' }).get(path)
    assert.ok(content !== undefined, `the palette has ${path}`)
    return String(content)
  }

  it('generates html that parses and registers every type', () => {
    const html = read(`${definition.name}.html`)
    assert.deepEqual(namesOf(html, 'data-template-name'), types.map(({ type }) => type))
    for (const template of scriptsOf(html, 'data-template-name')) assert.equal(findUnbalancedTag(template), null, 'every tag of the form is closed')
    const registered = runRegistrations([...scriptsOf(read('plugins/kit.html'), 'text/javascript'), ...scriptsOf(html, 'text/javascript')])
    assert.deepEqual([...registered.keys()], types.map(({ type }) => type))
    for (const { type, fields } of types) assert.deepEqual(Object.keys(registered.get(type)?.defaults ?? {}).filter(name => name !== 'info'), Object.keys(fields), `${type}: the fields of the form`)
  })

  it('keeps secrets out of the generated defaults', () => {
    const registered = runRegistrations([...scriptsOf(read('plugins/kit.html'), 'text/javascript'), ...scriptsOf(read(`${definition.name}.html`), 'text/javascript')])
    for (const { type, fields } of types) {
      const secrets = Object.entries(fields).filter(([, field]) => field.type === 'secret').map(([name]) => name)
      assert.deepEqual(Object.keys(registered.get(type)?.credentials ?? {}), secrets, `${type}: secret fields are credentials`)
      for (const name of secrets) assert.equal(registered.get(type)?.defaults[name]?.value, '', `${type}: ${name} starts empty`)
    }
  })

  it('generates help and texts for every node in every language', () => {
    for (const language of languages) {
      assert.deepEqual(namesOf(read(`locales/${localeFolders[language]}/${definition.name}.html`), 'data-help-name'), types.map(({ type }) => type))
      JSON.parse(read(`locales/${localeFolders[language]}/${definition.name}.json`))
    }
  })
}
