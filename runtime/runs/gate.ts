/** Which nodes a run may enter, and what is said when it may not. */
import { TorgError } from '../errors.ts'
import type { FlowItem, FlowNode, NodeRed } from '../node-red/facade.ts'
import { judgeNode, type Fitness } from './fitness.ts'
import { describeNode, nameNode, nodeId } from './run.ts'
import { completeSwitch } from './switch-node.ts'
import type { FlowMessage } from './types.ts'

export interface Gate {
  /** Why this node cannot take this message; undefined where it can. */
  refuse(node: FlowNode, msg: FlowMessage): TorgError | undefined
  /** The node sent after its run had settled: until it is deployed again, no run may enter it. */
  distrust(node: FlowNode): void
  /** The error of a message whose target is missing or disabled. */
  lost(source: FlowNode, target: string): TorgError
}

/** `onFirstSight` is called once for every running node, before its first message of a run. */
export function createGate({ red, onFirstSight }: { red: NodeRed, onFirstSight(node: FlowNode): void }): Gate {
  const known = new WeakMap<FlowNode, Fitness>()
  const distrusted = 'It sent a message after an earlier run had settled. Let it call done only when its work is finished, then deploy.'

  function meet(node: FlowNode): Fitness {
    const config = findConfig(nodeId(node))
    const fitness = config ? judgeNode(node, config) : {}
    known.set(node, fitness)
    if (config && node.type === 'switch') completeSwitch(node, config)
    onFirstSight(node)
    return fitness
  }

  function findConfig(id: string): FlowItem | undefined {
    let found: FlowItem | undefined
    red.nodes.eachNode(config => { if (config.id === id) found = config })
    return found
  }

  return {
    refuse(node, msg) {
      const { unfit, refuses } = known.get(node) ?? meet(node)
      const reason = unfit ?? refuses?.(msg)
      if (reason) return new TorgError('run.unfit-node', { detail: `${nameNode(node)} cannot be part of a durable run. ${reason}`, node: describeNode(node) })
      if (node._inputCallback || node._inputCallbacks) return undefined
      return new TorgError('flow.lost', {
        detail: `${nameNode(node)} takes no messages: it has no input, or it refused its own configuration at deploy (see the log).`,
        node: describeNode(node),
      })
    },
    distrust(node) {
      known.set(node, { unfit: distrusted })
    },
    lost(source, target) {
      const item = findConfig(target)
      const state = item ? `${nameNode(item)}, which is disabled` : `node ${target}, which does not exist`
      return new TorgError('flow.lost', { detail: `${nameNode(source)} sent to ${state}.`, node: describeNode(source) })
    },
  }
}
