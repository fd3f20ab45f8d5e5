import { expect } from 'chai'
import { pauseAfter } from '../../runtime/lanes/repair-duty.ts'

describe('repair duty', () => {
  const cases: [what: string, running: number, stillMs: number, pauseMs: number][] = [
    ['looks for new ones every second', 0, 0, 1_000],
    ['looks for room at once while portions go through', 1, 0, 40],
    ['and soon where one takes its half second', 2, 400, 100],
    ['seldom where a lane stands still', 1, 2_000, 500],
    ['as for new ones where it does so for days', 1, 86_400_000, 1_000],
  ]
  for (const [what, running, stillMs, pauseMs] of cases) it(what, () => { expect(pauseAfter(running, stillMs)).to.equal(pauseMs) })
})
