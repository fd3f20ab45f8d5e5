/**
 * Keeps a run open while a function node without `node.done()` waits for its own timers. Node-RED completes such a
 * function as soon as it returns; what `setTimeout` sends later would come after the run had settled.
 */
import type { FlowNode } from '../node-red/facade.ts'
import type { Token } from './run.ts'

/** A `function` node; read in `@node-red/nodes/core/function/10-function.js` of Node-RED 5.0. */
interface FunctionNode extends FlowNode {
  func: string
  /** Ids of timers made by the script's `setTimeout`: pushed when made, spliced out before they fire or are cleared. */
  outstandingTimers: unknown[]
}

/** Counts the timers of each message in `token.timers`; `release` is called when one has fired or was cleared. */
export function watchTimers(node: FlowNode, current: () => Token | undefined, release: (token: Token) => void): void {
  if (!isFunctionNode(node) || completesItself(node) || !/node\s*\.\s*send/.test(node.func)) return
  const owners = new Map<unknown, Token>()
  const timers = node.outstandingTimers
  timers.push = (...ids) => {
    const token = current()
    if (token?.open && token.node === node) {
      for (const id of ids) owners.set(id, token)
      token.timers += ids.length
    }
    return Array.prototype.push.apply(timers, ids)
  }
  timers.splice = (start: number, count: number) => {
    const removed = Array.prototype.splice.call(timers, start, count)
    for (const id of removed) {
      const token = owners.get(id)
      owners.delete(id)
      // The script's callback runs right after this: what it sends must find the token open.
      if (token) queueMicrotask(() => release(token))
    }
    return removed
  }
}

/** The script says itself when it is done, so Node-RED does not do it on return. */
export function completesItself(node: { readonly type: string, readonly func?: unknown }): boolean {
  return typeof node.func === 'string' && /node\.done\s*\(/.test(node.func)
}

function isFunctionNode(node: FlowNode): node is FunctionNode {
  return node.type === 'function' && 'func' in node && typeof node.func === 'string' && 'outstandingTimers' in node && Array.isArray(node.outstandingTimers)
}
