import { expect } from 'chai'
import { mkdtemp, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { readProject, writeProject, type FlowNode, type Flows } from '../../runtime/project/index.ts'
import { createRandom, randomFlows } from './random-flows.ts'

const byId = (flows: Flows): Record<string, FlowNode> => Object.fromEntries(flows.map(node => [node.id, node]))

async function textsOf(folder: string): Promise<Record<string, string>> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  const files = entries.filter(entry => entry.isFile()).map(entry => join(entry.parentPath, entry.name)).sort()
  return Object.fromEntries(await Promise.all(files.map(async file => [file.slice(folder.length + 1), await readFile(file, 'utf8')] as const)))
}

describe('a project, written and read', () => {
  let folder: string
  beforeEach(async () => { folder = await mkdtemp(join(tmpdir(), 'torg-project-')) })
  afterEach(async () => { await rm(folder, { recursive: true, force: true }) })

  it('keeps every node of 150 random flow arrays, and is stable from then on', async function () {
    this.timeout(60_000)
    for (let seed = 1; seed <= 150; seed++) {
      const random = createRandom(seed)
      const flows = randomFlows(random)
      await writeProject(folder, flows)
      const read = await readProject(folder)
      expect(byId(read.flows), `seed ${seed}`).to.deep.equal(byId(flows))
      expect(read.flows.filter(({ type }) => type === 'tab').map(({ id }) => id), `tabs of seed ${seed}`).to.deep.equal(flows.filter(({ type }) => type === 'tab').map(({ id }) => id))

      const texts = await textsOf(folder)
      expect(await writeProject(folder, read.flows), `seed ${seed}`).to.deep.equal({ written: [], removed: [] })
      expect(await textsOf(folder)).to.deep.equal(texts)
      expect((await readProject(folder)).flows).to.deep.equal(read.flows)
      expect(Object.values(texts).join('')).to.not.match(/"x": \d+.*"type"/)
    }
  })

  const tab = (id: string, label: string): FlowNode => ({ id, type: 'tab', label })
  const node = (id: string, z: string, more: Partial<FlowNode> = {}): FlowNode => ({ id, type: 'function', z, name: id, x: 100, y: 100, wires: [], ...more })

  it('keeps logic and layout apart: moving a node changes only the layout file', async () => {
    const flows = [tab('t1', 'Orders'), node('a', 't1', { wires: [['b']] }), node('b', 't1')]
    await writeProject(folder, flows)
    const moved = flows.map(item => item.id === 'b' ? { ...item, x: 300 } : item)
    expect(await writeProject(folder, moved)).to.deep.equal({ written: ['layout/orders.json'], removed: [] })
    expect(await readFile(join(folder, 'layout/orders.json'), 'utf8')).to.contain('"b": { "x": 300, "y": 100 }\n')
    expect(await readFile(join(folder, 'tabs/orders.json'), 'utf8')).to.not.match(/"[xyz]":/)
  })

  it('appends new nodes and keeps the order of those that were there', async () => {
    await writeProject(folder, [tab('t1', 'Orders'), node('a', 't1', { wires: [['b']] }), node('b', 't1')])
    await writeProject(folder, [tab('t1', 'Orders'), node('new', 't1', { wires: [['a']] }), node('b', 't1'), node('a', 't1', { wires: [['b']] })])
    const ids = (JSON.parse(await readFile(join(folder, 'tabs/orders.json'), 'utf8')) as FlowNode[]).map(({ id }) => id)
    expect(ids).to.deep.equal(['t1', 'a', 'b', 'new'])
  })

  it('keeps the file of a renamed tab, removes those of a deleted one, and touches no other', async () => {
    await writeProject(folder, [tab('t1', 'Orders'), tab('t2', 'ERP'), tab('t3', 'CRM')])
    const before = await stat(join(folder, 'tabs/crm.json'))
    const result = await writeProject(folder, [tab('t1', 'Web orders'), tab('t3', 'CRM')])
    expect(result).to.deep.equal({ written: ['tabs/orders.json'], removed: ['tabs/erp.json', 'layout/erp.json'] })
    expect((await stat(join(folder, 'tabs/crm.json'))).mtimeMs).to.equal(before.mtimeMs)
    expect((await readProject(folder)).flows.map(({ label }) => label)).to.deep.equal(['Web orders', 'CRM'])
  })

  it('gives a deleted tab\'s name to a new one without losing it', async () => {
    await writeProject(folder, [tab('t1', 'Orders')])
    await writeProject(folder, [tab('t2', 'Orders')])
    expect((await readProject(folder)).flows.map(({ id }) => id)).to.deep.equal(['t2'])
    await writeProject(folder, [tab('t2', 'Orders'), tab('t3', 'Orders'), tab('t4', 'orders!')])
    expect((await readdir(join(folder, 'tabs'))).sort()).to.deep.equal(['orders-2.json', 'orders-3.json', 'orders.json'])
  })

  it('keeps the order of tabs, and renumbers none when one is put between two', async () => {
    await writeProject(folder, [tab('t1', 'Zeta'), tab('t2', 'Alpha')])
    const { written } = await writeProject(folder, [tab('t1', 'Zeta'), tab('t3', 'Middle'), tab('t2', 'Alpha')])
    expect(written).to.deep.equal(['tabs/middle.json', 'layout/middle.json'])
    expect((await readProject(folder)).flows.map(({ id }) => id)).to.deep.equal(['t1', 't3', 't2'])
  })

  it('leaves a file alone that says the same in another format', async () => {
    await writeProject(folder, [tab('t1', 'Orders'), node('a', 't1')])
    const file = join(folder, 'tabs/orders.json')
    const dense = JSON.stringify(JSON.parse(await readFile(file, 'utf8')))
    await writeFile(file, dense)
    expect((await writeProject(folder, (await readProject(folder)).flows)).written).to.deep.equal([])
    expect(await readFile(file, 'utf8')).to.equal(dense)
  })

  it('keeps the role table in a file of its own, byte for byte, and takes it away with the node', async () => {
    const text = '[\n  { "kind": "order", "masters": ["erp", ["pos", "shop"]], "merge": "newest" },\n  { "kind": "order", "field": "payments", "scope": { "market": "se" }, "masters": ["erp"] }\n]\n'
    await writeProject(folder, ['erp', 'pos', 'shop'].map(key => ({ id: `s-${key}`, type: 'rest-system', key })))
    await writeFile(join(folder, 'roles.json'), text)
    const { flows } = await readProject(folder)
    expect(flows.at(-1)).to.deep.equal({ id: 'hub-roles', type: 'hub roles', rows: JSON.parse(text) })
    // As the editor sends it.
    expect(await writeProject(folder, flows.map(item => item.type === 'hub roles' ? { ...item, z: '', info: '' } : item))).to.deep.equal({ written: [], removed: [] })
    await rm(join(folder, 'roles.json'))
    await writeProject(folder, flows)
    expect(await readFile(join(folder, 'roles.json'), 'utf8')).to.equal(text)
    expect(await readFile(join(folder, 'systems.json'), 'utf8')).to.not.contain('hub roles')
    expect(await writeProject(folder, flows.slice(0, -1))).to.deep.equal({ written: [], removed: ['roles.json'] })
    expect(await readdir(folder)).to.deep.equal(['systems.json'])
  })

  it('never writes credentials', async () => {
    await writeProject(folder, [{ id: 's1', type: 'rest-system', key: 'erp', credentials: { password: 'hunter2' } }])
    expect(Object.values(await textsOf(folder)).join('')).to.not.contain('hunter2')
  })

  it('places nodes written by hand without a layout, in columns from source to sink', async () => {
    await writeFile(join(folder, 'x'), '')
    await writeProject(folder, [tab('t1', 'Orders'), node('a', 't1', { wires: [['b', 'c']] }), node('b', 't1', { wires: [['c']] }), node('c', 't1')])
    await rename(join(folder, 'layout'), join(folder, 'elsewhere'))
    const { flows } = await readProject(folder)
    const places = Object.fromEntries(flows.filter(({ z }) => z === 't1').map(({ id, x }) => [id, x]))
    expect(places).to.deep.equal({ a: 150, b: 390, c: 630 })
  })
})
