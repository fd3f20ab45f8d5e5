import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'
import express from 'express'
import { createEditorApi, findMappingFault } from '../../editor-plugins/forms/runtime.ts'
import { fromDraft, toDraft } from '../../editor-plugins/forms/resources/mapping-draft.ts'
import { parseSteps, type TextRule } from '../../editor-plugins/forms/resources/mapping-text.ts'
import type { Catalogue } from '../../editor-plugins/forms/resources/types.ts'
import { schemaPaths } from '../../editor-plugins/forms/schema-paths.ts'
import { filterOperators } from '../../nodes/hub/filter.ts'
import { project } from './support.ts'

const hub = { project, types: new Map([['shopify:order', { type: 'object', properties: { name: {} } }]]) }
const catalogue = (language: string): unknown => JSON.parse(readFileSync(join(import.meta.dirname, `../../editor-plugins/forms/locales/${language}.json`), 'utf8'))

/** Every key of a nested object, dotted. */
const keysOf = (value: unknown, path = ''): string[] => typeof value === 'object' && value !== null
  ? Object.entries(value).flatMap(([key, child]) => keysOf(child, path === '' ? key : `${path}.${key}`))
  : [path]

describe('a rule as a row of the form', () => {
  const rules: TextRule[] = [
    { to: 'a', from: 'b', steps: [{ name: 'text' }], when: { path: 'c', exists: true }, comment: 'why' },
    { to: 'a', value: 'gross' }, { to: 'a', value: 'true' }, { to: 'a', value: true }, { to: 'a', value: null }, { to: 'a', value: { b: [1] } }, { to: 'a', value: '' },
    { to: 'a', expression: '$sum(b)' },
    { to: 'a', when: { path: 'b', exists: true } },
    { to: 'a', from: 'b', later: 1 },
  ]
  for (const rule of rules) {
    it(`comes back as it went in: ${JSON.stringify(rule)}`, () => {
      expect(fromDraft(toDraft(rule), rule)).to.deep.equal({ rule, faults: {} })
    })
  }

  it('keeps what was there where a text cannot be read, and says where', () => {
    const before: TextRule = { to: 'a', from: 'b', steps: [{ name: 'text' }], when: { path: 'c', is: 1 } }
    const { rule, faults } = fromDraft({ ...toDraft(before), steps: 'text | (', when: 'c perhaps', source: 'x y' }, before)
    expect(rule).to.deep.equal({ ...before, from: 'x y' })
    expect(Object.keys(faults)).to.have.members(['steps', 'when', 'source'])
    expect(fromDraft({ ...toDraft(before), to: '', source: '' }, before).faults).to.have.keys('to', 'source')
  })
})

describe('what the forms ask the hub', () => {
  it('has a text for every operator, the same keys in every language, and no empty text', () => {
    const keys = keysOf(catalogue('en-US'))
    for (const language of ['nb', 'sv']) expect(keysOf(catalogue(language))).to.deep.equal(keys)
    expect(keys.filter((key) => key.startsWith('operator.'))).to.have.members(filterOperators.map((name) => `operator.${name.replaceAll(' ', '-')}`))
  })

  it('answers types, lookups, steps and paths', async () => {
    const app = express()
    app.use(createEditorApi(hub))
    const server = app.listen(0, '127.0.0.1')
    try {
      await new Promise((resolve) => { server.once('listening', resolve) })
      const address = server.address()
      const base = `http://127.0.0.1:${typeof address === 'object' && address ? address.port : 0}`
      const get = async (path: string): Promise<unknown> => (await fetch(`${base}/${path}`)).json()
      const isCatalogue = (value: unknown): value is Catalogue => typeof value === 'object' && value !== null && 'steps' in value
      const found = await get('catalogue?language=nb')
      if (!isCatalogue(found)) return expect.fail('no catalogue')
      expect(found.types.kinds).to.include('torg:order')
      expect(found.types).to.deep.include({ connectors: ['shopify:order'], project: ['project:note'] })
      expect(found.lookups).to.deep.equal(['carriers'])
      expect(found.steps.find(({ name }) => name === 'upper')).to.deep.equal({ name: 'upper', label: 'Store bokstaver', template: 'upper' })
      // What a click inserts is a step the text can hold, once its parameters are filled in.
      for (const { template } of found.steps) expect(parseSteps(template.replaceAll(/: (?=[,)])/g, ': 1')), template).to.have.length(1)
      expect(await get('paths?type=torg:order')).to.include.members(['currency', 'lines[].totals.gross.amount', 'buyer.email'])
      expect(await get('paths?type=shopify:order')).to.deep.equal(['name'])
      expect(await get('paths?type=torg:nothing')).to.deep.equal([])
      const answer = await fetch(`${base}/mapping`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ from: 'any', to: 'any', rules: [{ to: 'a', from: 'b' }, { to: 'c', from: 'd', steps: [{ name: 'upcase' }] }] }) })
      expect(await answer.json()).to.have.property('rule', 1)
      return undefined
    } finally {
      server.close()
    }
  })

  it('finds nothing wrong with a mapping that compiles, and the form of one that is none', () => {
    expect(findMappingFault({ from: 'any', to: 'any', rules: [{ to: 'a', from: 'b' }] }, hub)).to.equal(null)
    expect(findMappingFault('nothing', hub)).to.have.property('rule', null)
  })

  it('ends where a schema refers to itself, and quotes odd names', () => {
    const paths = schemaPaths({ $defs: { node: { type: 'object', properties: { 'odd name': {}, 'child': { $ref: '#/$defs/node' } } } }, type: 'array', items: { $ref: '#/$defs/node' } })
    expect(paths).to.include.members(["[].'odd name'", "[].child.'odd name'"])
    expect(paths.length).to.be.below(20)
  })
})
