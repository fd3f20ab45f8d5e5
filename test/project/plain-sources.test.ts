import { expect } from 'chai'
import type { FlowItem } from '../../runtime/node-red/facade.ts'
import { disablePlainSources } from '../../runtime/node-red/plain-sources.ts'

describe('what a worker runs of the flows', () => {
  const own = (type: string): boolean => type.startsWith('rest ') || type.startsWith('hub ')
  const node = (id: string, type: string, ...targets: string[]): FlowItem => ({ id, type, z: 'tab', wires: [targets] })
  const disabled = (...flows: FlowItem[]): string[] => disablePlainSources(flows, own).flatMap(({ id, d }) => d === true ? [id] : [])

  it('is all but palette nodes that start messages by themselves', () => {
    expect(disabled(
      { id: 'tab', type: 'tab' }, { id: 'system', type: 'rest-system' },
      node('webhook', 'rest in', 'map'), node('changes', 'hub changes', 'map'), node('map', 'change', 'out'), node('out', 'rest out'),
      node('inject', 'inject', 'map'), node('mqtt', 'mqtt in', 'map'), node('http', 'http in', 'response'), { id: 'response', type: 'http response', z: 'tab', wires: [] },
    )).to.deep.equal(['inject', 'mqtt', 'http'])
  })

  it('keeps what runs reach without a wire: link in, catch, a function that prepares context, the inside of a subflow', () => {
    expect(disabled(
      node('link', 'link in', 'a'), node('a', 'change'), node('catch', 'catch', 'b'), node('b', 'debug'), node('start', 'function', 'a'),
      { id: 'sub', type: 'subflow', in: [{ x: 1, y: 1, wires: [{ id: 'inner' }] }], out: [] }, { id: 'inner', type: 'switch', z: 'sub', wires: [['last']] }, { id: 'last', type: 'delay', z: 'sub', wires: [[]] },
      node('instance', 'subflow:sub', 'a'),
    )).to.deep.equal([])
  })
})
