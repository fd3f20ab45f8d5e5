import { expect } from 'chai'
import { createBatcher } from '../../runtime/store/batch.ts'

const make = (over: { write?: (items: number[]) => Promise<(number | Error)[]>, maxItems?: number, maxBytes?: number } = {}) => {
  const writes: number[][] = []
  const batcher = createBatcher<number, number>({
    maxItems: 10, maxBytes: 1_000, sizeOf: item => item, owedToData: error => error instanceof RangeError,
    ...over,
    write: async items => {
      writes.push(items)
      return over.write ? over.write(items) : items.map(item => item * 2)
    },
  })
  return { writes, batcher }
}

describe('store: batching writer', () => {
  it('shares writes between calls that arrive together or meanwhile, in order', async () => {
    const { writes, batcher } = make()
    const early = [batcher.add(1), batcher.add(2)]
    await Promise.resolve()
    const late = [batcher.add(3), batcher.add(4)]
    expect(await Promise.all([...early, ...late])).to.deep.equal([2, 4, 6, 8])
    expect(writes).to.deep.equal([[1, 2], [3, 4]])
  })

  it('gathers for a moment after many came together, and not after few', async () => {
    const turn = (): Promise<void> => new Promise(resolve => { setImmediate(resolve) })
    const { writes, batcher } = make()
    for (const first of [[1], [1, 2, 3, 4, 5, 6, 7, 8]]) {
      await Promise.all(first.map(batcher.add))
      const [one] = [batcher.add(9), await turn()]
      await Promise.all([one, batcher.add(10)])
    }
    expect(writes).to.deep.equal([[1], [9], [10], [1, 2, 3, 4, 5, 6, 7, 8], [9, 10]])
  })

  it('keeps to its bounds, and lets a large item pass alone', async () => {
    const { writes, batcher } = make({ maxItems: 3, maxBytes: 10 })
    await Promise.all([1, 1, 1, 1, 8, 2, 50, 5].map(batcher.add))
    expect(writes).to.deep.equal([[1, 1, 1], [1, 8], [2], [50], [5]])
  })

  it('halves a batch until the items at fault stand alone', async () => {
    const { writes, batcher } = make({ write: async items => {
      if (items.includes(3) || items.includes(6)) throw new RangeError('bad')
      return items
    } })
    const results = await Promise.allSettled([1, 2, 3, 4, 5, 6, 7, 8].map(batcher.add))
    expect(results.flatMap((result, i) => result.status === 'rejected' ? [i + 1] : [])).to.deep.equal([3, 6])
    expect(writes.length).to.be.lessThan(14)
  })

  it('rejects all where the data is not at fault, and goes on afterwards', async () => {
    let down = true
    const { writes, batcher } = make({ write: async items => {
      if (down) throw new Error('connection lost')
      return items
    } })
    const results = await Promise.allSettled([1, 2, 3].map(batcher.add))
    expect(results.every(result => result.status === 'rejected')).to.equal(true)
    expect(writes).to.have.length(1)
    down = false
    expect(await batcher.add(4)).to.equal(4)
    await batcher.idle()
  })

  it('rejects a single call answered with an error', async () => {
    const { batcher } = make({ write: async items => items.map(item => item === 2 ? new Error('no') : item) })
    expect((await Promise.allSettled([1, 2, 3].map(batcher.add))).map(result => result.status)).to.deep.equal(['fulfilled', 'rejected', 'fulfilled'])
  })
})
