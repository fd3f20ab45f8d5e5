import { expect } from 'chai'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { TorgError } from '../../runtime/errors.ts'
import { readProject } from '../../runtime/project/index.ts'

describe('reading a project', () => {
  let folder: string
  beforeEach(async () => { folder = await mkdtemp(join(tmpdir(), 'torg-project-')) })
  afterEach(async () => { await rm(folder, { recursive: true, force: true }) })

  const put = async (path: string, content: unknown): Promise<void> => {
    await mkdir(dirname(join(folder, path)), { recursive: true })
    await writeFile(join(folder, path), typeof content === 'string' ? content : JSON.stringify(content))
  }
  const refusal = async (): Promise<string[]> => {
    const thrown = await readProject(folder).then(() => null, (error: unknown) => error)
    expect(thrown).to.be.instanceOf(TorgError)
    const { code, errors = [] } = thrown as TorgError
    expect(code).to.equal('flow.invalid')
    return errors.map(({ detail }) => detail)
  }
  const tab = { id: 't1', type: 'tab', label: 'Orders' }

  it('gives everything a folder holds', async () => {
    await put('package.json', { name: 'retailer', torg: { connectors: ['@acme/torg-pos'], twins: { erp: { connector: 'rest', port: 18081, env: { ERP_URL: '{url}' } } }, demo: { everyMs: 3000 } } })
    await put('tabs/orders.json', [tab, { id: 'a', type: 'map', name: 'To order', wires: [['b']] }, { id: 'b', type: 'rest out', system: 's1', wires: [] }])
    await put('layout/orders.json', { t1: { order: 1 }, a: { x: 100, y: 40 }, b: { x: 300, y: 40 } })
    await put('systems.json', [{ id: 's1', type: 'rest-system', name: 'ERP', key: 'erp', token: '${ERP_KEY}' }])
    await put('roles.json', [{ kind: 'order', masters: ['erp'] }])
    await put('lookups/countries.json', { NO: 'NOR' })
    await put('schemas/loyalty.json', { type: 'object' })
    await put('cases/orders/simple.json', {})
    const project = await readProject(folder)
    expect(project).to.deep.include({
      folder, name: 'retailer',
      lookups: { countries: { NO: 'NOR' } },
      schemas: { loyalty: { type: 'object' } },
      cases: ['orders/simple.json'],
      torg: { connectors: ['@acme/torg-pos'], twins: { erp: { connector: 'rest', port: 18081, env: { ERP_URL: '{url}' }, secrets: {}, config: {} } }, demo: { everyMs: 3000 } },
    })
    expect(project.flows).to.deep.equal([
      tab,
      { id: 'a', type: 'map', z: 't1', name: 'To order', wires: [['b']], x: 100, y: 40 },
      { id: 'b', type: 'rest out', z: 't1', system: 's1', wires: [], x: 300, y: 40 },
      { id: 's1', type: 'rest-system', name: 'ERP', key: 'erp', token: '${ERP_KEY}' },
      { id: 'hub-roles', type: 'hub roles', rows: [{ kind: 'order', masters: ['erp'] }] },
    ])
  })

  it('gives the kinds the fields of extensions/, and no others', async () => {
    await put('extensions/order.acme.json', { properties: { gift: { type: 'boolean' } } })
    await put('extensions/order.lines.acme.json', { properties: { engraving: { $ref: '#/$defs/Text' } } })
    const { kinds, extensions } = await readProject(folder)
    expect(Object.keys(extensions)).to.deep.equal(['order.acme', 'order.lines.acme'])
    const order = kinds.get('order')
    const details = (ext: unknown): string[] | undefined => order?.validate({ ...order.example, ext }).map(({ pointer }) => pointer)
    expect(details({ acme: { gift: true } })).to.deep.equal([])
    expect(details({ acme: { gift: 'yes' } })).to.deep.equal(['/ext/acme/gift'])
    expect(details({ acme: { engraving: 'K+O' } })).to.deep.equal(['/ext/acme/engraving'])
  })

  const wrongExtensions: [string, string, unknown, string, string][] = [
    ['of a kind there is not', 'ordre.acme', { properties: {} }, '', 'Did you mean order?'],
    ['without a namespace', 'order', { properties: {} }, '', 'names no namespace'],
    ['of a part without own fields', 'order.payments.acme', { properties: {} }, '', 'There are those of lines, and of the order itself'],
    ['that is no schema of an object', 'order.acme', { type: 'array' }, '', 'must be a JSON Schema of an object'],
    ['with a keyword that is misspelt', 'order.acme', { properties: { size: { type: 'string', serchable: true } } }, '/properties/size/serchable', 'Did you mean searchable?'],
    ['with a label that lacks a language', 'order.acme', { properties: { size: { type: 'string', label: { en: 'Size' } } } }, '/properties/size/label', 'a text in every language'],
    ['that refers to nothing', 'order.acme', { properties: { size: { $ref: '#/$defs/Sise' } } }, '/properties/size/$ref', 'neither in "$defs" of this file nor a value type'],
    ['that is searchable inside of a list', 'order.acme', { properties: { tags: { type: 'array', items: { type: 'string', searchable: true } } } }, '/properties/tags/items', 'outside of lists'],
    ['with a type there is not', 'order.acme', { properties: { size: { type: 'text' } } }, '', 'cannot be used'],
    ['with a name that needs quotes', 'order.acme', { properties: { 'shoe size': { type: 'string' } } }, '/properties', 'begin with a letter'],
  ]
  for (const [what, name, schema, field, says] of wrongExtensions) {
    it(`refuses own fields ${what}, with file and pointer`, async () => {
      await put(`extensions/${name}.json`, schema)
      const [first] = await refusal()
      expect(first).to.contain(`extensions/${name}.json`).and.contain(field).and.contain(says)
    })
  }

  it('reads an empty folder as an empty project', async () => {
    expect(await readProject(folder)).to.deep.include({ flows: [], cases: [], torg: { connectors: [], twins: {}, demo: null } })
  })

  it('says which folder is missing', async () => {
    const thrown = await readProject(join(folder, 'nowhere')).then(() => null, (error: unknown) => error)
    expect(String(thrown)).to.contain('nowhere')
  })

  const brokenJson: [string, string, string][] = [
    ['a missing comma', '[\n  { "id": "t1" "type": "tab" }\n]', 'unexpected "\\"" at line 2, column 16'],
    ['an unfinished file', '[\n  { "id": "t1"', 'unexpected the end of the file at line 2, column 15'],
    ['a trailing comma', '[1,\n]', 'unexpected "]" at line 2, column 1'],
    ['single quotes', '[{\'id\': 1}]', 'unexpected "\'" at line 1, column 3'],
    ['an empty file', '', 'unexpected the end of the file at line 1, column 1'],
    ['a merge conflict', '[\n<<<<<<< HEAD\n', 'unexpected "<" at line 2, column 1'],
    ['two values', '[] []', 'unexpected "[" at line 1, column 4'],
    ['a raw line break in a text', '["a\nb"]', 'unexpected "\\"" at line 1, column 2'],
  ]
  for (const [what, text, place] of brokenJson) {
    it(`names file, line and column of ${what}`, async () => {
      await put('tabs/orders.json', text)
      expect(await refusal()).to.deep.equal([`tabs/orders.json: not JSON: ${place}`])
    })
  }

  const broken: [string, Record<string, unknown>, string[]][] = [
    ['an id used in two files', { 'tabs/a.json': [tab, { id: 'x', type: 'map', name: 'One', wires: [] }], 'tabs/b.json': [{ id: 't2', type: 'tab', label: 'Two' }, { id: 'x', type: 'map', wires: [] }] },
      ['tabs/b.json, tab "Two", node x (map), field "id": the id is also that of node "One" (x) in tabs/a.json; every node needs an id of its own']],
    ['a node without type', { 'tabs/a.json': [tab, { id: 'x', name: 'Nothing' }] }, ['tabs/a.json, node "Nothing" (x), field "type": the node has no type']],
    ['a node without id', { 'tabs/a.json': [tab, { type: 'map' }] }, ['tabs/a.json, field "id": entry 2 has no id']],
    ['a wire into nothing', { 'tabs/a.json': [tab, { id: 'x', type: 'map', name: 'Map it', wires: [[], ['gone']] }] },
      ['tabs/a.json, tab "Orders", node "Map it" (x, map), field "wires": output 2 of node "Map it" (x) is wired to the node gone, which does not exist']],
    ['a wire to another tab', { 'tabs/a.json': [tab, { id: 'x', type: 'map', wires: [['y']] }], 'tabs/b.json': [{ id: 't2', type: 'tab', label: 'Two' }, { id: 'y', type: 'map', wires: [] }] },
      ['tabs/a.json, tab "Orders", node x (map), field "wires": output 1 of node "map" (x) is wired to node "map" (y) on another tab; use a link node']],
    ['a subflow that is not there', { 'tabs/a.json': [tab, { id: 'x', type: 'subflow:s', wires: [] }] }, ['tabs/a.json, tab "Orders", node x (subflow:s), field "type": uses the subflow s, which does not exist']],
    ['a secret in plain text', { 'systems.json': [{ id: 's', type: 'rest-system', name: 'ERP', key: 'erp', clientSecret: 'hunter2' }] },
      ['systems.json, node "ERP" (s, rest-system), field "clientSecret": is a secret in plain text; write ${NAME} or file:/path instead']],
    ['credentials', { 'systems.json': [{ id: 's', type: 'rest-system', key: 'erp', credentials: { password: 'hunter2' } }] },
      ['systems.json, node s (rest-system), field "credentials": credentials must not stand in a flow file; write ${NAME} or file:/path instead']],
    ['a tab file without a tab', { 'tabs/a.json': [] }, ['tabs/a.json: holds no tab or subflow; its first entry is one']],
    ['two tabs in a file', { 'tabs/a.json': [tab, { id: 't2', type: 'tab' }] }, ['tabs/a.json, field "type": holds the tab t2 besides t1; every tab has a file of its own']],
    ['a node that names another tab', { 'tabs/a.json': [tab, { id: 'x', type: 'map', z: 't9', wires: [] }] }, ['tabs/a.json, node x (map), field "z": says it is on t9, but the file is that of t1; leave z out']],
    ['a flow node among the systems', { 'systems.json': [{ id: 'x', type: 'map', wires: [] }] }, ['systems.json, node x (map): only config nodes stand here; a tab and its nodes stand in tabs/']],
    ['an unknown key in a place', { 'tabs/a.json': [tab], 'layout/a.json': { t1: { colour: 'red' } } }, ['layout/a.json, node t1, field "colour": is not known; a place has x, y, w, h, order, in, out, status']],
    ['a place that is text', { 'tabs/a.json': [tab], 'layout/a.json': { t1: { x: '1' } } }, ['layout/a.json, node t1, field "x": must be a number']],
    ['roles of an unknown system', { 'roles.json': [{ kind: 'order', field: '/payments', masters: ['erp'] }] }, ['roles.json, field "[0].masters": the row of order, field payments: there is no system "erp"; none is configured']],
    ['roles that are no rows', { 'roles.json': { order: 'erp' } }, ['roles.json: must be a list of rows like { "kind": "order", "masters": ["webshop"] }']],
    ['unknown keys in a role', { 'roles.json': [{ kind: 'order', master: 'erp' }] }, ['roles.json, field "[0].master": is not known; a row has kind, field, scope, masters, readers, merge', 'roles.json, field "[0].masters": must be a list of at least one system key, the highest-ranked first; systems of equal rank stand in a list of their own']],
    ['the same role twice', { 'roles.json': [{ kind: 'order', masters: ['a'] }, { kind: 'order', masters: ['b'] }], 'systems.json': ['a', 'b'].map(key => ({ id: key, type: 'rest-system', key })) }, ['roles.json: row 2 says again what another row says about order, all fields']],
    ['unknown keys in package.json', { 'package.json': { torg: { twin: {} } } }, ['package.json, field "torg.twin": is not known; there are connectors, twins, demo']],
    ['a wrong twin', { 'package.json': { torg: { twins: { erp: { connector: 'rest', port: 'x' } } } } }, ['package.json, field "torg.twins.erp.port": must be a port, or 0 for a free one']],
    ['a lookup that is a list', { 'lookups/x.json': [] }, ['lookups/x.json: must be an object']],
  ]
  for (const [what, files, details] of broken) {
    it(`refuses ${what}, naming file, node and field`, async () => {
      for (const [path, content] of Object.entries(files)) await put(path, content)
      expect(await refusal()).to.deep.equal(details)
    })
  }

  it('reports everything at once, and never a secret', async () => {
    await put('tabs/a.json', [tab, { id: 'x', type: 'map', password: 'hunter2', wires: [['gone']] }])
    await put('roles.json', '{')
    const thrown = await readProject(folder).then(() => null, (error: unknown) => error) as TorgError
    expect(thrown.errors).to.have.length(3)
    expect(thrown.message).to.match(/\(and 2 more\)$/)
    expect(JSON.stringify(thrown)).to.not.contain('hunter2')
  })
})
