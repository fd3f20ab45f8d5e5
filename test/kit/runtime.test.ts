import { expect } from 'chai'
import type { FlowItem } from '../../runtime/node-red/facade.ts'
import type { FlowMessage } from '../../runtime/runs/types.ts'
import { createStubRun } from '../../runtime/kit/conformance/stub-hub.ts'
import { until } from '../support/until.ts'
import { sampler } from './sampler/index.ts'
import { startWithPalette, type Running } from './embedded.ts'

const system = (more: Partial<FlowItem> = {}): FlowItem => ({ id: 'sys', type: 'sampler-system', name: 'ERP', key: 'erp', url: '${DEMO_URL}', apiKey: '${DEMO_KEY}', ...more })
const sink = (more: Partial<FlowItem> = {}): FlowItem => ({ id: 'out', z: 'tab', type: 'sampler out', name: 'to ERP', system: 'sys', mode: 'upsert', batch: 10, wait: 5, notify: true, parts: ['lines'], headers: {}, x: 1, y: 1, wires: [['probe']], ...more })
const flow = (...nodes: FlowItem[]): FlowItem[] => [{ id: 'tab', type: 'tab', label: 'Test' }, ...nodes, { id: 'probe', z: 'tab', type: 'debug', x: 1, y: 1, active: false, wires: [] }]

describe('generated nodes in a real Node-RED', () => {
  let running: Running
  const completed: { error?: unknown }[] = []
  const arrived: FlowMessage[] = []
  const statuses: { id: string, status: { fill?: string, text?: string } }[] = []

  before(async () => {
    process.env['DEMO_URL'] = 'http://127.0.0.1:9'
    process.env['DEMO_KEY'] = 'key-from-environment'
    delete process.env['DEMO_MISSING']
    running = await startWithPalette({ connectors: [sampler], flows: flow(system(), sink(), { id: 'in', z: 'tab', type: 'sampler in', name: 'orders', system: 'sys', timeLimit: 30, x: 1, y: 1, wires: [['out']] }) })
    const { red } = running.nodeRed
    red.hooks.add('onComplete.kit-test', ({ error, node }) => { if (node.id === 'out') completed.push({ error }) })
    red.hooks.add('onReceive.kit-test', ({ msg, destination }) => { if (destination.id === 'probe') arrived.push(msg) })
    red.events.on('node-status', (event: { id: string, status: { fill?: string, text?: string } }) => { statuses.push(event) })
  })
  after(async () => {
    running.nodeRed.red.hooks.remove('*.kit-test')
    await running.stop()
    delete process.env['DEMO_URL']
    delete process.env['DEMO_KEY']
  })
  beforeEach(() => {
    completed.length = 0
    arrived.length = 0
  })

  async function send(msg: FlowMessage): Promise<{ error?: unknown }> {
    const node = running.nodeRed.red.nodes.getNode('out')
    if (!node) throw new Error('the sink is not running')
    node.receive(msg)
    await until(() => completed.length > 0)
    return completed[0] ?? {}
  }

  it('creates systems, sources and sinks that register with the hub', () => {
    expect([...running.registry.systems.values()]).to.deep.equal([{ nodeId: 'sys', key: 'erp', connector: 'sampler', label: 'ERP', limits: { breakAfter: 5 } }])
    const [source] = running.registry.sourcesOf('erp')
    expect(source).to.include({ nodeId: 'in', name: 'orders', lane: 'erp.in', limitMs: 30_000 })
    expect(source?.webhook?.accepts({ method: 'POST', path: '/in/erp', url: '', headers: {}, body: Buffer.from('') })).to.equal(true)
  })

  it('hands a step its configuration, with references resolved', async () => {
    expect(await send({ payload: { number: '1001' } })).to.deep.equal({ error: undefined })
    await until(() => arrived.length > 0)
    expect(arrived[0]?.payload).to.deep.include({ sent: { number: '1001' }, system: { key: 'erp', name: 'ERP', url: 'http://127.0.0.1:9', apiKey: 'key-from-environment' } })
    expect(arrived[0]?.payload).to.have.nested.property('config.batch', 10)
    expect(arrived[0]?.payload).to.have.nested.property('config.parts').deep.equal(['lines'])
  })

  it('completes with the thrown error, naming the node', async () => {
    const { error } = await send({ payload: 'fail' })
    expect(error).to.include({ name: 'TorgError', code: 'system.refused', pointer: '/payload' })
    expect(error).to.have.deep.property('node', { id: 'out', type: 'sampler out', name: 'to ERP' })
  })

  it('makes an unexpected exception a TorgError that keeps its cause', async () => {
    const { error } = await send({ payload: 'crash' })
    expect(error).to.include({ code: 'flow.node-error', message: 'x is not a function' })
    expect(error).to.have.property('cause').that.is.instanceOf(TypeError)
  })

  it('refuses work of a run that has settled', async () => {
    const msg = { payload: 1 }
    running.assign(msg, createStubRun({ open: false }))
    const { error } = await send(msg)
    expect(error).to.include({ code: 'run.closed' })
    expect(arrived).to.have.length(0)
  })

  it('verifies and describes a webhook with the system\'s configuration', async () => {
    const [source] = running.registry.sourcesOf('erp')
    const request = { method: 'POST', path: '/in/erp', url: '', body: Buffer.from('{}') }
    await source?.webhook?.verify({ ...request, headers: { 'x-key': 'key-from-environment' } })
    expect(() => source?.webhook?.verify({ ...request, headers: { 'x-key': 'wrong' } })).to.throw().with.property('code', 'request.unauthorized')
    expect(source?.webhook?.describe({ ...request, headers: { 'x-order': '1001' } })).to.include({ key: '1001' })
  })

  it('uses an encrypted value where the field holds no reference', async () => {
    await running.nodeRed.deploy(flow(system({ apiKey: '' }), sink()), { credentials: { sys: { apiKey: 'typed in the editor' } } })
    await send({ payload: 1 })
    await until(() => arrived.length > 0)
    expect(arrived[0]?.payload).to.have.nested.property('system.apiKey', 'typed in the editor')
  })

  it('refuses work, naming node, field and variable, when an environment variable is missing', async () => {
    await running.nodeRed.deploy(flow(system({ apiKey: '${DEMO_MISSING}' }), sink(), { id: 'in', z: 'tab', type: 'sampler in', system: 'sys', timeLimit: 30, x: 1, y: 1, wires: [['out']] }))
    const { error } = await send({ payload: 1 })
    expect(error).to.include({ code: 'settings.invalid' })
    expect(error).to.have.property('message').that.includes('sampler-system "ERP"').and.includes('"apiKey"').and.includes('DEMO_MISSING')
    expect(error).to.have.nested.property('node.id', 'sys')
    expect(statuses.findLast(({ id }) => id === 'out')?.status).to.include({ fill: 'red' })
    const [source] = running.registry.sourcesOf('erp')
    expect(() => source?.webhook?.verify({ method: 'POST', path: '', url: '', headers: {}, body: Buffer.from('') }), 'the sender is told, not lost').to.throw().with.property('code', 'settings.invalid')
  })

  it('refuses work for a missing variable in a plain field, a missing system and a value out of range', async () => {
    await running.nodeRed.deploy(flow(system({ url: '${DEMO_MISSING}' }), sink()))
    expect((await send({ payload: 1 })).error).to.have.property('message').that.includes('DEMO_MISSING').and.includes('"url"')
    completed.length = 0
    await running.nodeRed.deploy(flow(sink({ system: '' })))
    expect((await send({ payload: 1 })).error).to.include({ code: 'system.unknown' })
    completed.length = 0
    await running.nodeRed.deploy(flow(system(), sink({ batch: 0 })))
    expect((await send({ payload: 1 })).error).to.include({ code: 'flow.invalid', pointer: '/batch' })
  })

  it('refuses two systems with one key', async () => {
    await running.nodeRed.deploy(flow(system(), system({ id: 'sys2', name: 'Other' }), sink({ system: 'sys2' })))
    const { error } = await send({ payload: 1 })
    expect(error).to.include({ code: 'flow.invalid' })
    expect(error).to.have.property('message').that.includes('"erp"')
  })

  it('takes everything away when the flows are replaced', async () => {
    await running.nodeRed.deploy([])
    expect(running.registry.systems.size + running.registry.sources.size).to.equal(0)
  })

  it('never logs a secret', () => {
    expect(running.lines.join('')).not.to.include('key-from-environment').and.not.to.include('typed in the editor')
  })
})
