import { expect } from 'chai'
import { until } from '../support/until.ts'
import { delay, expectDone, expectFailed, fn, node, sink, source, tab, useBench } from './harness.ts'

describe('runs: link nodes', () => {
  const bench = useBench()
  const call = (id: string, target: string, wires: string, config: Record<string, unknown> = {}) =>
    node(id, 'link call', wires, { links: [target], linkType: 'static', timeout: '30', ...config })
  const returns = (id: string) => node(id, 'link out', [], { mode: 'return', links: [] })

  it('follows link out to link in', async () => {
    await bench.deploy([source('out'), node('out', 'link out', [], { mode: 'link', links: ['in'] }), node('in', 'link in', 'w', { links: ['out'] }), node('w', 'test work', [], { ms: 30 })])
    expectDone(await bench.run({ id: 'r' }))
    expect(bench.log).to.deep.equal(['w', 'end r'])
  })

  it('waits for a link call that returns', async () => {
    await bench.deploy([
      source('call'), call('call', 'in', 'after'), node('after', 'test work', 'sink', { ms: 20 }), sink(),
      node('in', 'link in', 'w', { links: [] }), node('w', 'test work', 'back', { ms: 30 }), returns('back'),
    ])
    expectDone(await bench.run({ id: 'r' }))
    expect(bench.log).to.deep.equal(['w', 'after', 'sink:r', 'end r'])
  })

  it('fails a link call that never gets an answer, when its own time is over and the called flow has ended', async () => {
    await bench.deploy([
      source('call'), call('call', 'in', 'sink', { timeout: '0.05', name: 'Ask' }), sink(),
      node('in', 'link in', 'w', { links: [] }), node('w', 'test work', [], { ms: 120 }),
    ])
    const text = expectFailed(await bench.run({ id: 'r', limitMs: 3000 }), 'flow.node-error', 'call')
    expect(text).to.contain('timeout')
    expect(bench.log).to.deep.equal(['w', 'end r'])
  })

  it('does not wait for the answer of a called flow that has failed', async () => {
    await bench.deploy([source('call'), call('call', 'in', 'sink'), sink(), node('in', 'link in', 'f', { links: [] }), fn('f', 'throw new Error("no answer")', 'back'), returns('back')])
    const began = Date.now()
    expectFailed(await bench.run({ id: 'r', limitMs: 10_000 }), 'flow.node-error', 'f')
    expect(Date.now() - began).to.be.lessThan(3000)
  })

  it('stops an answer that comes after the run has ended', async () => {
    await bench.deploy([
      source('call'), call('call', 'in', 'sink', { timeout: '30' }), sink(),
      node('in', 'link in', 'w', { links: [] }), node('w', 'test work', 'back', { ms: 150 }), returns('back'),
    ])
    expectFailed(await bench.run({ id: 'r', limitMs: 60 }), 'run.time-limit')
    await until(() => bench.log.includes('w'))
    await bench.deploy([source()])
    expect(bench.log).to.deep.equal(['end r', 'w'])
  })

  it('fails a dynamic link call without a target', async () => {
    await bench.deploy([source('call'), call('call', '', 'sink', { linkType: 'dynamic' }), sink()])
    expectFailed(await bench.run({ message: { target: 'nowhere' } }), 'flow.node-error', 'call')
  })

  it('names a link in that is disabled', async () => {
    await bench.deploy([source('out'), node('out', 'link out', [], { mode: 'link', links: ['in'] }), node('in', 'link in', 'sink', { links: ['out'], d: true }), sink()])
    expect(expectFailed(await bench.run(), 'flow.lost', 'out')).to.contain('link in in, which is disabled')
  })

  it('names a link in on a disabled tab', async () => {
    await bench.deploy([
      source('out'), node('out', 'link out', [], { mode: 'link', links: ['in'] }),
      { ...tab, id: 'tab2', disabled: true }, { ...node('in', 'link in', [], { links: ['out'] }), z: 'tab2' },
    ])
    expect(expectFailed(await bench.run(), 'flow.lost', 'out')).to.contain('disabled')
  })

  it('waits for node.linkcall of a function', async () => {
    await bench.deploy([
      source('f'), fn('f', 'const answer = await node.linkcall("in", msg, { timeout: 1000 }); answer.payload += "!"; return answer', 'sink'), sink(),
      node('in', 'link in', 'w', { links: [] }), node('w', 'test work', 'back', { ms: 30 }), returns('back'),
    ])
    expectDone(await bench.run({ id: 'r' }))
    expect(bench.log).to.deep.equal(['w', 'sink:r!', 'end r'])
  })

  it('calls from a nested subflow and returns there', async () => {
    await bench.deploy([
      { id: 'outer', type: 'subflow', name: 'Outer', in: [{ x: 1, y: 1, wires: [{ id: 'o1' }] }], out: [{ x: 1, y: 1, wires: [{ id: 'o1', port: 0 }] }] },
      { ...node('o1', 'subflow:inner', []), z: 'outer' },
      { id: 'inner', type: 'subflow', name: 'Inner', in: [{ x: 1, y: 1, wires: [{ id: 'i1' }] }], out: [{ x: 1, y: 1, wires: [{ id: 'i2', port: 0 }] }] },
      { ...call('i1', 'in', 'i2'), z: 'inner' }, { ...delay('i2', 20, []), z: 'inner' },
      source('use'), node('use', 'subflow:outer', 'after'), node('after', 'test work', 'sink', { ms: 10 }), sink(),
      node('in', 'link in', 'w', { links: [] }), node('w', 'test work', 'back', { ms: 30 }), returns('back'),
    ])
    expectDone(await bench.run({ id: 'r' }))
    expect(bench.log).to.deep.equal(['w', 'after', 'sink:r', 'end r'])
  })
})
