import { expect } from 'chai'
import { expectDone, expectFailed, fn, node, sink, source, useBench } from './harness.ts'

describe('runs: split, join and their kin', () => {
  const bench = useBench()
  const split = (id: string, wires: string, config: Record<string, unknown> = {}) =>
    node(id, 'split', wires, { splt: '\\n', spltType: 'str', arraySplt: 1, arraySpltType: 'len', stream: false, addname: '', ...config })
  const join = (id: string, wires: string, config: Record<string, unknown> = {}) =>
    node(id, 'join', wires, { mode: 'auto', build: 'array', property: 'payload', propertyType: 'msg', key: 'topic', joiner: '\\n', joinerType: 'str', useparts: true, accumulate: false, timeout: '', count: '', reduceRight: false, ...config })
  /** Waits longer for lower payloads, so that parts overtake each other. */
  const slow = fn('slow', 'await new Promise(resolve => setTimeout(resolve, 60 - 10 * msg.payload)); return msg', 'join')

  it('joins what it split, also when parts overtake each other', async () => {
    await bench.deploy([source('split'), split('split', 'slow'), slow, join('join', 'w'), node('w', 'test work', 'sink', { ms: 30 }), sink()])
    expectDone(await bench.run({ id: 'r', payload: [1, 2, 3] }))
    expect(bench.log).to.deep.equal(['w', 'sink:[1,2,3]', 'end r'])
  })

  it('keeps runs apart in one automatic join', async () => {
    await bench.deploy([source('split'), split('split', 'slow'), slow, join('join', 'sink'), sink()])
    const outcomes = await Promise.all([bench.run({ id: 'a', payload: [1, 2] }), bench.run({ id: 'b', payload: [3, 4] })])
    outcomes.forEach(expectDone)
    expect(bench.log).to.have.members(['sink:[1,2]', 'sink:[3,4]', 'end a', 'end b'])
  })

  it('fails when one part fails, and the join never gets its last part', async () => {
    await bench.deploy([source('split'), split('split', 'check'), fn('check', 'if (msg.payload === 2) throw new Error("part 2"); return msg', 'join'), join('join', 'sink'), sink()])
    const began = Date.now()
    const text = expectFailed(await bench.run({ id: 'r', payload: [1, 2, 3], limitMs: 10_000 }), 'flow.node-error', 'check')
    expect(text).to.contain('part 2')
    expect(Date.now() - began, 'it need not wait for its limit').to.be.lessThan(3000)
    expect(bench.log).to.deep.equal(['end r'])
  })

  it('names the join that waits for a part that was filtered out', async () => {
    await bench.deploy([source('split'), split('split', 'filter'), fn('filter', 'return msg.payload === 2 ? null : msg', 'join'), join('join', 'sink', { name: 'All lines' }), sink()])
    expect(expectFailed(await bench.run({ payload: [1, 2, 3], limitMs: 150 }), 'run.time-limit', 'join')).to.contain('All lines')
  })

  it('joins by parts in manual mode, and by reduce', async () => {
    await bench.deploy([
      source('split'), split('split', 'slow'), fn('slow', 'await new Promise(resolve => setTimeout(resolve, 30)); return msg', [['manual', 'reduce']]),
      join('manual', 'sink', { mode: 'custom' }), sink(),
      join('reduce', 'sum', { mode: 'reduce', reduceExp: '$A + payload', reduceInit: '0', reduceInitType: 'num' }), sink('sum'),
    ])
    expectDone(await bench.run({ id: 'r', payload: [1, 2, 3] }))
    expect(bench.log).to.have.members(['sink:[1,2,3]', 'sum:6', 'end r'])
    expect(bench.log.at(-1)).to.equal('end r')
  })

  for (const [what, refused] of [
    ['a manual join that counts', join('unfit', 'sink', { mode: 'custom', count: '2' })],
    ['a manual join that accumulates', join('unfit', 'sink', { mode: 'custom', accumulate: true })],
    ['a manual join that ignores parts', join('unfit', 'sink', { mode: 'custom', useparts: false })],
    ['a batch by count', node('unfit', 'batch', 'sink', { mode: 'count', count: 2, overlap: 0 })],
    ['a batch by time', node('unfit', 'batch', 'sink', { mode: 'interval', interval: 1 })],
    ['a batch of sequences', node('unfit', 'batch', 'sink', { mode: 'concat', topics: [{ topic: 'a' }] })],
    ['a split of a stream', split('unfit', 'sink', { stream: true })],
    ['a manual join without parts', join('unfit', 'sink', { mode: 'custom' })],
    ['an automatic join without parts', join('unfit', 'sink')],
    ['a sort of a sequence without parts', node('unfit', 'sort', 'sink', { target: 'payload', targetType: 'seq', order: 'ascending', seqKey: 'payload', seqKeyType: 'msg' })],
  ] as const) {
    it(`refuses ${what}`, async () => {
      await bench.deploy([source('unfit'), { ...refused, name: 'Unfit' }, sink()])
      expect(expectFailed(await bench.run(), 'run.unfit-node', 'unfit')).to.contain('"Unfit"')
      expect(bench.log).to.deep.equal(['end run'])
    })
  }

  it('sorts a sequence', async () => {
    await bench.deploy([
      source('split'), split('split', 'sort'), node('sort', 'sort', 'join', { target: 'payload', targetType: 'seq', order: 'descending', seqKey: 'payload', seqKeyType: 'msg' }),
      join('join', 'w'), node('w', 'test work', 'sink', { ms: 20 }), sink(),
    ])
    expectDone(await bench.run({ id: 'r', payload: [2, 3, 1] }))
    expect(bench.log).to.deep.equal(['w', 'sink:[3,2,1]', 'end r'])
  })

  const rules = { property: 'payload', propertyType: 'msg', checkall: 'true', outputs: 2 }

  it('waits for a switch that works through many messages one by one', async () => {
    await bench.deploy([
      source('split'), split('split', 'switch'),
      node('switch', 'switch', [['w'], []], { ...rules, rules: [{ t: 'jsonata_exp', v: '$number(payload) > 2', vt: 'jsonata' }, { t: 'else' }], repair: false }), node('w', 'test work', [], { ms: 5 }),
    ])
    expectDone(await bench.run({ id: 'r', payload: Array.from({ length: 20 }, (_, index) => index) }))
    expect(bench.log).to.have.length(18)
    expect(bench.log.at(-1)).to.equal('end r')
  })

  for (const [name, extra] of [['rebuilds sequences', { repair: true, rules: [{ t: 'gt', v: '2', vt: 'num' }, { t: 'else' }] }], ['looks at the tail', { repair: false, rules: [{ t: 'tail', v: '2', vt: 'num' }, { t: 'else' }] }]] as const) {
    it(`waits for a switch that ${name}`, async () => {
      await bench.deploy([
        source('split'), split('split', 'slow'), fn('slow', 'await new Promise(resolve => setTimeout(resolve, 5 * msg.payload)); return msg', 'switch'),
        node('switch', 'switch', [['w'], ['other']], { ...rules, ...extra }), node('w', 'test work', 'sink', { ms: 20 }), sink(), sink('other'),
      ])
      const [first, second] = await Promise.all([bench.run({ id: 'a', payload: [1, 2, 3, 4] }), bench.run({ id: 'b', payload: [1, 2, 3, 4] })])
      expectDone(first)
      expectDone(second)
      expect(bench.log.filter(entry => entry === 'w')).to.have.length(4)
      expect(bench.log.filter(entry => entry.startsWith('other'))).to.have.length(4)
      expect(bench.log.at(-1)).to.match(/^end /)
    })
  }

  it('fails when a switch cannot read its property', async () => {
    await bench.deploy([source('switch'), node('switch', 'switch', [['sink'], []], { ...rules, property: '$error("no such thing")', propertyType: 'jsonata', rules: [{ t: 'nnull' }, { t: 'else' }] }), sink()])
    expectFailed(await bench.run(), 'flow.node-error', 'switch')
  })
})
