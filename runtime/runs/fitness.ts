/**
 * Which core nodes cannot be part of a durable run, and why. A node is unfit when it keeps messages of several runs
 * together, drops them by time, or sends after it has said that it is done: then a run would be acknowledged although
 * its work was not carried out.
 */
import type { FlowItem, FlowNode } from '../node-red/facade.ts'
import type { FlowMessage } from './types.ts'

export interface Fitness {
  /** The node can never take part; one sentence. */
  unfit?: string
  /** The node cannot take this message; one sentence. */
  refuses?: (msg: FlowMessage) => string | undefined
}

/** Judges a node by its configuration in the flow file. Pure. */
export function judgeNode(node: Pick<FlowNode, 'type'>, config: FlowItem): Fitness {
  return judges[node.type]?.(config) ?? {}
}

const judges: Record<string, (config: FlowItem) => Fitness> = {
  'batch': () => ({ unfit: 'It collects messages of several runs. Use split and join, which keep each run apart.' }),
  'trigger': () => ({ unfit: 'It keeps one timer for all runs: what it blocks is lost, and what it sends second is sent after the run has settled. Use delay to wait.' }),
  'rbe': () => ({ unfit: 'It remembers values across runs: a message that is tried again would be dropped as unchanged. Nothing is needed instead, the hub raises no version for equal content.' }),
  'delay': judgeDelay,
  'split': config => config['stream'] === true
    ? { unfit: 'It handles messages as one stream, so the end of one run\'s message waits for the next run. Switch off "Handle as a message stream".' }
    : {},
  'sort': config => config['targetType'] === 'msg' ? {} : { refuses: needsParts('sort') },
  'join': judgeJoin,
}

function judgeDelay(config: FlowItem): Fitness {
  const { pauseType, drop, outputs } = config
  const spills = Number(outputs) === 2
  if (pauseType === 'rate' && drop && !spills) return { unfit: 'It drops messages above its rate. Queue them instead, or send them to the second output.' }
  if (pauseType === 'burst' && !spills) return { unfit: 'It drops messages above its burst. Send them to the second output, or limit the rate with a queue.' }
  if ((pauseType === 'queue' || pauseType === 'timed') && !spills) return { unfit: 'It replaces waiting messages of the same topic, and what is replaced is lost. Queue all of them, or send them to the second output.' }
  return {}
}

function judgeJoin(config: FlowItem): Fitness {
  const { mode, accumulate, count, useparts } = config
  if (mode === 'custom') {
    const byParts = (count === '' || count === undefined) && useparts !== false
    if (accumulate === true || accumulate === 'true') return { unfit: 'It keeps adding to what earlier runs left. Switch off "and every subsequent message".' }
    if (!byParts || count === undefined) return { unfit: 'It counts messages of all runs together. Leave the number of parts empty behind a split node, or use the automatic mode.' }
    return { refuses: needsParts('join') }
  }
  return mode === 'reduce' ? {} : { refuses: msg => 'reset' in msg ? 'msg.reset would discard the parts of other runs too.' : needsParts('join')(msg) }
}

function needsParts(verb: string): (msg: FlowMessage) => string | undefined {
  return msg => hasPartsId(msg) ? undefined : `The message has no msg.parts, so there is nothing to ${verb}: it would be dropped. Send it through a split node first.`
}

function hasPartsId(msg: FlowMessage): boolean {
  const { parts } = msg
  return typeof parts === 'object' && parts !== null && 'id' in parts
}
