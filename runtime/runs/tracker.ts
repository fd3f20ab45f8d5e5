/**
 * Makes a durable run out of what Node-RED does with a message: tokens over its messaging hooks.
 * The rules in plain words, and node by node, stand in `README.md` beside this file.
 *
 * Hooks: https://nodered.org/docs/api/hooks/messages/
 */
import { AsyncLocalStorage } from 'node:async_hooks'
import type { Logger } from 'pino'
import { TorgError } from '../errors.ts'
import type { NodeStatus } from '../hub.ts'
import type { CompleteEvent, FlowNode, LogRecord, NodeRed, ReceiveEvent, SendEvent } from '../node-red/facade.ts'
import { onLogRecord } from '../node-red/log.ts'
import { toAnswerError, toNodeError } from './failures.ts'
import { completesItself, watchTimers } from './function-timers.ts'
import { createGate } from './gate.ts'
import { closedRun, describeNode, nameNode, Run, type Token } from './run.ts'
import { createTokenTable } from './token-table.ts'
import type { Envelope, FlowMessage, RunRequest, RunTracker } from './types.ts'

export interface RunTrackerOptions {
  red: NodeRed
  log: Logger
  /** Shown on a node whose message was stopped because its run had settled. */
  lateStatus?: NodeStatus
}

/** The tracker as the process sees it, which also has exceptions that nobody caught. */
export interface HookTracker extends RunTracker {
  /**
   * For an exception that nobody caught, called where it surfaced (`process.on('uncaughtException')`): fails the run in
   * whose work it was thrown, naming the node. False: it was not thrown in the work of a run.
   */
  blame(error: unknown): boolean
}

const label = 'torgRuns'

/** What `onReceive` leaves on the event for `postReceive`, which gets the same object. */
const held = Symbol('token')
const left = Symbol('left')
type MarkedEvent = ReceiveEvent & {
  [held]?: Token
  /** The context to go back to, where the node was called from within the work of another one. */
  [left]?: Token | undefined
}

/** Creates the tracker of this process and adds its hooks. There can be one at a time. */
export function createRunTracker({ red, log, lateStatus = { fill: 'grey', shape: 'ring', text: 'late message stopped' } }: RunTrackerOptions): HookTracker {
  const runs = new Map<string, Run>()
  const tokens = createTokenTable()
  const context = new AsyncLocalStorage<Token | undefined>()
  const lastLateRun = new WeakMap<object, string>()
  const gate = createGate({ red, onFirstSight: node => watchTimers(node, () => context.getStore(), releaseTimer) })
  const idle = new Set<Run>()
  const failed = new Set<Token>()
  const drained = new Set<() => void>()
  let checking = false

  // ------------------------------------------------------------- tokens

  function closeToken(token: Token): void {
    if (!token.open) return
    token.open = false
    tokens.forget(token)
    token.run.tokens.delete(token)
    if (token.run.tokens.size === 0 || token.run.failed) checkLater(token.run)
  }

  /** Completed by the node: closes at once, or when the last timer of a function has fired. */
  function complete(token: Token): void {
    token.completed = true
    if (token.timers === 0) closeToken(token)
  }

  /**
   * Looks at idle runs only after the work at hand: a node may complete before it sends, and Catch and Complete are
   * called after `onComplete`.
   */
  function checkLater(run?: Run): void {
    if (run) idle.add(run)
    if (checking) return
    checking = true
    setImmediate(() => {
      checking = false
      for (const token of failed) closeToken(token)
      failed.clear()
      for (const run of idle) {
        if (run.open && (run.tokens.size === 0 || run.stalled)) end(run, 'settle')
      }
      idle.clear()
    })
  }

  function end(run: Run, how: 'settle' | 'expire' | 'interrupt'): void {
    runs.delete(run.id)
    run[how]()
    for (const token of run.tokens) {
      token.open = false
      tokens.forget(token)
    }
    run.tokens.clear()
    if (runs.size === 0) for (const resolve of drained) resolve()
  }

  // ------------------------------------------------------------- whose message is it

  /**
   * The run of a message: by its own envelope, else by the work it was sent from. `'gone'`: of a run unknown here.
   *
   * In a process that stood still, timers are late and answers of the network are heard first: a run older than its limit ends here, before
   * it can send what another process has sent meanwhile.
   */
  function runOf(msg: FlowMessage): Run | 'gone' | undefined {
    const run = findRun(msg)
    if (run && run !== 'gone' && run.open && run.isOverdue) end(run, 'expire')
    return run
  }

  function findRun(msg: FlowMessage): Run | 'gone' | undefined {
    const id = msg.torg?.run
    const current = context.getStore()
    if (typeof id === 'string') return runs.get(id) ?? (current?.run.id === id ? current.run : 'gone')
    if (!current) return undefined
    // Work of a settled run may go on to serve messages outside of runs (the timer of a shared delay node): only what
    // is recognisably the same message still belongs to it.
    return current.run.open || current.msg._msgid === msg._msgid ? current.run : undefined
  }

  function stopLate(run: Run | 'gone', msg: FlowMessage, sender: FlowNode): false {
    const end = run === 'gone' ? undefined : run.end
    const id = run === 'gone' ? msg.torg?.run : run.id
    if (end === 'interrupted') return false
    if (lastLateRun.get(sender) !== id) {
      lastLateRun.set(sender, id ?? '')
      log.warn({ node: describeNode(sender), run: id }, `A message of a run that had settled was stopped at ${nameNode(sender)}. Let the node call done only when its work is finished.`)
    }
    sender.status(lateStatus)
    return false
  }

  // ------------------------------------------------------------- hooks

  function preRoute({ msg, source, destination }: SendEvent): void {
    const run = runOf(msg)
    if (!run || run === 'gone' || !run.open) return
    const target = source.node._flow.getNode(destination.id)
    if (target !== null && typeof target === 'object') return
    run.fail(gate.lost(source.node, destination.id))
  }

  function preDeliver({ msg, source, destination }: SendEvent): false | void {
    const run = runOf(msg)
    if (!run || !destination.node) return
    if (run === 'gone' || !run.open) {
      // It said that it was done and sends all the same: the next run would lose the message too.
      if (run !== 'gone' && run.end === 'silent') gate.distrust(source.node)
      return stopLate(run, msg, source.node)
    }
    keepEnvelope(msg, run)
    tokens.open(run, msg, destination.node)
  }

  /** A message that lost its envelope gets it back: the next node may handle it in the context of another run. */
  function keepEnvelope(msg: FlowMessage, run: Run): void {
    if (msg.torg?.run !== run.id) Reflect.set(msg, 'torg', { ...run.envelope })
  }

  function onReceive(event: MarkedEvent): false | void {
    const { msg, destination: { node } } = event
    let token = tokens.find(msg, node, false)
    if (!token) {
      // Called directly by another node (link call, Catch, Complete), in the middle of its work.
      const previous = context.getStore()
      // A Status node hears of nodes, not of messages: what it starts is no part of the run.
      const run = node.type === 'status' ? undefined : runOf(msg)
      if (!run) {
        if (previous) {
          event[left] = previous
          context.enterWith(undefined)
        }
        return
      }
      if (run === 'gone' || !run.open) return stopLate(run, msg, node)
      keepEnvelope(msg, run)
      token = tokens.open(run, msg, node)
      event[left] = previous
    }
    token.received = true
    const refusal = gate.refuse(node, msg)
    if (refusal) {
      token.run.fail(refusal)
      closeToken(token)
      return false
    }
    if (node.type === 'catch') noteCaught(token.run, msg)
    event[held] = token
    // A message that was delivered has a turn of the event loop to itself: nothing is there to go back to.
    context.enterWith(token)
  }

  function postReceive(event: MarkedEvent): void {
    if (left in event) context.enterWith(event[left])
    // Without a `done` in its handler the node never completes a message; nothing more is known of it.
    const token = event[held]
    if (token && event.destination.node._expectedDoneCount === 0) closeToken(token)
    else if (token?.run.failed) checkLater(token.run)
  }

  function onComplete({ msg, error, node: { node } }: CompleteEvent): void {
    const current = context.getStore()
    const token = current && current.msg === msg && current.node === node ? current : tokens.find(msg, node, true)
    if (!token?.open) return
    if (error) token.run.fail(toNodeError(error, node))
    else if (node.type === 'http request' && node._wireCount === 0) noteAnswer(token.run, msg, node)
    complete(token)
  }

  // ------------------------------------------------------------- failures

  function releaseTimer(token: Token): void {
    token.timers--
    if (token.completed) complete(token)
  }

  function noteAnswer(run: Run, msg: FlowMessage, node: FlowNode): void {
    const { statusCode, headers } = msg
    if (typeof statusCode === 'number' && statusCode >= 400) run.fail(toAnswerError(statusCode, headers, node))
  }

  /** An error on its way to a Catch: reported without `done(error)`, or this is the second we hear of it. */
  function noteCaught(run: Run, msg: FlowMessage): void {
    const { error } = msg
    if (!isCaught(error)) return
    const node = red.nodes.getNode(error.source.id)
    run.fail(toNodeError(error, node ?? error.source))
    noteFailed(run, error.source.id)
  }

  /** A node that reported an error may never call `done`; its token closes after the work at hand. */
  function noteFailed(run: Run, id: string): void {
    const current = context.getStore()
    const token = current?.run === run && current.node.id === id ? current : soleToken(run, id)
    if (!token?.open) return
    // A function without node.done() is completed by Node-RED in any case, after what it still awaits.
    if (token.node.type === 'function' && !completesItself(token.node)) return
    failed.add(token)
    checkLater()
  }

  /** The token of a run at a node, where there is exactly one. */
  function soleToken(run: Run, id: string): Token | undefined {
    const held = [...run.tokens].filter(token => token.received && token.node.id === id)
    return held.length === 1 ? held[0] : undefined
  }

  function onLog({ level, id, type, name, msg }: LogRecord): void {
    if (level > 20 || !id || !type) return
    const current = context.getStore()
    if (!current?.run.open) return
    current.run.fail(toNodeError(msg, red.nodes.getNode(id) ?? { id, type, ...(name && { name }) }))
    noteFailed(current.run, id)
  }

  // ------------------------------------------------------------- the tracker

  const stopListening = onLogRecord(onLog)
  red.hooks.add(`preRoute.${label}`, preRoute)
  red.hooks.add(`preDeliver.${label}`, preDeliver)
  red.hooks.add(`onReceive.${label}`, onReceive)
  red.hooks.add(`postReceive.${label}`, postReceive)
  red.hooks.add(`onComplete.${label}`, onComplete)

  return {
    start({ id, deployment, node, message, limitMs }: RunRequest) {
      if (runs.has(id)) throw new TorgError('hub.internal', `Run ${id} is open already.`)
      // A copy: the flow may change its message, the run keeps what it was started with.
      const envelope: Envelope = { deployment, ...message.torg, run: id }
      message.torg = { ...envelope }
      return new Promise(resolve => {
        const run = new Run(id, envelope, limitMs, resolve)
        runs.set(id, run)
        run.timer = setTimeout(() => end(run, 'expire'), limitMs)
        const token = tokens.open(run, message, node)
        token.received = true
        context.run(token, () => {
          try {
            node.send(message)
          } catch (error) {
            run.fail(toNodeError(error, node))
          }
        })
        closeToken(token)
      })
    },
    of(msg) {
      if (!isMessage(msg)) return undefined
      const run = runOf(msg)
      return run === 'gone' && msg.torg ? closedRun(msg.torg) : run === 'gone' ? undefined : run
    },
    blame(error) {
      const current = context.getStore()
      if (!current) return false
      current.run.fail(toNodeError(error, current.node))
      if (current.open) {
        failed.add(current)
        checkLater()
      }
      return true
    },
    get openCount() {
      return runs.size
    },
    async drain(limitMs) {
      if (runs.size > 0 && limitMs > 0) {
        await new Promise<void>(resolve => {
          const timer = setTimeout(finish, limitMs)
          function finish(): void {
            clearTimeout(timer)
            drained.delete(finish)
            resolve()
          }
          drained.add(finish)
        })
      }
      const left = [...runs.values()]
      for (const run of left) end(run, 'interrupt')
      return left.length
    },
    close() {
      red.hooks.remove(`*.${label}`)
      stopListening()
      for (const run of [...runs.values()]) end(run, 'interrupt')
    },
  }
}

function isMessage(msg: unknown): msg is FlowMessage {
  return typeof msg === 'object' && msg !== null
}

interface Caught { message: string, code?: string, cause?: unknown, source: { id: string, type: string, name?: string } }

/** What Node-RED puts in `msg.error` on the way to a Catch. */
function isCaught(error: unknown): error is Caught {
  return typeof error === 'object' && error !== null && 'source' in error && typeof error.source === 'object' && error.source !== null && 'id' in error.source
}
