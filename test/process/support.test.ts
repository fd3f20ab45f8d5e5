import { expect } from 'chai'
import { Redis } from 'ioredis'
import pg from 'pg'
import { createTestDatabase } from '../support/database.ts'
import { startRedis } from '../support/redis.ts'

describe('test support', () => {
  it('gives each test a database of its own on one server', async () => {
    const [first, second] = await Promise.all([createTestDatabase(), createTestDatabase()])
    expect(first.url).not.to.equal(second.url)
    expect(new URL(first.url).port).to.equal(new URL(second.url).port)
    const client = new pg.Client({ connectionString: first.url })
    await client.connect()
    const { rows } = await client.query(`select lower('ÅSE') as lower, current_setting('server_encoding') as encoding, current_setting('server_version_num') as version`)
    await client.end()
    expect(rows[0]).to.include({ lower: 'åse', encoding: 'UTF8' })
    expect(rows[0].version).to.match(/^18/)
    await first.drop()
    await second.drop()
  })

  it('starts and stops a Redis', async () => {
    const redis = await startRedis()
    const client = new Redis(redis.url)
    expect(await client.ping()).to.equal('PONG')
    client.disconnect()
    await redis.stop()
    await redis.stop()
  })
})
