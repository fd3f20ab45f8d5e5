import { expect } from 'chai'
import { decideRetry } from '../../runtime/lanes/retry.ts'
import { idempotencyKey } from '../../runtime/lanes/envelope.ts'

const transient = { code: 'system.unavailable', class: 'transient' } as const

describe('retry policy', () => {
  it('parks a permanent failure at once', () => {
    expect(decideRetry({ error: { code: 'validation.schema', class: 'permanent' }, attempts: 1, random: 0.5 })).to.deep.equal({ again: false })
  })

  it('doubles the pause, with half of it jitter, up to ten minutes', () => {
    const pause = (attempts: number, random: number) => {
      const decision = decideRetry({ error: transient, attempts, random })
      return decision.again ? decision.dueInMs : undefined
    }
    expect([pause(1, 0), pause(1, 1), pause(2, 0), pause(2, 1), pause(5, 1)]).to.deep.equal([500, 1_000, 1_000, 2_000, 16_000])
    expect([pause(30, 0), pause(30, 1)]).to.deep.equal([300_000, 600_000])
  })

  it('waits at least as long as the system asked for', () => {
    expect(decideRetry({ error: { ...transient, retryAfterMs: 45_000 }, attempts: 1, random: 1 })).to.deep.equal({ again: true, dueInMs: 45_000 })
  })

  it('goes on for hours, then asks a person', () => {
    let attempts = 1
    let total = 0
    for (;;) {
      const decision = decideRetry({ error: transient, attempts, random: 0.5 })
      if (!decision.again) break
      total += decision.dueInMs
      attempts += 1
    }
    expect(total).to.be.within(4 * 3_600_000, 12 * 3_600_000)
  })

  it('never gives up on what the hub itself could not do, and is soon there again', () => {
    for (const code of ['hub.full', 'hub.unavailable'] as const) {
      const decision = decideRetry({ error: { code, class: 'transient' }, attempts: 5_000, random: 1 })
      expect(decision).to.deep.equal({ again: true, dueInMs: 15_000 })
    }
  })

  it('gives a node that never completes three attempts', () => {
    const error = { code: 'run.time-limit', class: 'transient' } as const
    expect(decideRetry({ error, attempts: 2, random: 0 }).again).to.equal(true)
    expect(decideRetry({ error, attempts: 3, random: 0 }).again).to.equal(false)
  })
})

describe('idempotency key', () => {
  const delivery = { subscription: 's', recordId: 'r', version: 3, generation: 0, operation: 'upsert' } as const
  it('is the same for every attempt, another for every version, generation and operation', () => {
    const keys = [delivery, { ...delivery }, { ...delivery, version: 4 }, { ...delivery, generation: 1 }, { ...delivery, operation: 'remove' as const }].map(idempotencyKey)
    expect(keys[0]).to.equal(keys[1])
    expect(new Set(keys).size).to.equal(4)
  })
})
