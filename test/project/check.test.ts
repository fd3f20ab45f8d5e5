import { expect } from 'chai'
import type { ConfigChecker } from '../../runtime/kit/checker.ts'
import { createAnalyser, isError, refuseErrors, type Finding, type Surroundings } from '../../runtime/analysis/index.ts'
import { describeFinding, requireRoleTable } from '../../runtime/project/index.ts'
import { TorgError } from '../../runtime/errors.ts'

const tab = { id: 't1', type: 'tab', label: 'ERP' }
const findFlowProblems = (flows: unknown[], options?: Surroundings): Finding[] => createAnalyser(options).analyse(flows).filter(isError)
const details = (flows: unknown[], options?: Surroundings): string[] => findFlowProblems(flows, options).map(describeFinding)

describe('the check before a deploy', () => {
  it('passes what hangs together', () => {
    expect(details([tab, { id: 'a', type: 'map', z: 't1', wires: [['b']] }, { id: 'b', type: 'debug', z: 't1', wires: [] }], { env: {}, types: new Set(['map', 'debug']) })).to.deep.equal([])
  })

  it('throws one error that names tab, node and field, with every finding', () => {
    const flows = [tab, { id: 'a', type: 'map', name: 'To ERP', z: 't1', wires: [['gone']] }, { id: 'b', z: 't1' }]
    let thrown: unknown
    try { refuseErrors(createAnalyser().analyse(flows)) } catch (error) { thrown = error }
    expect(thrown).to.be.instanceOf(TorgError)
    const error = thrown as TorgError
    expect(error.code).to.equal('flow.invalid')
    expect(error.errors).to.deep.equal([
      { detail: 'node b, field "type": the node has no type', pointer: '/b/type' },
      { detail: 'tab "ERP", node "To ERP" (a, map), field "wires": output 1 of node "To ERP" (a) is wired to the node gone, which does not exist', pointer: '/a/wires', value: 'gone' },
    ])
  })

  it('refuses what is no node at all', () => {
    expect(details(['text', null, []])).to.have.length(3)
  })

  it('names types that are not installed, except those that are off', () => {
    const types = new Set(['map'])
    expect(details([tab, { id: 'a', type: 'sap out', z: 't1', wires: [] }], { types })).to.deep.equal(['tab "ERP", node a (sap out), field "type": the node type "sap out" is not installed; add the package that has it to the project, or remove the node'])
    expect(details([tab, { id: 'a', type: 'sap out', z: 't1', d: true, wires: [] }], { types })).to.deep.equal([])
    expect(details([{ ...tab, disabled: true }, { id: 'a', type: 'sap out', z: 't1', wires: [] }], { types })).to.deep.equal([])
  })

  it('adds what the definition of a node says, with the nodes around it', () => {
    const configChecker: ConfigChecker = (type, config, context) => type === 'rest out' && !config['path'] ? [{ field: 'path', detail: `"path" is required; ${context?.nodes?.length} nodes` }] : []
    expect(details([tab, { id: 'a', type: 'rest out', z: 't1', wires: [] }], { configChecker })).to.deep.equal(['tab "ERP", node a (rest out), field "path": "path" is required; 2 nodes'])
  })

  it('knows secrets typed in the editor: sent now, or deployed before', () => {
    const configChecker: ConfigChecker = (_type, _config, context) => context?.hasCredential?.('token') === false ? [{ field: 'token', detail: 'is required' }] : []
    const system = { id: 's', type: 'rest-system', key: 'erp' }
    expect(details([system], { configChecker })).to.deep.equal([])
    expect(details([system], { configChecker, hasCredential: () => false })).to.have.length(1)
    expect(details([system], { configChecker, hasCredential: (id, field) => id === 's' && field === 'token' })).to.deep.equal([])
    expect(details([{ ...system, credentials: { token: 'typed' } }], { configChecker, hasCredential: () => false })).to.deep.equal([])
    expect(details([{ ...system, credentials: { token: '' } }], { configChecker, hasCredential: () => true })).to.have.length(1)
  })

  it('names environment variables that are not set, unless the flows define them', () => {
    const env = { ERP_URL: 'http://erp', EMPTY: '' }
    const node = (value: unknown) => ({ id: 'a', type: 'http request', z: 't1', url: value, wires: [] })
    expect(details([tab, node('${ERP_URL}')], { env })).to.deep.equal([])
    expect(details([tab, node('${GONE}')], { env })).to.deep.equal(['tab "ERP", node a (http request), field "url": refers to the environment variable GONE, which is not set; set it and start again'])
    expect(details([tab, node({ deep: ['${EMPTY}'] })], { env })).to.have.length(1)
    expect(details([tab, node('text with ${GONE} inside')], { env })).to.deep.equal([])
    expect(details([tab, node('${NR_FLOW_NAME}')], { env })).to.deep.equal([])
    expect(details([{ ...tab, env: [{ name: 'GONE', type: 'str', value: 'x' }] }, node('${GONE}')], { env })).to.deep.equal([])
    const group = { id: 'g', type: 'group', z: 't1', nodes: ['a'], env: [{ name: 'GONE', type: 'str', value: 'x' }] }
    expect(details([tab, group, { ...node('${GONE}'), g: 'g' }], { env })).to.deep.equal([])
    expect(details([tab, node('${GONE}'), { id: 'c', type: 'global-config', env: [{ name: 'GONE', type: 'str', value: 'x' }] }], { env })).to.deep.equal([])
  })

  it('refuses secrets in plain text, and does not repeat them', () => {
    const found = findFlowProblems([{ id: 's', type: 'rest-system', key: 'erp', apiKey: 'hunter2' }, { id: 'u', type: 'subflow', name: 'S', env: [{ name: 'PIN', type: 'cred', value: 'hunter2' }] }])
    expect(found.map(({ field }) => field)).to.deep.equal(['apiKey', 'env PIN'])
    expect(JSON.stringify(found)).to.not.contain('hunter2')
    expect(details([{ id: 's', type: 'rest-system', key: 'erp', apiKey: 'file:/run/secrets/erp', token: '${ERP}', password: '' }])).to.deep.equal([])
  })

  it('refuses two systems with one key, and a system without', () => {
    const system = (id: string, key?: string) => ({ id, type: 'rest-system', name: id.toUpperCase(), ...(key && { key }) })
    expect(details([system('a', 'erp'), system('b', 'erp')])).to.deep.equal([
      'node "A" (a, rest-system), field "key": the key "erp" is also that of the system "B" (b); a key names one system',
      'node "B" (b, rest-system), field "key": the key "erp" is also that of the system "A" (a); a key names one system',
    ])
    expect(details([system('a')])).to.have.length(1)
  })

  it('refuses config nodes that Node-RED would wait for in a circle', () => {
    expect(details([{ id: 'erp', type: 'rest-system', name: 'ERP', key: 'erp' }])).to.deep.equal([
      'node "ERP" (erp, rest-system), field "key": has the value "erp", which is also the id of the node itself; Node-RED takes that for a reference and starts no flow. Give the field another value, or the node another id',
    ])
    expect(details([{ id: 'erp', type: 'rest-system', name: 'ERP', key: 'erp' }, { id: 'crm', type: 'rest-system', key: 'crm-no' }])).to.have.length(1)
    const a = { id: 'a', type: 'tls-config', other: 'b' }
    const b = { id: 'b', type: 'tls-config', name: 'B', other: 'c' }
    expect(details([a, b, { id: 'c', type: 'tls-config', other: 'a' }]).map(text => text.split(';')[0])).to.deep.equal([
      'node a (tls-config), field "other": refers to the config node B (b), which refers back to this one',
      'node "B" (b, tls-config), field "other": refers to the config node tls-config (c), which refers back to this one',
      'node c (tls-config), field "other": refers to the config node tls-config (a), which refers back to this one',
    ])
    expect(details([a, b]), 'a chain').to.deep.equal([])
    expect(details([a, { ...b, other: 'a', d: true }]), 'one that is off').to.deep.equal([])
    expect(details([tab, a, { ...b, other: 'a', z: 't1' }]), 'a tab\'s own, which refers to a global one').to.deep.equal([])
    expect(details([tab, { id: 'n', type: 'debug', z: 't1', x: 1, y: 1, topic: 'n', wires: [] }]), 'no config node').to.deep.equal([])
  })

  const table = (rows: unknown, more: object = {}): object => ({ id: 'hub-roles', type: 'hub roles', rows, ...more })
  const erp = { id: 'a', type: 'rest-system', key: 'erp' }
  it('refuses roles of systems that are not in the flows', () => {
    expect(details([erp, table([{ kind: 'order', masters: ['erp', 'shop'] }])])).to.deep.equal([
      'node "Role table" (hub-roles, hub roles), field "[0].masters": the row of order: there is no system "shop"; there are erp',
    ])
  })
  const tables: [what: string, tables: object[], says: string][] = [
    ['that is no list', [table({ order: 'erp' })], 'must be a list of rows'],
    ['that is there twice', [table([]), table([], { id: 'other' })], 'there are several role tables'],
    ['that is switched off', [table([], { d: true })], 'is switched off'],
    ['of a tab', [tab, table([], { z: 't1' })], 'belongs to a tab'],
  ]
  for (const [what, flows, says] of tables) {
    it(`refuses a role table ${what}`, () => { expect(details([erp, ...flows])).to.have.length(1).and.to.have.nested.property('[0]').that.contains(says) })
  }
  it('refuses flows without the role table that runs, unless it has no rows', () => {
    const active = [erp, { id: 'hub-roles', type: 'hub roles', rows: [{ kind: 'order', masters: ['erp'] }] }]
    expect(() => requireRoleTable([erp], active)).to.throw(TorgError, 'The role table is missing, and the one deployed has a row')
    requireRoleTable([erp, table([])], active)
    requireRoleTable([erp], [erp, { id: 'hub-roles', type: 'hub roles', rows: [] }])
    requireRoleTable([erp], [])
  })

  it('refuses a subflow whose ends lead out of it', () => {
    expect(details([{ id: 's', type: 'subflow', name: 'Sub', in: [{ x: 1, y: 1, wires: [{ id: 'gone' }] }], out: [] }])).to.deep.equal(['tab "Sub", field "in": the in of subflow "Sub" (s) is wired to the node gone, which is not on it'])
  })
})
