/** Messages and what came of them, added up. */
import type { Census, CensusPeriod, MessageState } from '../store/census-types.ts'
import { toPortions } from './records.ts'
import type { MessageRow, Unexplained } from './report.ts'
import { obtain, Tally } from './sums.ts'

const unexplainedStates = new Set<string>(['nothing-saved', 'record-gone'] satisfies MessageState[])

export interface MessagesWant {
  census: Census
  period: CensusPeriod
  system?: string
  /** Source nodes whose flow has no `hub save`. */
  saveNothing: readonly string[]
  /** How many are named at most. */
  names: number
  name(found: Unexplained): void
}

export async function proveMessages({ census, period, system, saveNothing, names, name }: MessagesWant): Promise<MessageRow[]> {
  const rows = new Map<string, Map<string, Tally>>()
  for await (const { counts, open } of census.messages(period, { ...(system !== undefined && { system }), saveNothing, names })) {
    for (const row of counts) obtain(obtain(rows, JSON.stringify([row.day, row.system]), () => new Map<string, Tally>()), JSON.stringify([row.state, row.code]), () => new Tally()).add(row)
    for (const { id, system, topic, key, day, state } of open) {
      const gone = state === 'record-gone'
      name({
        reason: gone ? 'record-gone' : 'nothing-saved', system, id, number: key, day,
        detail: `The ${topic} message ${id} (key ${key}) of ${system} is done, but ${gone ? 'a record that came of it is no longer there' : 'no record came of it, and its flow did not say why (hub settle)'}.`,
      })
    }
  }
  return [...rows].sort(([a], [b]) => a < b ? -1 : 1).map(([key, states]) => {
    const [day = '', system = ''] = JSON.parse(key) as string[]
    const portions = toPortions(states)
    return {
      system, day, received: portions.reduce((sum, { count }) => sum + count, 0), states: portions,
      unexplained: portions.reduce((sum, { state, count }) => sum + (unexplainedStates.has(state) ? count : 0), 0),
    }
  })
}
