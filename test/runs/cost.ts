/**
 * What a durable run costs over plain Node-RED: a chain of five nodes, both ways, on a real runtime.
 *
 *   node test/runs/cost.ts
 */
import { createServer } from 'node:http'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pino } from 'pino'
import { createMemoryStorage } from '../support/memory-storage.ts'
import { startNodeRed } from '../../runtime/node-red/embed.ts'
import type { FlowItem, FlowNode } from '../../runtime/node-red/facade.ts'
import { createRunTracker } from '../../runtime/runs/tracker.ts'

const perRound = 20_000
const hops = ['n1', 'n2', 'n3', 'n4', 'n5']

const userDir = await mkdtemp(join(tmpdir(), 'torg-cost-'))
const log = pino({ level: 'warn' })
const embedded = await startNodeRed({ server: createServer(), userDir, log, storage: createMemoryStorage(), nodesDirs: [], editor: false, credentialSecret: 'cost' })
await embedded.started
const flow: FlowItem[] = [
  { id: 'tab', type: 'tab' },
  ...['source', ...hops].map((id, index) => ({ id, type: 'junction', z: 'tab', x: 1, y: 1, wires: [hops.slice(index, index + 1)] })),
]
await embedded.deploy(flow)
const first = nodeOf('source')
const last = nodeOf('n5')

function nodeOf(id: string): FlowNode {
  const node = embedded.red.nodes.getNode(id)
  if (!node) throw new Error('the flow did not start')
  return node
}

let arrived = 0
last.on('input', (_msg, _send, done) => {
  arrived++
  done()
})

/** CPU time per message in microseconds, with `width` messages under way at a time. */
async function measure(send: (n: number) => void, width = 100): Promise<number> {
  arrived = 0
  const began = process.cpuUsage()
  for (let sent = 0; sent < perRound;) {
    for (let burst = 0; burst < width; burst++) send(sent++)
    while (arrived < sent) await new Promise(setImmediate)
  }
  const { user, system } = process.cpuUsage(began)
  return (user + system) / perRound
}

let id = 0
const payload = { order: 1042 }
const plain = () => measure(() => first.send({ payload, torg: { run: 'none', deployment: 1 } }))
async function durable(): Promise<number> {
  const tracker = createRunTracker({ red: embedded.red, log })
  const cost = await measure(() => { void tracker.start({ id: `run-${id++}`, deployment: 1, node: first, message: { payload }, limitMs: 60_000 }) })
  tracker.close()
  return cost
}

const costs = { plain: [await plain()], durable: [await durable()] }
for (let round = 0; round < 9; round++) {
  costs.plain.push(await plain())
  costs.durable.push(await durable())
}
// The best round is the one that other work on the machine disturbed least.
const base = Math.min(...costs.plain)
const run = Math.min(...costs.durable)
console.log(`CPU per message over ${hops.length} nodes, best of ${costs.plain.length} rounds: plain Node-RED ${base.toFixed(1)} µs, as a durable run ${run.toFixed(1)} µs`)
console.log(`a run costs ${(run - base).toFixed(1)} µs more, ${(run / base).toFixed(2)} times`)
await embedded.stop()
await rm(userDir, { recursive: true, force: true })
