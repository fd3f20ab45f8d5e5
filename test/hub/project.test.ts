/** Which flows run: files, deployments, and what is refused. */
import { readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect } from 'chai'
import { TorgError } from '../../runtime/errors.ts'
import { prepareBench, type Answer, type Bench, type ProjectFiles } from './bench.ts'
import { asList, byKey, customersFrom, restIn, restSystem, type Json, type Node } from './flows.ts'

describe('the project of a running hub', function () {
  this.timeout(60_000)
  let bench: Bench
  const key = { 'x-key': 'key-of-webhooks' }
  const project = (change: (files: ProjectFiles) => ProjectFiles = files => files): ProjectFiles => change({
    systems: [restSystem('shop', byKey('${IN_KEY}'))],
    tabs: [customersFrom('customers', 'shop', { path: 'customers' }), { slug: 'notes', label: 'Notes', nodes: [{ id: 'note', type: 'comment', name: 'A note', info: '', wires: [] }] }],
  })
  const withNote = (name: string): ProjectFiles => project(files => ({ ...files, tabs: files.tabs.map(tab => ({ ...tab, nodes: tab.nodes.map(node => node.id === 'note' ? { ...node, name } : node) })) }))

  before(async () => {
    bench = await prepareBench(project(), { IN_KEY: 'key-of-webhooks' })
    await bench.start()
  })
  after(async () => { await bench.close() })

  const noteOf = (flows: readonly Json[]): unknown => flows.find(({ id }) => id === 'note')?.['name']
  const running = async (): Promise<unknown> => noteOf((await bench.flows()).flows)
  /** Deploy in the editor: `revision` is what it was opened on. */
  const editor = async (flows: Node[], revision?: string): Promise<Answer> => bench.call('/editor/flows', {
    method: 'POST', headers: { 'node-red-api-version': 'v2', 'node-red-deployment-type': 'full' }, body: { flows, rev: revision ?? (await bench.flows()).revision },
  })
  const rename = (name: string) => (flows: Node[]): Node[] => flows.map(node => node.id === 'note' ? { ...node, name } : node)
  let count = 0
  /** A message goes through the flows: they run. */
  const stillRuns = async (): Promise<void> => {
    count += 1
    await bench.receive('shop/customers', { id: count, name: `Customer ${count}` }, key)
    await bench.idle()
    expect(await bench.record('customer', 'shop', String(count))).to.include({ name: `Customer ${count}` })
  }
  const refusal = async (starting: Promise<unknown>): Promise<TorgError> => {
    const thrown: unknown = await starting.then(() => expect.fail('it started'), (error: unknown) => error)
    if (!(thrown instanceof TorgError)) throw thrown
    return thrown
  }

  it('is deployed from its files where nothing was deployed before', async () => {
    expect(await running()).to.equal('A note')
    await stillRuns()
    expect(bench.lines.some(({ msg, level }) => level === 'info' && msg.includes('nothing was deployed before'))).to.equal(true)
  })

  it('stays as it was deployed when an old or changed copy of the files starts; the difference is logged by tab', async () => {
    const before = await bench.files()
    expect((await bench.deploy(rename('Deployed'))).status).to.equal(200)
    expect(await bench.files(), 'files are written in development only').to.deep.equal(before)
    await bench.stop()
    await bench.start()
    expect(await running()).to.equal('Deployed')
    const warning = bench.lines.find(({ msg }) => msg.includes('were not deployed'))
    expect(warning).to.include({ level: 'warn' }).and.deep.include({ tabs: ['Notes'] })
    await stillRuns()
  })

  it('is deployed from changed files in development', async () => {
    await bench.stop()
    await bench.write(withNote('From the files'))
    await bench.start({ development: true })
    expect(await running()).to.equal('From the files')
    await stillRuns()
  })

  it('is written by Deploy in the editor, in development: one file per tab, layout apart, and nothing that did not change', async () => {
    const { flows } = await bench.flows()
    const placed = flows.map((node, index) => node.type === 'tab' || node.type === 'rest-system' ? node : { ...node, x: 100 + index * 20, y: 80 })
    expect((await editor(placed)).status).to.equal(200)
    const before = await bench.files()
    expect([...before.keys()]).to.include.members(['layout/customers.json', 'layout/notes.json', 'tabs/customers.json', 'tabs/notes.json', 'systems.json'])
    for (const [path, text] of before) if (path.startsWith('tabs/')) expect(text, path).not.to.match(/"[xyz]":/)

    const changed = async (change: (flows: Node[]) => Node[]): Promise<string[]> => {
      const was = await bench.files()
      expect((await editor(change((await bench.flows()).flows))).status).to.equal(200)
      const now = await bench.files()
      return [...new Set([...was.keys(), ...now.keys()])].filter(path => was.get(path) !== now.get(path))
    }
    expect(await changed(list => list)).to.deep.equal([])
    // The editor sends nodes and keys in another order than they were read in.
    expect(await changed(list => [...list.filter(({ type }) => type === 'tab'), ...list.filter(({ type }) => type !== 'tab').toReversed()].map(({ id, type, ...rest }) => ({ ...Object.fromEntries(Object.entries(rest).reverse()), type, id })))).to.deep.equal([])
    expect(await changed(list => list.map(node => node.id === 'note' ? { ...node, x: 400 } : node))).to.deep.equal(['layout/notes.json'])
    expect(await changed(rename('Edited'))).to.deep.equal(['tabs/notes.json'])
    expect(await changed(list => [...list, { id: 'tab-new', type: 'tab', label: 'New tab', disabled: false, info: '' }])).to.have.members(['layout/new-tab.json', 'tabs/new-tab.json'])
    expect(await changed(list => list.filter(({ id }) => id !== 'tab-new'))).to.have.members(['layout/new-tab.json', 'tabs/new-tab.json'])
    await stillRuns()
  })

  it('starts from the written files as they were deployed', async () => {
    const { revision } = await bench.flows()
    const before = await bench.files()
    await bench.stop()
    await bench.start({ development: true })
    expect((await bench.flows()).revision).to.equal(revision)
    expect(await bench.files()).to.deep.equal(before)
  })

  it('is not deployed over what somebody else deployed meanwhile: 409 naming the tabs', async () => {
    const { revision, flows } = await bench.flows()
    expect((await bench.deploy(rename('Somebody else'))).status).to.equal(200)
    const byApi = await bench.call('/api/v1/flows', { method: 'PUT', body: { revision, flows: rename('Mine')(flows) } })
    expect(byApi).to.include({ status: 409 })
    expect(byApi.body).to.include({ code: 'flow.stale' })
    expect(byApi.body['detail']).to.contain('Notes').and.not.contain('customers')
    const byEditor = await editor(rename('Mine')(flows), revision)
    expect(byEditor).to.include({ status: 409 })
    expect(byEditor.body['message']).to.contain('Notes')
    expect(await running()).to.equal('Somebody else')
    await stillRuns()
  })

  const faults: { what: string, fault: (flows: Node[]) => Node[], names: string[] }[] = [
    { what: 'a field that is missing', fault: flows => flows.map(node => node.id === 'customers' ? { ...node, keyPath: '' } : node), names: ['customers', 'rest in', 'keyPath'] },
    { what: 'a mapping that is none', fault: flows => flows.map(node => node.id === 'customers-map' ? { ...node, mapping: { from: 'any', to: 'any', rules: [{ to: 'a', from: 'b', steps: [{ name: 'dance' }] }] } } : node), names: ['customers-map', 'mapping', 'dance'] },
    { what: 'a lookup table that is not there', fault: flows => flows.map(node => node.id === 'customers-map' ? { ...node, mapping: { from: 'any', to: 'any', rules: [{ to: 'a', from: 'b', steps: [{ name: 'lookup', table: 'carriers' }] }] } } : node), names: ['customers-map', 'mapping', 'carriers'] },
    { what: 'an unknown node type', fault: flows => [...flows, { id: 'unknown', type: 'sap in', z: 'tab-notes', x: 1, y: 1, wires: [] }], names: ['sap in'] },
    { what: 'an environment variable that is not set', fault: flows => flows.map(node => node.id === 'system-shop' ? { ...node, webhookSecret: '${NOT_SET}' } : node), names: ['system-shop', 'webhookSecret', 'NOT_SET'] },
    { what: 'two systems with one key', fault: flows => [...flows, { ...restSystem('shop', byKey('${IN_KEY}')), id: 'system-shop-2' }], names: ['system-shop', 'key'] },
  ]
  for (const { what, fault, names } of faults) {
    it(`is not deployed with ${what}; the running flows stay`, async () => {
      const { revision, flows } = await bench.flows()
      const files = await bench.files()
      for (const answer of [await bench.deploy(fault), await editor(fault(flows))]) {
        expect(answer.status, answer.text).to.equal(422)
        for (const name of names) expect(answer.text).to.contain(name)
      }
      expect((await bench.flows()).revision).to.equal(revision)
      expect(await bench.files()).to.deep.equal(files)
      await stillRuns()
    })
  }

  it('does not start with an invalid file, naming file, node and field, and leaves nothing running', async () => {
    await bench.stop()
    const path = join(bench.folder, 'tabs/customers.json')
    const good = await readFile(path, 'utf8')
    const broken: [string, string[]][] = [
      ['[{ "id": "tab-customers", ', ['tabs/customers.json']],
      [JSON.stringify(asList(JSON.parse(good)).map(node => node['id'] === 'customers-save' ? { ...node, kind: 'ordre' } : node)), ['customers-save', 'kind', 'ordre']],
      [JSON.stringify(asList(JSON.parse(good)).map(node => node['id'] === 'customers' ? { ...node, type: 'sap in' } : node)), ['sap in']],
      [JSON.stringify([...asList(JSON.parse(good)), restIn('note', 'shop', [])]), ['tabs/customers.json', 'note', 'id']],
    ]
    for (const [text, names] of broken) {
      await writeFile(path, text)
      const { code, message } = await refusal(bench.start({ development: true }))
      expect(code).to.equal('flow.invalid')
      for (const name of names) expect(message).to.contain(name)
      expect(await fetch(`${bench.url}/health`).then(() => true, () => false), 'something still listens').to.equal(false)
    }
    await writeFile(path, good)
    await bench.start({ development: true })
    await stillRuns()
  })

  it('does not start on the database of another project, whose flows stay as they are', async () => {
    const { revision } = await bench.flows()
    await bench.stop()
    const files = await bench.files()
    await bench.write({ name: 'another-retailer', systems: [], tabs: [{ slug: 'other', nodes: [] }] })
    for (const development of [true, false]) {
      const { code, message, next } = await refusal(bench.start({ development }))
      expect(code).to.equal('start.refused')
      expect(message).to.contain('"bench"').and.contain('"another-retailer"')
      expect(next).to.contain('DATABASE_URL')
    }
    await rm(join(bench.folder, 'tabs/other.json'))
    for (const [path, text] of files) await writeFile(join(bench.folder, path), text).catch(() => undefined)
    await bench.start()
    expect((await bench.flows()).revision).to.equal(revision)
    await stillRuns()
  })
})
