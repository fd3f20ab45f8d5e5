import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'
import { changesOf, findFault, findLines, layOut, toLines } from '../../editor-plugins/deliveries/resources/json-text.ts'
import { groupLanes, nodesOf, sumLanes } from '../../editor-plugins/deliveries/resources/lane-groups.ts'
import type { LaneRow, NodeRow } from '../../editor-plugins/deliveries/resources/types.ts'

const node = (id: string, over: Partial<NodeRow> = {}): NodeRow => ({ node: id, type: 'hub changes', name: id, deployed: true, pending: 0, due: 0, held: 0, dead: 0, oldestMs: 0, ...over })
const lane = (name: LaneRow['lane'], nodes: NodeRow[], over: Partial<LaneRow> = {}): LaneRow => ({
  lane: name, label: name.slice(0, 3).toUpperCase(), state: 'working', paused: null, open: null, throttledUntil: null, failures: 0, error: null,
  pending: nodes.reduce((sum, { pending }) => sum + pending, 0), due: 0, held: 0, dead: nodes.reduce((sum, { dead }) => sum + dead, 0), oldestMs: 0, nodes, ...over,
})

const plugin = join(import.meta.dirname, '../../editor-plugins/deliveries')
const flatten = (value: unknown, path = ''): Map<string, string> => new Map(typeof value === 'object' && value !== null
  ? Object.entries(value).flatMap(([name, inner]) => [...flatten(inner, path === '' ? name : `${path}.${name}`)])
  : [[path, String(value)]])

describe('the Deliveries sidebar', () => {
  const lanes = [lane('erp.out', [node('a', { dead: 2 }), node('b')]), lane('crm.in', [node('c', { pending: 3 })]), lane('erp.in', [node('d')], { state: 'paused' }), lane('old.out', [node('e')], { label: null })]
  const shape = (onlyBusy: boolean): unknown => groupLanes(lanes, onlyBusy).map(({ label, lanes: own }) => [label, own.map(({ lane: name, nodes }) => [name, nodes.map((one) => one.node).join()])])

  it('groups lanes by system, what comes in first', () => {
    expect(shape(false)).to.deep.equal([['CRM', [['crm.in', 'c']]], ['ERP', [['erp.in', 'd'], ['erp.out', 'a,b']]], ['old', [['old.out', 'e']]]])
  })

  it('leaves out what needs nobody, but never a lane that does not work', () => {
    expect(shape(true)).to.deep.equal([['CRM', [['crm.in', 'c']]], ['ERP', [['erp.in', ''], ['erp.out', 'a']]]])
  })

  it('has every text that it shows, in each language, with the same places to fill in', () => {
    const catalogues = ['en-US', 'nb', 'sv'].map((language) => flatten(JSON.parse(readFileSync(join(plugin, 'locales', `${language}.json`), 'utf8'))))
    const [english = new Map<string, string>()] = catalogues
    const places = (text: string | undefined): string[] => [...(text ?? '').matchAll(/__\w+__/g)].map(([place]) => place).sort()
    for (const other of catalogues) for (const [key, text] of english) expect([key, places(other.get(key)), other.get(key) !== ''], key).to.deep.equal([key, places(text), true])
    for (const other of catalogues) expect([...other.keys()]).to.deep.equal([...english.keys()])
    for (const file of readdirSync(join(plugin, 'resources')).filter((name) => name.endsWith('.ts'))) {
      for (const [, call, key = ''] of readFileSync(join(plugin, 'resources', file), 'utf8').matchAll(/\b(text|counted)\('([\w.]+)'/g)) expect(english.has(call === 'text' ? key : `${key}.other`), `${file}: ${key}`).to.equal(true)
    }
  })

  it('sums, and knows nodes by id', () => {
    expect(sumLanes(lanes)).to.deep.equal({ pending: 3, held: 0, dead: 2, paused: 1, open: 0 })
    expect([...nodesOf(lanes).keys()]).to.deep.equal(['a', 'b', 'c', 'd', 'e'])
  })

  it('lays a document out as JSON.stringify does, and finds what a pointer names in it', () => {
    const document = { id: 7, lines: [{ sku: 'a/b', total: 'x' }, {}], 'a/b~c': [], note: null }
    const lines = toLines(document)
    expect(lines.map(({ text }) => text).join('\n')).to.equal(JSON.stringify(document, null, 2))
    const found = (pointer: string): unknown => {
      const range = findLines(lines, pointer)
      return range && [lines.slice(range.first, range.last + 1).map(({ text }) => text.trim()).join(''), range.exact]
    }
    expect(found('/lines/0/total')).to.deep.equal(['"total": "x"', true])
    expect(found('/lines/0')).to.deep.equal(['{"sku": "a/b","total": "x"},', true])
    expect(found('/a~1b~0c')).to.deep.equal(['"a/b~c": [],', true])
    expect(found('/lines/0/quantity'), 'what is missing').to.deep.equal(['{"sku": "a/b","total": "x"},', false])
    expect(found('/currency')).to.equal(null)
    expect(found('')).to.equal(null)
    expect(toLines('text')).to.deep.equal([{ text: '"text"', pointer: '' }])
  })

  it('shows a text that is no JSON as it is, and says why it is none', () => {
    expect(layOut('{"a":1}').text).to.equal('{\n  "a": 1\n}')
    expect(layOut('a,b\n1,2').lines.map(({ text }) => text)).to.deep.equal(['a,b', '1,2'])
    expect(findFault('{"a":1}')).to.equal(null)
    expect(findFault('{\n  "a": 1,\n  b\n}')).to.include({ line: 3 })
    expect(findFault('')?.detail).to.be.a('string')
  })

  it('tells a change of a record by its top-level fields', () => {
    expect(changesOf({ a: 1, b: [1], c: 'x', d: {} }, { a: 1, b: [1, 2], d: {}, e: true })).to.deep.equal({ b: [1, 2], e: true, c: null })
    expect(changesOf({ a: { b: 1 } }, { a: { b: 1 } })).to.deep.equal({})
  })
})
