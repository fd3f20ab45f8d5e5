import { expect } from 'chai'
import { delay, expectDone, fn, node, sink, source, useBench } from './harness.ts'

describe('runs: subflows', () => {
  const bench = useBench()
  const port = (id: string, at = 0) => ({ x: 1, y: 1, wires: [{ id, port: at }] })
  const input = (id: string) => ({ x: 1, y: 1, wires: [{ id }] })

  it('passes through nested subflows with environment variables', async () => {
    await bench.deploy([
      { id: 'outer', type: 'subflow', name: 'Outer', in: [input('o1')], out: [port('o2')], env: [{ name: 'WORD', type: 'str', value: 'outer' }] },
      { ...node('o1', 'subflow:inner', 'o2', { env: [{ name: 'WORD', type: 'str', value: 'mine' }] }), z: 'outer' }, { ...delay('o2', 20, []), z: 'outer' },
      { id: 'inner', type: 'subflow', name: 'Inner', in: [input('i1')], out: [port('i1')], env: [{ name: 'WORD', type: 'str', value: 'inner' }] },
      { ...fn('i1', 'msg.payload += ":" + env.get("WORD"); return msg'), z: 'inner' },
      source('use'), node('use', 'subflow:outer', 'w'), node('w', 'test work', 'sink', { ms: 20 }), sink(),
    ])
    expectDone(await bench.run({ id: 'r' }))
    expect(bench.log).to.deep.equal(['w', 'sink:r:mine', 'end r'])
  })

  it('settles a subflow without outputs after its last node', async () => {
    await bench.deploy([
      { id: 'sub', type: 'subflow', name: 'Sub', in: [input('w')], out: [] }, { ...node('w', 'test work', [], { ms: 40 }), z: 'sub' },
      source('use'), node('use', 'subflow:sub'),
    ])
    expectDone(await bench.run({ id: 'r' }))
    expect(bench.log).to.have.length(2)
    expect(bench.log.at(-1)).to.equal('end r')
  })

  it('passes a subflow whose input goes straight to its output, and its status output', async () => {
    await bench.deploy([
      { id: 'sub', type: 'subflow', name: 'Sub', in: [{ x: 1, y: 1, wires: [{ id: 'shows' }] }], out: [port('sub')], status: { x: 1, y: 1, wires: [{ id: 'shows', port: 0 }] } },
      { ...fn('shows', 'msg.payload = "status"; return msg'), z: 'sub' },
      source('use'), node('use', 'subflow:sub', 'w'), node('w', 'test work', 'sink', { ms: 20 }), sink(),
    ])
    expectDone(await bench.run({ id: 'r' }))
    expect(bench.log).to.deep.equal(['w', 'sink:r', 'end r'])
  })

  it('keeps runs apart in one subflow instance', async () => {
    await bench.deploy([
      { id: 'sub', type: 'subflow', name: 'Sub', in: [input('d')], out: [port('d')] }, { ...delay('d', 15, []), z: 'sub' },
      source('use'), node('use', 'subflow:sub', 'w'), node('w', 'test work', 'sink', { ms: 10 }), sink(),
    ])
    const ids = ['a', 'b', 'c']
    for (const outcome of await Promise.all(ids.map(id => bench.run({ id })))) expectDone(outcome)
    for (const id of ids) expect(bench.log.indexOf(`sink:${id}`)).to.be.lessThan(bench.log.indexOf(`end ${id}`))
  })
})
