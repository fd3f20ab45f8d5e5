import { expect } from 'chai'
import { TorgError } from '../../runtime/errors.ts'
import { until } from '../support/until.ts'
import { delay, expectDone, expectFailed, fn, node, sink, source, useBench } from './harness.ts'

describe('runs: settling', () => {
  const bench = useBench()

  it('settles a source that is wired to nothing', async () => {
    await bench.deploy([source()])
    expectDone(await bench.run())
  })

  it('settles after the last node of a chain', async () => {
    await bench.deploy([source('a'), fn('a', 'return msg', 'b'), node('b', 'test work', 'sink', { ms: 30 }), sink()])
    expectDone(await bench.run({ id: 'r' }))
    expect(bench.log).to.deep.equal(['b', 'sink:r', 'end r'])
  })

  it('waits for the slowest of several branches', async () => {
    await bench.deploy([source('a', 'b', 'c'), node('a', 'test work', [], { ms: 60 }), node('b', 'test work', [], { ms: 5 }), fn('c', 'return null')])
    expectDone(await bench.run({ id: 'r' }))
    expect(bench.log).to.deep.equal(['b', 'a', 'end r'])
  })

  it('keeps runs apart that are under way together', async () => {
    await bench.deploy([source('a'), node('a', 'test work', 'b', { ms: 20 }), delay('b', 20, 'sink'), sink()])
    const outcomes = await Promise.all([1, 2, 3, 4, 5].map(n => bench.run({ id: `r${n}` })))
    outcomes.forEach(expectDone)
    for (const n of [1, 2, 3, 4, 5]) expect(bench.log.indexOf(`sink:r${n}`)).to.be.lessThan(bench.log.indexOf(`end r${n}`))
  })

  it('ignores a second done', async () => {
    await bench.deploy([source('a'), node('a', 'test double done', 'b'), node('b', 'test work', [], { ms: 30 })])
    expectDone(await bench.run({ id: 'r' }))
    expect(bench.log).to.deep.equal(['b', 'end r'])
  })

  it('waits for what a node sends right after it completed', async () => {
    await bench.deploy([source('a'), node('a', 'test done first', 'b'), node('b', 'test work', 'sink', { ms: 20 }), sink()])
    expectDone(await bench.run({ id: 'r' }))
    expect(bench.log).to.deep.equal(['b', 'sink:r', 'end r'])
  })

  it('follows new message objects of a node', async () => {
    await bench.deploy([source('a'), node('a', 'test fresh', 'b'), node('b', 'test work', 'sink', { ms: 20 }), sink()])
    expectDone(await bench.run({ id: 'r' }))
    expect(bench.log).to.deep.equal(['b', 'sink:fresh', 'end r'])
  })

  it('follows one object sent on several wires, and several times', async () => {
    await bench.deploy([
      source('a'), fn('a', 'node.send(msg, false); node.send(msg, false); return msg', [['b', 'c', 'd']]),
      node('b', 'test work', [], { ms: 10 }), node('c', 'test work', [], { ms: 40 }), delay('d', 20, 'sink'), sink(),
    ])
    expectDone(await bench.run({ id: 'r' }))
    expect(bench.log.filter(entry => entry === 'b')).to.have.length(3)
    expect(bench.log.filter(entry => entry === 'c')).to.have.length(3)
    expect(bench.log.filter(entry => entry === 'sink:r')).to.have.length(3)
    expect(bench.log.at(-1)).to.equal('end r')
  })

  it('passes junctions, switch, change and template', async () => {
    await bench.deploy([
      source('j'), node('j', 'junction', 's'),
      node('s', 'switch', [['c'], ['sink']], { property: 'payload', propertyType: 'msg', rules: [{ t: 'eq', v: 'go', vt: 'str' }, { t: 'else' }], checkall: 'true', repair: false, outputs: 2 }),
      node('c', 'change', 't', { rules: [{ t: 'set', p: 'name', pt: 'msg', to: 'Torg', tot: 'str' }] }),
      node('t', 'template', 'w', { field: 'payload', fieldType: 'msg', format: 'handlebars', syntax: 'mustache', template: 'Hello {{name}}', output: 'str' }),
      node('w', 'test work', 'sink', { ms: 20 }), sink(),
    ])
    expectDone(await bench.run({ id: 'r', payload: 'go' }))
    expect(bench.log).to.deep.equal(['w', 'sink:Hello Torg', 'end r'])
  })

  it('fails at its limit, naming what has not completed', async () => {
    await bench.deploy([source('a'), fn('a', 'return msg', 'b'), node('b', 'test never done', [], { name: 'Forgetful' })])
    const text = expectFailed(await bench.run({ limitMs: 80 }), 'run.time-limit', 'b')
    expect(text).to.contain('"Forgetful" (test never done)').and.to.contain('80 ms')
  })

  it('hands references of sinks to the outcome', async () => {
    await bench.deploy([source('a'), node('a', 'test reference')])
    expect(await bench.run({ payload: 4711 })).to.deep.equal({ outcome: 'done', references: [{ kind: 'order', id: '4711' }] })
  })

  it('leaves messages outside of runs alone', async () => {
    await bench.deploy([source('a'), node('a', 'test work', 'sink', { ms: 5 }), sink(), node('plain', 'test source', 'd'), delay('d', 10, 'state'), node('state', 'test state')])
    bench.red.nodes.getNode('plain')?.send({ payload: 'plain' })
    expectDone(await bench.run({ id: 'r' }))
    await until(() => bench.log.includes('state:none'))
    expect(bench.warnings).to.deep.equal([])
  })

  it('refuses a second open run of the same id', async () => {
    await bench.deploy([source('a'), node('a', 'test work', [], { ms: 20 })])
    const from = bench.red.nodes.getNode('source') ?? expect.fail('no source')
    const start = () => bench.runs.start({ id: 'same', deployment: 1, node: from, message: { payload: 1 }, limitMs: 1000 })
    const first = start()
    expect(start).to.throw(TorgError, 'Run same is open already').with.property('code', 'hub.internal')
    expectDone(await first)
  })
})
