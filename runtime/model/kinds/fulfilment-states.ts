/** The states of a fulfilment, by its type. */
import type { Machine } from '../states.ts'

/** `undelivered`: the parcel comes back to the sender, most often because nobody fetched it from the carrier's pickup point. */
const ship: Machine = {
  requested: ['accepted', 'declined', 'cancelled'], accepted: ['picking', 'cancelled'], picking: ['packed', 'cancelled'], packed: ['shipped', 'cancelled'],
  shipped: ['delivered', 'undelivered'], delivered: [], undelivered: [], declined: [], cancelled: [],
}

const pickup: Machine = {
  requested: ['accepted', 'declined', 'cancelled'], accepted: ['picking', 'cancelled'], picking: ['ready', 'cancelled'], ready: ['collected', 'expired', 'cancelled'],
  collected: [], declined: [], expired: [], cancelled: [],
}

/** Nothing is picked or packed: a gift card, a licence, a course. */
const digital: Machine = { requested: ['accepted', 'declined', 'cancelled'], accepted: ['delivered', 'cancelled'], delivered: [], declined: [], cancelled: [] }

/** The buyer takes the goods along; `requested` while they are fetched from the stockroom. */
const carryOut: Machine = { requested: ['collected', 'cancelled'], collected: [], cancelled: [] }

/** By the type of the fulfilment. */
export const fulfilmentMachines = { ship, 'ship-from-store': ship, pickup, digital, 'carry-out': carryOut } as const satisfies Record<string, Machine>
