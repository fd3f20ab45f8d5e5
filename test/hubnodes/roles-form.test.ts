import { expect } from 'chai'
import express from 'express'
import { createEditorApi } from '../../editor-plugins/forms/runtime.ts'
import { roleFields } from '../../editor-plugins/forms/role-fields.ts'
import { fromDraft, moveMaster, placeMaster, removeMaster, toDraft } from '../../editor-plugins/forms/resources/roles-draft.ts'
import { kindOf } from '../../runtime/model/index.ts'
import { project } from './support.ts'

describe('a row of the role table in the form', () => {
  const rows: object[] = [
    { kind: 'order', masters: ['shop', ['pos', 'erp']], merge: 'newest' },
    { kind: 'order', field: 'payments', scope: { market: 'se' }, masters: ['erp'], readers: [] },
    { kind: 'customer', field: 'creditLimit', readers: ['erp', 'crm'] },
    { kind: 'customer', field: 'emails', masters: [['crm', 'shop']], merge: 'union' },
  ]
  for (const row of rows) it(`comes back as it went in: ${JSON.stringify(row)}`, () => { expect(fromDraft(toDraft(row))).to.deep.equal(row) })

  it('is about masters until it has readers', () => {
    expect(fromDraft(toDraft({}))).to.deep.equal({ kind: '', masters: [] })
  })

  const ranks = [['a'], ['b', 'c'], ['d']]
  const moves: [what: string, actual: string[][], expected: string[][]][] = [
    ['lower: beside the next', moveMaster(ranks, 'a', { by: 1, equal: true }), [['b', 'c', 'a'], ['d']]],
    ['lower again: behind them', moveMaster([['b', 'c', 'a'], ['d']], 'a', { by: 1, equal: true }), [['b', 'c'], ['a'], ['d']]],
    ['higher: before those it was beside', moveMaster(ranks, 'c', { by: -1, equal: true }), [['a'], ['c'], ['b'], ['d']]],
    ['the highest stays', moveMaster(ranks, 'a', { by: -1, equal: true }), ranks],
    ['the lowest stays', moveMaster(ranks, 'd', { by: 1, equal: true }), ranks],
    ['by rank alone it changes places', moveMaster([['a'], ['b'], ['c']], 'a', { by: 1, equal: false }), [['b'], ['a'], ['c']]],
    ['and back', moveMaster([['b'], ['a'], ['c']], 'a', { by: -1, equal: false }), [['a'], ['b'], ['c']]],
    ['dropped before a rank', placeMaster(ranks, 'd', { rank: 0, beside: false }), [['d'], ['a'], ['b', 'c']]],
    ['dropped behind all', placeMaster(ranks, 'a', { rank: 3, beside: false }), [['b', 'c'], ['d'], ['a']]],
    ['dropped on others', placeMaster(ranks, 'd', { rank: 0, beside: true }), [['a', 'd'], ['b', 'c']]],
    ['dropped on itself', placeMaster(ranks, 'a', { rank: 0, beside: true }), ranks],
    ['taken away', removeMaster(ranks, 'd'), [['a'], ['b', 'c']]],
  ]
  for (const [what, actual, expected] of moves) it(`moves a master: ${what}`, () => { expect(actual).to.deep.equal(expected) })
})

describe('what the form of the role table asks the hub', () => {
  it('offers the fields of a kind, lists as a whole, and what tells its records apart', () => {
    const { fields, scope } = roleFields(kindOf('customer'))
    const lists = new Map(fields.map(({ path, list }) => [path, list]))
    expect([lists.get('emails'), lists.get('loyalty.points'), lists.get('name'), lists.get('deletedAt')]).to.deep.equal([true, false, false, false])
    expect([...lists.keys()].filter((path) => /[[\]']/.test(path) || path === 'refs')).to.deep.equal([])
    expect(scope).to.deep.equal(['country', 'homeStore'])
  })

  it('says what is wrong with which row, and what to look at, in the language of the editor', async () => {
    const app = express()
    app.use(createEditorApi({ project, types: new Map() }))
    const server = app.listen(0, '127.0.0.1')
    try {
      await new Promise((resolve) => { server.once('listening', resolve) })
      const address = server.address()
      const base = `http://127.0.0.1:${typeof address === 'object' && address ? address.port : 0}/roles`
      const rows = [{ kind: '' }, { kind: 'customer', field: 'name', masters: ['erp', 'sap'] }]
      const post = async (language: string, body: unknown): Promise<unknown> => (await fetch(`${base}?language=${language}`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) })).json()
      const found = await post('nb', { rows, nodes: [{ id: 's', type: 'rest-system', key: 'erp' }] })
      expect(found).to.have.deep.property('faults', [
        { row: 0, at: 'kind', detail: 'må nevne en type, for eksempel "order"' },
        { row: 1, at: 'masters', detail: 'det finnes ikke noe system "sap"; det finnes erp' },
      ])
      expect(found).to.have.property('warnings').with.length(1).and.to.have.nested.property('[0]').that.contains('Ingen er master for disse feltene i customer')
      expect(await post('sv', { rows: 'none', nodes: 'none' })).to.have.nested.property('faults[0].detail').that.contains('måste vara en lista')
      expect(await (await fetch(`${base}?kind=order`)).json()).to.have.deep.property('scope', [...kindOf('order').scope])
      expect(await (await fetch(`${base}?kind=nothing`)).json()).to.equal(null)
    } finally {
      server.close()
    }
  })
})
