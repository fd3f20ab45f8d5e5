import { expect } from 'chai'
import { limitFields, limitsOf } from '../../runtime/kit/limits.ts'
import { defaultOf } from '../../runtime/kit/node-types.ts'

const defaults = Object.fromEntries(Object.entries(limitFields).map(([name, field]) => [name, String(defaultOf(field))]))
const limits = (given: Record<string, string> = {}) => limitsOf({ ...defaults, ...given })

describe('the limits of a system', () => {
  it('are none but the breaker where nothing was filled in', () => {
    expect(limits()).to.deep.equal({ breakAfter: 5 })
    expect(limits({ breakAfter: '0' })).to.deep.equal({ breakAfter: 0 })
  })

  it('have a bucket that holds one second of the rate, or at least one, unless it is said', () => {
    expect(limits({ limitPer: 'second', limitRate: '20' }).rate).to.deep.equal({ tokenMs: 50, burst: 20 })
    expect(limits({ limitPer: 'minute', limitRate: '30' }).rate).to.deep.equal({ tokenMs: 2_000, burst: 1 })
    expect(limits({ limitPer: 'minute', limitRate: '600' }).rate).to.deep.equal({ tokenMs: 100, burst: 10 })
    expect(limits({ limitPer: 'hour', limitRate: '3600', limitBurst: '40' }).rate).to.deep.equal({ tokenMs: 1_000, burst: 40 })
  })

  it('take deliveries at once from the form', () => {
    expect(limits({ limitRuns: '3' })).to.deep.equal({ concurrency: 3, breakAfter: 5 })
  })
})
