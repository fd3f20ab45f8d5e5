/** Messages come again, come late, and come broken. */
import { randomUUID } from 'node:crypto'
import { expect } from 'chai'
import type { TwinOrder } from '../../nodes/shopify/twin/order.ts'
import { asDocument } from '../flows/support.ts'
import { until } from '../support/until.ts'
import { backendsFor, caseLimitMs, newSeed, openRetailer, partCount, showLog, type Retailer } from './retailer.ts'

const seed = newSeed()

for (const backend of backendsFor(seed)) {
  describe(`webhooks of ${partCount} orders, hints on ${backend} (seed ${seed})`, function () {
    this.timeout(caseLimitMs)
    let retailer: Retailer
    before(async () => {
      retailer = await openRetailer({ backend, seed, shopSends: false })
      await retailer.hub.start()
    })
    after(() => retailer.close())
    afterEach(function () { showLog(this.currentTest, retailer) })

    const shuffled = <Item>(items: Item[]): Item[] => {
      const { random } = retailer
      return items.map((item) => ({ item, at: random.integer(0, 1_000_000) })).sort((one, other) => one.at - other.at).map(({ item }) => item)
    }
    /** Every state of some new orders, oldest first. */
    const states = (): TwinOrder[] => Array.from({ length: partCount }, () => {
      const { shop } = retailer
      const order = shop.place()
      return [order, shop.change(order.id, 'capture'), shop.change(order.id, 'ship'), retailer.random.chance(0.3) ? shop.change(order.id, 'return') : shop.change(order.id, 'cancel')]
    }).flat().filter((order) => order !== null)
    const sendAll = async (sent: { order: TwinOrder, eventId?: string }[]): Promise<unknown[]> => {
      const answers: unknown[] = []
      for (let from = 0; from < sent.length; from += 20) {
        answers.push(...await Promise.all(sent.slice(from, from + 20).map(async ({ order, eventId = randomUUID() }) => {
          const answer = await retailer.send(order, { eventId })
          expect(answer.status).to.equal(200)
          return answer.json()
        })))
      }
      return answers
    }

    it('each three times: stored once, delivered once', async () => {
      const { erp } = retailer
      const events = states().map((order) => ({ order, eventId: randomUUID() }))
      const answers = await sendAll(events.flatMap((event) => [event, event, event]))
      expect(answers.filter((answer) => asDocument(answer)['duplicate'] === false)).to.have.length(events.length)
      await retailer.expectComplete()
      expect(erp.counts.writes).to.be.at.most(events.length)
    })

    it('in any order: the newest state wins in every system', async () => {
      await sendAll(shuffled(states()).map((order) => ({ order })))
      await retailer.expectComplete()
    })

    it('newest first, the older ones after it was delivered: change nothing', async () => {
      const { erp } = retailer
      const all = states()
      const newest = new Map(all.map((order) => [order.id, order]))
      await sendAll([...newest.values()].map((order) => ({ order })))
      await retailer.expectComplete()
      const before = erp.counts.writes
      await sendAll(all.filter((order) => newest.get(order.id) !== order).map((order) => ({ order })))
      await retailer.expectComplete()
      expect(erp.counts.writes).to.equal(before)
    })

    it('one that the model refuses, among good ones: parked with its input, run again once the flow is mended', async () => {
      const { shop, call } = retailer
      const poisoned = shop.place()
      await sendAll([...states(), { ...poisoned, created_at: 'yesterday' }].map((order) => ({ order })))
      await retailer.settle()
      const [letter, ...others] = await retailer.deadLetters()
      expect(others).to.deep.equal([])
      const { input, error } = await call('GET', `/api/v1/dead-letters/${String(letter?.['id'])}`)
      expect(asDocument(error)).to.include({ class: 'permanent' })
      expect(asDocument(asDocument(error)['node'])['id']).to.be.a('string')
      expect(asDocument(JSON.parse(String(asDocument(input)['body'])))).to.include({ id: poisoned.id, created_at: 'yesterday' })

      const mapping = await retailer.remap('webshop-order', [{ to: 'placedAt', from: 'updated_at', steps: [{ name: 'instant' }] }])
      await call('POST', `/api/v1/dead-letters/${String(letter?.['id'])}/rerun`)
      await until(async () => (await retailer.deadLetters()).length === 0, { what: 'no dead letter is left' })
      await retailer.expectComplete()
      await retailer.edit({ 'webshop-order': { mapping } })
    })

    it('poison rows in a batch, which PostgreSQL cannot store: each fails alone', async () => {
      const { shop } = retailer
      const cut = shop.place()
      const keyless = shop.place()
      // The one is refused where it arrives, the other where its record is saved; both share their batch with good ones.
      const good = states()
      const half = Math.min(40, Math.floor(good.length / 2))
      const answers = await Promise.all([
        ...good.slice(0, half).map((order) => retailer.send(order)),
        retailer.send({ ...cut, note: 'cut \0 here' }), retailer.send({ ...keyless, id: '55\u000083' }),
        ...good.slice(half, 2 * half).map((order) => retailer.send(order)),
      ])
      await sendAll(good.slice(2 * half).map((order) => ({ order })))
      const refused = answers.filter(({ status }) => status !== 200)
      expect(refused).to.have.length(1)
      expect(asDocument(await refused[0]?.json())['status']).to.be.within(400, 499)
      await retailer.settle()
      const letters = await retailer.deadLetters()
      expect(letters).to.have.length(1)
      expect(asDocument(letters[0]?.['error'])).to.include({ code: 'validation.schema', pointer: '/notes/0/text' })
      // Corrected by the shop, both come again.
      await sendAll([cut, keyless].map((order) => ({ order })))
      await retailer.expectComplete({ letters: 1 })
    })
  })
}
