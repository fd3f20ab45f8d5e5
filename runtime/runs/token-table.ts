/** The open tokens of all runs, found by message object and node. */
import type { FlowMessage } from './types.ts'
import { Token, type Holder, type Run } from './run.ts'

export interface TokenTable {
  open(run: Run, msg: FlowMessage, node: Holder): Token
  /** The token of a message at a node: on its way there (`received` false), or in its hands. */
  find(msg: object, node: object, received: boolean): Token | undefined
  forget(token: Token): void
}

export function createTokenTable(): TokenTable {
  /** By message object; one object can be at several nodes, or several times at one, so its tokens are chained. */
  const first = new Map<object, Token>()
  return {
    open(run, msg, node) {
      const token = new Token(run, msg, node)
      token.next = first.get(msg)
      first.set(msg, token)
      run.tokens.add(token)
      return token
    },
    find(msg, node, received) {
      for (let token = first.get(msg); token; token = token.next) {
        if (token.node === node && token.received === received) return token
      }
      return undefined
    },
    forget(token) {
      const head = first.get(token.msg)
      if (head === token) {
        if (token.next) first.set(token.msg, token.next)
        else first.delete(token.msg)
        return
      }
      for (let before = head; before; before = before.next) {
        if (before.next === token) before.next = token.next
      }
    },
  }
}
