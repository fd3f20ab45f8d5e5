/**
 * Group commit: calls that arrive while a write is under way share the next one. Under load one statement and one
 * flush of the disk carry many calls; alone, a call is written at once.
 */

import { setTimeout as sleep } from 'node:timers/promises'

/** A write of so many calls was made under load: the next begins `gatherMs` after it at the earliest, and so carries more. */
const many = 8
const gatherMs = 20

export interface BatcherOptions<Item, Result> {
  /**
   * Writes all items or, by throwing, none. Answers in the order of the items; an `Error` in the place of a result
   * rejects that call alone.
   */
  write(items: Item[]): Promise<(Result | Error)[]>
  /** Whether the failure is owed to the data of some item: the batch is then halved until that item stands alone. */
  owedToData(error: unknown): boolean
  maxItems: number
  /** Bound on the sum of `sizeOf`, in bytes. A larger item is written alone. */
  maxBytes: number
  sizeOf(item: Item): number
}

export interface Batcher<Item, Result> {
  add(item: Item): Promise<Result>
  /** Resolves when everything added so far is written or rejected. */
  idle(): Promise<void>
}

interface Waiting<Item, Result> {
  item: Item
  size: number
  resolve(result: Result): void
  reject(error: unknown): void
}

/** Makes a batching writer. One write is under way at a time, so the order of the calls is the order of the writes. */
export function createBatcher<Item, Result>(options: BatcherOptions<Item, Result>): Batcher<Item, Result> {
  let queue: Waiting<Item, Result>[] = []
  let running: Promise<void> | null = null
  let notBefore = 0

  const takeBatch = (): Waiting<Item, Result>[] => {
    let bytes = 0
    let count = 0
    for (const { size } of queue) {
      if (count > 0 && (count >= options.maxItems || bytes + size > options.maxBytes)) break
      bytes += size
      count += 1
    }
    const batch = queue.slice(0, count)
    queue = queue.slice(count)
    return batch
  }

  const write = async (batch: Waiting<Item, Result>[]): Promise<void> => {
    try {
      const results = await options.write(batch.map(waiting => waiting.item))
      if (results.length !== batch.length) throw new Error(`A batch of ${batch.length} was answered with ${results.length} results.`)
      results.forEach((result, index) => {
        const waiting = batch[index]
        if (result instanceof Error) waiting?.reject(result)
        else waiting?.resolve(result)
      })
    } catch (error) {
      if (batch.length === 1 || !options.owedToData(error)) {
        for (const waiting of batch) waiting.reject(error)
        return
      }
      // First half first: the order of the calls stays.
      const middle = batch.length >> 1
      await write(batch.slice(0, middle))
      await write(batch.slice(middle))
    }
  }

  const run = async (): Promise<void> => {
    // Calls of the same turn of the event loop belong together.
    await Promise.resolve()
    while (queue.length > 0) {
      const wait = queue.length < options.maxItems ? notBefore - performance.now() : 0
      if (wait >= 1) await sleep(wait)
      const batch = takeBatch()
      notBefore = batch.length < many ? 0 : performance.now() + gatherMs
      await write(batch)
    }
    running = null
  }

  return {
    add: item => new Promise<Result>((resolve, reject) => {
      queue.push({ item, size: options.sizeOf(item), resolve, reject })
      running ??= run()
    }),
    idle: async () => { await running },
  }
}
