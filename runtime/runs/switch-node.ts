/**
 * Makes the core `switch` node say when it is done. It is the one core node of everyday flows that takes messages
 * without a `done`, and it does not answer at once: it works through its own queue one message per turn of the event
 * loop, waits for JSONata, and with "recreate message sequences" holds the parts of a sequence until it is complete.
 * What it does for every message is to send (null on every output where no rule matches), or to report an error or a
 * warning. So each message is given to it alone, and the first of those calls completes it.
 *
 * Read in `@node-red/nodes/core/function/10-switch.js` of Node-RED 5.0.
 */
import { AsyncLocalStorage } from 'node:async_hooks'
import type { FlowItem, FlowNode } from '../node-red/facade.ts'
import type { FlowMessage } from './types.ts'

interface Job {
  msg: FlowMessage
  done(error?: unknown): void
  /** Runs the work in the async context the message came with. */
  inContext(work: () => void): void
}

/** Replaces the input handler of a `switch` node by one that calls `done`. Does nothing where the node has one. */
export function completeSwitch(node: FlowNode, config: FlowItem): void {
  const handler = node._inputCallback
  if (!handler || node._expectedDoneCount > 0) return
  const waiting: Job[] = []
  /** Parts of unfinished sequences, which the node holds without a sign. */
  const sequences = new Map<string, Job[]>()
  /** What the node works on: one message, or the parts of a sequence with its last one. */
  let active: Job[] = []
  let signs = 0
  let busy = false

  const finish = (error?: unknown) => {
    const jobs = active
    active = []
    for (const job of jobs) job.done(job === jobs.at(-1) ? error : undefined)
    // The node frees its own queue with a setImmediate made right after the call we are in; ours must come after it.
    queueMicrotask(() => setImmediate(idle))
  }
  const sign = (error?: unknown) => {
    if (active.length && (--signs <= 0 || error !== undefined)) finish(error)
  }
  const idle = () => {
    busy = false
    next()
  }
  const next = () => {
    const job = busy ? undefined : waiting.shift()
    if (!job) return
    busy = true
    const parts = holdsSequences(config) ? partsOf(job.msg) : undefined
    const jobs = parts ? [...sequences.get(parts.id) ?? [], job] : [job]
    const held = parts !== undefined && jobs.length < parts.count
    if (held) sequences.set(parts.id, jobs)
    else if (parts) sequences.delete(parts.id)
    active = held ? [] : jobs
    signs = jobs.length
    job.inContext(() => handler.call(node, job.msg, noSend, noDone))
    if (held) queueMicrotask(() => setImmediate(idle))
  }

  node.removeListener('input', handler)
  node.on('input', (msg, _send, done) => {
    waiting.push({ msg, done, inContext: AsyncLocalStorage.snapshot() })
    next()
  })
  watchCalls(node, sign)
}

const noSend = () => undefined
const noDone = () => undefined

function watchCalls(node: FlowNode, sign: (error?: unknown) => void): void {
  const { error, warn } = node
  // Node-RED assigns `send` anew when wires change.
  let send = node.send
  const watchedSend = (messages: unknown) => {
    send.call(node, messages)
    sign()
  }
  Object.defineProperty(node, 'send', { configurable: true, enumerable: true, get: () => watchedSend, set: (changed: typeof send) => { send = changed } })
  node.error = (reported, msg) => {
    error.call(node, reported, msg)
    sign()
  }
  // A property it cannot read is only a warning to the switch node, which then drops the message.
  node.warn = text => {
    warn.call(node, text)
    sign(new Error(String(text)))
  }
}

/** With these settings the node holds the parts of a sequence until the last one has come. */
function holdsSequences(config: FlowItem): boolean {
  const rules = Array.isArray(config['rules']) ? config['rules'] : []
  return Boolean(config['repair']) || rules.some((rule: { t?: string }) => rule.t === 'tail')
}

function partsOf(msg: FlowMessage): { id: string, count: number } | undefined {
  const { parts } = msg
  if (typeof parts !== 'object' || parts === null || !('id' in parts) || !('index' in parts)) return undefined
  const count = 'count' in parts && typeof parts.count === 'number' ? parts.count : Infinity
  return { id: String(parts.id), count }
}
