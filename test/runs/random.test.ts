import { expect } from 'chai'
import type { FlowItem } from '../../runtime/node-red/facade.ts'
import { delay, expectDone, expectFailed, fn, node, sink, source, useBench } from './harness.ts'

/**
 * Random flows: no run may settle before the last work of it is recorded, and none may hang. Repeat a failure with
 * `TORG_TEST_SEED=<seed>`.
 */
describe('runs: random flows', () => {
  const bench = useBench()
  const seed = Number(process.env['TORG_TEST_SEED'] ?? Date.now() % 1_000_000)

  for (let round = 0; round < 12; round++) {
    it(`settles after the last work and not before (seed ${seed + round})`, async () => {
      const random = generator(seed + round)
      const flow = randomFlow(random)
      await bench.deploy([...flow, node('catch', 'catch', 'caught', { scope: null }), node('caught', 'test work', [], { ms: 10 })])
      const ids = Array.from({ length: 6 }, (_, index) => `r${index}`)
      const outcomes = await Promise.all(ids.map(id => bench.run({ id, payload: id })))
      const failing = flow.some(item => item.type === 'test throw')
      for (const [index, outcome] of outcomes.entries()) {
        if (!failing) expectDone(outcome)
        else if (outcome.outcome === 'failed') expectFailed(outcome, 'flow.node-error')
        const last = bench.log.lastIndexOf(`sink:r${index}`)
        if (!failing) expect(last, `r${index} never reached the sink`).to.be.greaterThan(-1)
        expect(last, `work of r${index} after its end`).to.be.lessThan(bench.log.indexOf(`end r${index}`))
      }
      // A quiet moment: nothing of a settled run may still be under way.
      const recorded = bench.log.length
      await new Promise(resolve => { setTimeout(resolve, 80) })
      expect(bench.log.slice(recorded)).to.deep.equal([])
      expect(bench.warnings.filter(line => line.includes('had settled'))).to.deep.equal([])
    }).timeout(20_000)
  }
})

/** Mulberry32: a small generator with a seed. */
function generator(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296
  }
}

/** A directed graph without cycles: every node is wired to one to three later ones, the last is the sink. */
function randomFlow(random: () => number): FlowItem[] {
  const size = 5 + Math.floor(random() * 6)
  const id = (index: number) => index >= size ? 'sink' : `n${index}`
  const targets = (index: number) => {
    const found = new Set<string>()
    // Few wires ahead: the number of messages grows with every branch.
    for (let count = random() < 0.4 ? 2 : 1; count > 0; count--) found.add(id(index + 1 + Math.floor(random() * 3)))
    return [...found]
  }
  const items = Array.from({ length: size }, (_, index) => randomNode(`n${index}`, targets(index), random))
  return [source('n0', ...random() < 0.5 ? [id(2)] : []), ...items.flat(), sink()]
}

function randomNode(id: string, targets: string[], random: () => number): FlowItem[] {
  const ms = Math.floor(random() * 20)
  const both = [targets, targets]
  const kinds: (() => FlowItem[])[] = [
    () => [fn(id, 'return msg', [targets])],
    () => [fn(id, 'return { payload: msg.payload }', [targets])],
    () => [fn(id, `await new Promise(resolve => setTimeout(resolve, ${ms})); delete msg.torg; return msg`, [targets])],
    () => [fn(id, `setTimeout(() => { node.send(msg); node.done() }, ${ms})`, [targets])],
    () => [fn(id, `setTimeout(() => node.send(msg), ${ms})`, [targets])],
    () => [delay(id, ms, [targets])],
    () => [node(id, 'delay', [targets], { pauseType: 'rate', rate: '200', nbRateUnits: '1', rateUnits: 'second', drop: false, outputs: 1, timeout: '1', timeoutUnits: 'seconds' })],
    () => [node(id, 'junction', [targets])],
    () => [node(id, 'switch', both, { property: 'payload', propertyType: 'msg', rules: [{ t: 'cont', v: String(Math.floor(random() * 6)), vt: 'str' }, { t: 'else' }], checkall: 'true', repair: false, outputs: 2 })],
    () => [node(id, 'switch', both, { property: '$length(payload) > 1', propertyType: 'jsonata', rules: [{ t: 'true' }, { t: 'else' }], checkall: 'true', repair: false, outputs: 2 })],
    () => [node(id, 'change', [targets], { rules: [{ t: 'set', p: 'seen', pt: 'msg', to: 'payload', tot: 'msg' }] })],
    () => [node(id, 'test work', [targets], { ms })],
    () => [node(id, 'test old', [targets])],
    () => [node(id, 'test double done', [targets])],
    () => [
      node(id, 'link call', [targets], { links: [`${id}in`], linkType: 'static', timeout: '30' }),
      node(`${id}in`, 'link in', [[`${id}wait`]], { links: [] }), delay(`${id}wait`, ms, `${id}out`), node(`${id}out`, 'link out', [], { mode: 'return', links: [] }),
    ],
    () => [
      fn(id, 'msg.was = msg.payload; msg.payload = [1, 2, 3]; return msg', [[`${id}split`]]),
      node(`${id}split`, 'split', [[`${id}wait`]], { splt: '\\n', spltType: 'str', arraySplt: 1, arraySpltType: 'len', stream: false, addname: '' }),
      fn(`${id}wait`, 'await new Promise(resolve => setTimeout(resolve, 12 - 4 * msg.payload)); return msg', [[`${id}join`]]),
      node(`${id}join`, 'join', [[`${id}back`]], { mode: 'auto', build: 'array', property: 'payload', propertyType: 'msg', useparts: true, accumulate: false, timeout: '', count: '' }),
      fn(`${id}back`, 'msg.payload = msg.was; delete msg.was; return msg', [targets]),
    ],
    ...random() < 0.15 ? [() => [node(id, 'test throw', [targets])]] : [],
  ]
  return kinds[Math.floor(random() * kinds.length)]?.() ?? []
}
