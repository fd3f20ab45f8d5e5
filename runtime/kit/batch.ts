/** Messages of a batch run, for nodes that handle its items one by one. */
import { toTorgError } from '../errors.ts'
import type { ActiveRun, DeliveryFacts, FlowMessage } from '../runs/types.ts'

/** An item of a batch: its delivery, and the element of the message's list that belongs to it. */
export interface BatchItem { delivery: DeliveryFacts, value: unknown }

/** The delivery a message is about: its own, or that of the item a split node has made it of. */
export function deliveryOf({ torg, parts }: FlowMessage): DeliveryFacts | undefined {
  if (!torg?.batch) return torg?.delivery
  const index = typeof parts === 'object' && parts !== null && 'index' in parts ? parts.index : undefined
  return typeof index === 'number' ? torg.batch.items[index] : undefined
}

/** The items of a message that carries a batch whole, with the elements of `list`; undefined where it is no list with one element for each. */
export function itemsOf(msg: FlowMessage, list: unknown = msg.payload): BatchItem[] | undefined {
  const { batch } = msg.torg ?? {}
  if (!batch || deliveryOf(msg) || !Array.isArray(list) || list.length !== batch.items.length) return undefined
  return batch.items.map((delivery, index): BatchItem => ({ delivery, value: list[index] }))
}

/** The same message with these items only. Lists beside the envelope are the caller's to replace. */
export function withItems(msg: FlowMessage, items: readonly DeliveryFacts[]): FlowMessage {
  return msg.torg?.batch ? { ...msg, torg: { ...msg.torg, batch: { ...msg.torg.batch, items: [...items] } } } : msg
}

/**
 * Does the work of a node for each item. One that fails leaves the batch with its error, naming the node, and the others go on: the
 * answer has those, each with what came of it.
 */
export async function forItems<Result>(items: readonly BatchItem[], { run, node, work }: {
  run: Pick<ActiveRun, 'failItem'>
  node: { id: string, type: string, name?: string | undefined }
  work(item: BatchItem): Result | Promise<Result>
}): Promise<(BatchItem & { result: Result })[]> {
  const ends = await Promise.all(items.map(async (item) => {
    try {
      return [{ ...item, result: await work(item) }]
    } catch (thrown) {
      const error = toTorgError(thrown)
      const { id, type, name } = node
      error.node ??= { id, type, ...(name !== undefined && { name }) }
      run.failItem(item.delivery.idempotencyKey, { error, shared: false })
      return []
    }
  }))
  return ends.flat()
}
