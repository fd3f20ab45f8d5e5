import { once } from 'node:events'
import { connect, createServer, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect } from 'chai'
import { pino } from 'pino'
import { createHints, type Hints } from '../../runtime/lanes/hints.ts'
import { createTestDatabase } from '../support/database.ts'
import { startRedis, type TestRedis } from '../support/redis.ts'
import { until } from '../support/until.ts'

const log = pino({ level: 'silent' })

for (const backend of ['postgres', 'redis'] as const) {
  describe(`hints on ${backend}`, () => {
    let database: Awaited<ReturnType<typeof createTestDatabase>>
    let redis: TestRedis | undefined
    let hints: Hints

    beforeEach(async () => {
      database = await createTestDatabase()
      if (backend === 'redis') redis = await startRedis()
      hints = await createHints({ redisUrl: redis?.url, databaseUrl: database.url, log })
    })
    afterEach(async () => {
      await hints.close()
      await redis?.stop()
      await database.drop()
    })

    it('names its backend', () => { expect(hints.backend).to.equal(backend) })

    it('wakes the lane that has work, and no other', async () => {
      const drained: string[] = []
      await hints.listen('shop.in', async () => { drained.push('shop.in') })
      await hints.listen('erp.out', async () => { drained.push('erp.out') })
      hints.give('erp.out')
      await until(() => drained.length > 0)
      expect(drained).to.deep.equal(['erp.out'])
    })

    it('lets one hint carry a burst, and never loses what comes during the work', async () => {
      let drains = 0
      let release: () => void = () => undefined
      await hints.listen('shop.in', async () => {
        drains += 1
        if (drains === 1) await new Promise<void>((resolve) => { release = resolve })
      })
      hints.give('shop.in')
      await until(() => drains === 1)
      for (let count = 0; count < 200; count++) hints.give('shop.in')
      await until(async () => (await hints.counts()).some(({ active }) => active === 1))
      // What was given during the work must reach BullMQ before the work ends.
      await new Promise((resolve) => setTimeout(resolve, 200))
      release()
      await until(() => drains >= 2)
      await until(async () => (await hints.counts()).every(({ active, waiting }) => active + waiting === 0))
      expect(drains).to.be.at.most(4)
    })

    it('never runs two drains of a lane at once in one process', async () => {
      let now = 0
      let most = 0
      let drains = 0
      await hints.listen('shop.in', async () => {
        now += 1
        most = Math.max(most, now)
        await new Promise((resolve) => setTimeout(resolve, 5))
        now -= 1
        drains += 1
      })
      await until(() => {
        hints.give('shop.in')
        return drains >= 5
      }, { everyMs: 3 })
      expect(most).to.equal(1)
    })

    it('goes on after a drain that throws', async () => {
      let drains = 0
      await hints.listen('shop.in', async () => {
        drains += 1
        if (drains === 1) throw new Error('planted')
      })
      hints.give('shop.in')
      await until(() => drains === 1)
      hints.give('shop.in')
      await until(() => drains === 2)
    })

    it('takes no hint of a lane it no longer listens to', async () => {
      let drains = 0
      await hints.listen('shop.in', async () => { drains += 1 })
      await hints.unlisten('shop.in')
      hints.give('shop.in')
      await until(async () => (await hints.counts()).some(({ waiting }) => waiting === 1))
      expect(drains).to.equal(0)
    })

    if (backend === 'postgres') {
      it('listens when PostgreSQL is back that was away when it began to, and keeps nobody waiting until then', async () => {
        const { hostname, port } = new URL(database.url)
        let isAway = false
        const open = new Set<Socket>()
        // Connections end while they are made, as those of a server that is being stopped do.
        const door = createServer((socket) => {
          if (isAway) { socket.destroy(); return }
          const through = connect(Number(port), hostname)
          for (const [from, to] of [[socket, through], [through, socket]] as const) {
            open.add(from)
            from.on('error', () => undefined).pipe(to)
          }
        })
        await once(door.listen(0, '127.0.0.1'), 'listening')
        const address = door.address()
        const doorUrl = Object.assign(new URL(database.url), { host: `127.0.0.1:${typeof address === 'object' && address ? address.port : 0}` }).href
        const late = await createHints({ redisUrl: undefined, databaseUrl: doorUrl, log })
        try {
          isAway = true
          for (const socket of open) socket.destroy()
          let drains = 0
          await late.listen('shop.in', async () => { drains += 1 })
          await sleep(100)
          isAway = false
          await until(() => { late.give('shop.in'); return drains > 0 })
        } finally {
          await late.close()
          for (const socket of open) socket.destroy()
          door.close()
        }
      })
    }
    if (backend === 'redis') {
      it('gives a hint without waiting while Redis is away, and works again when it is back', async () => {
        let drains = 0
        await hints.listen('shop.in', async () => { drains += 1 })
        const port = Number(new URL(redis?.url ?? '').port)
        await redis?.stop()
        hints.give('shop.in')
        redis = await startRedis({ port })
        await until(() => { hints.give('shop.in'); return drains > 0 })
      })

      it('starts while Redis is away, and works when it has come', async () => {
        const port = Number(new URL(redis?.url ?? '').port)
        await hints.close()
        await redis?.stop()
        hints = await createHints({ redisUrl: redis?.url, databaseUrl: database.url, log })
        let drains = 0
        await hints.listen('shop.in', async () => { drains += 1 })
        hints.give('shop.in')
        await new Promise((resolve) => setTimeout(resolve, 300))
        redis = await startRedis({ port })
        await until(() => { hints.give('shop.in'); return drains > 0 })
      })
    }
  })
}
