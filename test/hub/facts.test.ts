/** Facts: a kind that never changes, delivered one by one in the order of its key. The file makes a small one of its own. */
import { expect } from 'chai'
import { Type } from 'typebox'
import { kinds } from '../../runtime/model/index.ts'
import { defineKind } from '../../runtime/model/kind.ts'
import { startTwinServer, type TwinServer } from '../../runtime/twins/server.ts'
import { until } from '../support/until.ts'
import { prepareBench, type Bench } from './bench.ts'
import { asObject, byKey, changes, map, restIn, restOut, restSystem, save } from './flows.ts'

const ticket = defineKind({
  name: 'ticket', version: 1, label: { en: 'Ticket', nb: 'Lapp', sv: 'Lapp' },
  schema: Type.Object({ terminal: Type.String(), sequence: Type.Integer() }, { additionalProperties: false }),
  fact: true, links: [], orderKey: ({ terminal }) => String(terminal),
  example: { terminal: 'T1', sequence: 1 },
})

describe('facts in a running hub', function () {
  this.timeout(60_000)
  let ledger: TwinServer
  let bench: Bench
  const got: { terminal: unknown, sequence: unknown }[] = []
  /** The next answers to a terminal's tickets; 200 afterwards. */
  const answers = new Map<string, number[]>()
  const key = { 'x-key': 'key-of-webhooks' }

  before(async () => {
    if (!(kinds instanceof Map)) throw new Error('the kinds of the model are no Map')
    kinds.set(ticket.name, ticket)
    ledger = await startTwinServer(0, ({ body }) => {
      const { terminal, sequence } = asObject(JSON.parse(body.toString()))
      const status = answers.get(String(terminal))?.shift() ?? 200
      if (status === 200) got.push({ terminal, sequence })
      return { status, body: {} }
    })
    bench = await prepareBench({
      systems: [restSystem('till', byKey('${IN_KEY}')), restSystem('ledger', { baseUrl: ledger.url })],
      tabs: [
        { slug: 'from-till', nodes: [restIn('from-till', 'till', ['from-till-map'], { keyPath: 'terminal' }), map('from-till-map', ['from-till-save'], [{ to: 'refs[0].id', from: 'terminal', steps: [{ name: 'concatenate', with: [{ path: 'sequence' }], separator: '-' }] }, { to: 'terminal', from: 'terminal' }, { to: 'sequence', from: 'sequence' }]), save('from-till-save', { kind: 'ticket' })] },
        { slug: 'to-ledger', nodes: [changes('to-ledger', 'ledger', [['to-ledger-out'], []], { kind: 'ticket' }), restOut('to-ledger-out', 'ledger', { method: 'POST', path: '/tickets' })] },
      ],
    }, { IN_KEY: 'key-of-webhooks' })
    await bench.start()
  })
  after(async () => {
    if (kinds instanceof Map) kinds.delete(ticket.name)
    await bench.close()
    await ledger.close()
  })

  const send = (terminal: string, sequence: number) => bench.receive('till', { terminal, sequence }, key)
  const sequences = (terminal: string): unknown[] => got.filter(one => one.terminal === terminal).map(({ sequence }) => sequence)
  const upTo = (count: number): number[] => Array.from({ length: count }, (_, index) => index + 1)

  it('arrive each, in the order of their terminal, also around a failure, which holds up no other terminal', async () => {
    answers.set('T1', [200, 200, 503, 503])
    for (const sequence of upTo(15)) await Promise.all([send('T1', sequence), send('T2', sequence)])
    await until(() => sequences('T2').length === 15, { what: 'the other terminal is through' })
    await bench.idle()
    expect(sequences('T1')).to.deep.equal(upTo(15))
    expect(sequences('T2')).to.deep.equal(upTo(15))
  })

  it('go on behind one that was parked, which can be sent again', async () => {
    answers.set('T3', [422])
    for (const sequence of upTo(3)) await send('T3', sequence)
    const [letter] = await bench.deadLetters(1)
    await until(() => sequences('T3').length === 2, { what: 'the next two have arrived' })
    expect(sequences('T3')).to.deep.equal([2, 3])
    await bench.call(`/api/v1/dead-letters/${letter?.id}/rerun`, { method: 'POST' })
    await bench.idle()
    expect(sequences('T3')).to.deep.equal([2, 3, 1])
  })

  it('never change: the same again is nothing, another content is parked', async () => {
    await send('T2', 1)
    await bench.idle()
    expect(sequences('T2')).to.have.length(15)
    expect(await bench.deadLetters(0)).to.deep.equal([])
    expect((await bench.deploy(flows => flows.map(node => node.id === 'from-till-map' ? { ...node, mapping: { from: 'any', to: 'any', rules: [{ to: 'refs[0].id', value: 'T2-1' }, { to: 'terminal', value: 'T2' }, { to: 'sequence', value: 99 }] } } : node))).status).to.equal(200)
    await send('T2', 1)
    const [letter] = await bench.deadLetters(1)
    expect(letter?.error).to.include({ code: 'request.conflict', pointer: '/sequence' })
    expect(sequences('T2')).to.deep.equal(upTo(15))
  })
})
