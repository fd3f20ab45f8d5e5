/** What cannot be done is acknowledged, parked with node, code, pointer, value and input, and run again when it is mended. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { expect } from 'chai'
import { pino } from 'pino'
import { startRestTwin, type RestTwin } from '../../nodes/rest/twin/index.ts'
import { kinds } from '../../runtime/model/index.ts'
import { until } from '../support/until.ts'
import { prepareBench, type Bench, type DeadLetter } from './bench.ts'
import { asList, asObject, byKey, changes, customersFrom, map, restIn, restOut, restSystem, save, toCustomer, type Json, type Node } from './flows.ts'

const cli = fileURLToPath(new URL('../../runtime/cli.ts', import.meta.url))

describe('bad input in a running hub', function () {
  this.timeout(60_000)
  let erp: RestTwin
  let bench: Bench
  const key = { 'x-key': 'key-of-webhooks' }

  const flow = (id: string, ...nodes: Node[]) => ({ slug: id, nodes: [restIn(id, 'shop', [nodes[0]?.id ?? ''], { path: id }), ...nodes] })
  const settle = (id: string, fields: Json): Node => ({ id, type: 'hub settle', name: id, ...fields, wires: [] })
  const fn = (id: string, func: string, ...wires: string[]): Node => ({ id, type: 'function', name: id, func, outputs: 1, wires: [wires] })

  before(async () => {
    erp = await startRestTwin({ system: 'erp', port: 0, secrets: {}, log: pino({ level: 'silent' }) })
    bench = await prepareBench({
      systems: [restSystem('shop', byKey('${IN_KEY}')), restSystem('erp', { baseUrl: erp.url })],
      tabs: [
        customersFrom('customers', 'shop', { path: 'customers' }),
        flow('orders', save('order-save', { kind: 'order' })),
        flow('never', fn('never-done', 'await new Promise(() => {})')),
        flow('settled', { id: 'settled-switch', type: 'switch', name: 'Decide', property: 'payload.decision', propertyType: 'msg', rules: ['done', 'retry', 'dead'].map(v => ({ t: 'eq', v, vt: 'str' })), checkall: 'true', repair: false, outputs: 3, wires: [['settled-fail', 'settled-done'], ['settled-retry'], ['settled-dead']] },
          fn('settled-fail', 'throw new Error("does not matter")'),
          settle('settled-done', { decision: 'done' }), settle('settled-retry', { decision: 'retry', after: 1, reason: 'The ERP closes its books' }), settle('settled-dead', { decision: 'dead-letter', reasonProperty: 'payload.why', reason: 'No reason' })),
        flow('repaired', fn('repaired-fail', 'throw new Error("cannot be mapped")'),
          { id: 'repaired-catch', type: 'catch', name: '', scope: ['repaired-fail'], uncaught: false, wires: [['repaired-map']] },
          map('repaired-map', ['repaired-save'], [...toCustomer.filter(({ to }) => to !== 'name'), { to: 'name', value: 'Unknown customer' }]),
          save('repaired-save', {}, ['repaired-done']), settle('repaired-done', { decision: 'done' })),
        { slug: 'to-erp', nodes: [changes('to-erp', 'erp', [['to-erp-out'], ['to-erp-out']]), restOut('to-erp-out', 'erp', { path: '/customers/{id}' })] },
      ].map(tab => tab.slug === 'never' ? { ...tab, nodes: tab.nodes.map(node => ({ ...node, ...(node.type === 'rest in' && { timeLimit: 1 }) })) } : tab),
    }, { IN_KEY: 'key-of-webhooks' })
    await bench.start()
  })
  after(async () => {
    await bench.close()
    await erp.close()
  })

  const torg = async (...args: string[]): Promise<string> => {
    const child = spawn(process.execPath, [cli, 'dead-letters', ...args], { env: { PATH: process.env['PATH'], PUBLIC_URL: bench.url } })
    let output = ''
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => { output += chunk.toString() })
    const [code] = await once(child, 'close')
    expect(code, output).to.equal(0)
    return output
  }
  let seen = 0
  /** The next dead letter. */
  const parked = async (): Promise<DeadLetter> => (await bench.deadLetters(seen += 1)).at(-1) ?? expect.fail('no dead letter')
  const bodyOf = ({ input }: DeadLetter): unknown => JSON.parse(String(asObject(input)['body']))

  it('parks what the mapping refuses, with rule, pointer and input', async () => {
    await bench.receive('shop/customers', { id: 7, name: null }, key)
    const letter = await parked()
    expect(letter).to.include({ type: 'message', lane: 'shop.in', system: 'shop', key: '7', attempts: 1 })
    expect(letter.error).to.include({ code: 'mapping.failed', class: 'permanent', pointer: '/name' })
    expect(letter.error['node']).to.deep.equal({ id: 'customers-map', type: 'map', name: 'customers-map' })
    expect(bodyOf(letter)).to.deep.equal({ id: 7, name: null })
  })

  it('parks what the schema refuses, with pointer and value', async () => {
    await bench.receive('shop/customers', { id: 8, name: 'Åse', groups: ['club', 12] }, key)
    const letter = await parked()
    expect(letter.error).to.include({ code: 'validation.schema', pointer: '/groups/1', value: 12 })
    expect(letter.error['node']).to.include({ id: 'customers-save', type: 'hub save' })
    expect(bodyOf(letter)).to.deep.equal({ id: 8, name: 'Åse', groups: ['club', 12] })
  })

  it('parks an order whose totals do not add up, with the sum that is wrong', async () => {
    const example = kinds.get('order')?.example ?? {}
    const totals = asObject(example['totals'])
    const order = { ...example, id: 'O-1', refs: [{ id: 'O-1' }], totals: { ...totals, gross: { ...asObject(totals['gross']), amount: '1.00' } } }
    await bench.receive('shop/orders', order, key)
    const { error } = await parked()
    expect(error).to.include({ code: 'model.totals' })
    expect(error['pointer']).to.match(/^\/totals/)
    expect(JSON.stringify(error['value'])).to.contain('1.00')
    expect(error['node']).to.include({ id: 'order-save' })
  })

  it('fails a run at its limit, naming the node that never completed', async () => {
    await bench.receive('shop/never', { id: 1 }, key)
    const isLate = ({ msg }: { msg: string }): boolean => msg.startsWith('run failed') && msg.includes('never-done')
    await until(() => bench.lines.some(isLate), { what: 'the run failed at its limit' })
    expect(asObject(bench.lines.find(isLate)?.['error'])).to.include({ code: 'run.time-limit' })
    // Three attempts, since each holds a place for its whole limit.
    const letter = await parked()
    expect(letter).to.include({ attempts: 3 })
    expect(letter.error).to.include({ code: 'run.time-limit' })
    expect(letter.error['node']).to.include({ id: 'never-done', type: 'function' })
  })

  it('lets the flow decide: done in spite of an error, again later, dead letter with its reason', async () => {
    const runs = (): string[] => bench.lines.filter(({ msg, lane }) => lane === 'shop.in' && msg.startsWith('run')).map(({ msg }) => msg)
    const before = runs().length
    await bench.receive('shop/settled', { id: 1, decision: 'done' }, key)
    await until(() => runs().length > before, { what: 'the run ended' })
    expect(runs().slice(before)).to.deep.equal(['run done'])

    await bench.receive('shop/settled', { id: 2, decision: 'retry' }, key)
    await until(() => runs().slice(before).filter(text => text.includes('The ERP closes its books')).length >= 2, { what: 'it was tried twice' })

    await bench.receive('shop/settled', { id: 3, decision: 'dead', why: 'The customer is blocked' }, key)
    const letter = await parked()
    expect(letter.error).to.include({ code: 'settle.dead-letter', detail: 'The customer is blocked' })
    expect(letter.key).to.equal('3')
  })

  it('takes the repair of a Catch for the end of the run', async () => {
    await bench.receive('shop/repaired', { id: 4 }, key)
    await until(() => bench.record('customer', 'shop', '4').then(() => true, () => false), { what: 'the customer was saved' })
    expect(await bench.record('customer', 'shop', '4')).to.include({ name: 'Unknown customer' })
    expect(await bench.deadLetters(seen)).to.have.length(seen)
  })

  it('parks a delivery that the system refuses, with its answer and the record', async () => {
    erp.fail({ status: 422, times: 1 })
    await bench.receive('shop/customers', { id: 9, name: 'Refused Once' }, key)
    const letter = await parked()
    expect(letter).to.include({ type: 'delivery', lane: 'erp.out' })
    expect(letter.error).to.include({ code: 'system.refused' })
    expect(letter.error['detail']).to.contain('422 on purpose')
    expect(letter.error['node']).to.include({ id: 'to-erp-out' })
    expect(asObject(asObject(letter['input'])['document'])).to.include({ name: 'Refused Once' })
    const answer = await bench.call(`/api/v1/dead-letters/${letter.id}/rerun`, { method: 'POST' })
    expect(answer.status).to.equal(202)
    await until(() => erp.collections.list('customers').some(({ document }) => document['name'] === 'Refused Once'), { what: 'it was delivered' })
    seen -= 1
    expect((await bench.call(`/api/v1/dead-letters/${letter.id}`)).status).to.equal(404)
  })

  it('lists, opens and runs again with the torg command, once the flow is mended', async () => {
    const [first] = await bench.deadLetters(seen)
    const id = first?.id ?? ''
    const listed = await torg('list')
    expect(listed).to.contain(id).and.contain('mapping.failed at customers-map /name').and.contain(`${seen} dead letters`)
    expect(JSON.parse(await torg('show', id))).to.include({ id })
    expect((await bench.deploy(flows => flows.map(node => node.id === 'customers-map' ? { ...node, mapping: { from: 'any', to: 'any', rules: [...toCustomer.filter(({ to }) => to !== 'name'), { to: 'name', from: 'name', steps: [{ name: 'default', value: 'Nameless' }] }] } } : node))).status).to.equal(200)
    expect(await torg('rerun', id)).to.contain('runs again in lane shop.in')
    await until(() => bench.record('customer', 'shop', '7').then(() => true, () => false), { what: 'the customer was saved' })
    expect(await bench.record('customer', 'shop', '7')).to.include({ name: 'Nameless' })
    expect(await torg('list')).not.to.contain(id)
    seen -= 1
    // What is still wrong comes back.
    expect(await torg('rerun', '--all')).to.contain(`${seen} run again`)
    await until(async () => asList((await bench.call('/api/v1/repairs')).body['items']).every(repair => repair['state'] === 'done'), { what: 'all are handed over' })
    const codes = (await bench.deadLetters(seen)).map(({ error }) => error['code'])
    expect(codes).to.include.members(['validation.schema', 'model.totals', 'settle.dead-letter'])
  })
})
