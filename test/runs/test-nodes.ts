/** Nodes of our own for the settle suite, written as Node-RED loads them: plain JavaScript in a module folder. */
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

/** Writes the module and returns its folder, for `nodesDirs`. */
export async function installTestNodes(parent: string): Promise<string> {
  const folder = join(parent, 'test-nodes')
  await mkdir(folder)
  await writeFile(join(folder, 'package.json'), JSON.stringify({ name: 'torg-test-nodes', version: '1.0.0', type: 'module', 'node-red': { nodes: { test: 'nodes.js' } } }))
  await writeFile(join(folder, 'nodes.html'), '')
  await writeFile(join(folder, 'nodes.js'), source)
  return folder
}

const source = `
import { stat } from 'node:fs'
export default RED => {
  const bench = RED.settings.testBench
  const register = (type, onInput) => RED.nodes.registerType(type, function (config) {
    RED.nodes.createNode(this, config)
    const node = this
    onInput?.(node, config)
  })
  register('test source')
  register('test sink', node => node.on('input', function (msg, send, done) {
    bench.record(node.id + ':' + (typeof msg.payload === 'object' ? JSON.stringify(msg.payload) : msg.payload))
    done()
  }))
  // Does its work for some time, records when it has ended, and completes.
  register('test work', (node, config) => node.on('input', function (msg, send, done) {
    setTimeout(() => {
      bench.record(node.id)
      send(msg)
      done()
    }, config.ms ?? 10)
  }))
  // The process stands still while the disk answers, and hears the answer before any timer.
  register('test freeze', (node, config) => node.on('input', function (msg, send, done) {
    stat('.', () => {
      const end = Date.now() + config.ms
      while (Date.now() < end);
      send(msg)
      done()
    })
  }))
  register('test double done', node => node.on('input', function (msg, send, done) {
    send(msg)
    done()
    done()
    setTimeout(done, 5)
  }))
  register('test never done', node => node.on('input', function (msg, send, done) {}))
  register('test done first', node => node.on('input', function (msg, send, done) {
    done()
    send({ payload: msg.payload })
  }))
  register('test fresh', node => node.on('input', function (msg, send, done) {
    setTimeout(() => {
      send({ payload: 'fresh' })
      done()
    }, 5)
  }))
  register('test throw', node => node.on('input', function (msg, send, done) { throw new Error('thrown with done') }))
  register('test coded error', (node, config) => node.on('input', function (msg, send, done) { done(Object.assign(new Error(config.text ?? 'coded'), { code: config.code })) }))
  register('test error then silence', node => node.on('input', function (msg, send, done) {
    setTimeout(() => node.error('gave up', msg), 5)
  }))
  register('test error without message', node => node.on('input', function (msg, send, done) {
    setTimeout(() => {
      node.error('no message given')
      done()
    }, 5)
  }))
  register('test settle', (node, config) => node.on('input', function (msg, send, done) {
    const run = bench.of(msg)
    if (config.decision === 'done') run.decide({ outcome: 'done' })
    else run.decide({ outcome: 'failed', error: RED.settings.testBench.settleError() })
    bench.record(node.id)
    done()
  }))
  register('test reference', node => node.on('input', function (msg, send, done) {
    bench.of(msg).addReference({ kind: 'order', id: String(msg.payload) })
    done()
  }))
  register('test state', (node, config) => node.on('input', function (msg, send, done) {
    setTimeout(() => {
      const run = bench.of(msg)
      bench.record(node.id + ':' + (run ? run.open : 'none'))
      done()
    }, config.ms ?? 0)
  }))
  // Old style: one parameter, no done.
  register('test old', node => node.on('input', function (msg) {
    bench.record(node.id)
    node.send(msg)
  }))
  register('test old throw', node => node.on('input', function (msg) { throw new Error('thrown in old style') }))
  register('test old error', node => node.on('input', function (msg) { node.error('refused in old style', msg) }))
  register('test old late', node => node.on('input', function (msg) { setTimeout(() => node.send(msg), 20) }))
  register('test late throw', node => node.on('input', function (msg, send, done) { setTimeout(() => { throw new Error('thrown later') }, 5) }))
  register('test reject', node => node.on('input', async function (msg, send, done) {
    await new Promise(resolve => setTimeout(resolve, 5))
    throw new Error('rejected later')
  }))
  register('test no input')
}
`
