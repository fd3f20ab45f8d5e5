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

/** Every state with the time that belongs to it, where one does. */
export const fulfilmentMoves = {
  accepted: (at: string) => ({ state: 'accepted' as const, acceptedAt: at }), picking: () => ({ state: 'picking' as const }),
  packed: (at: string) => ({ state: 'packed' as const, readyAt: at }), ready: (at: string) => ({ state: 'ready' as const, readyAt: at }),
  shipped: (at: string) => ({ state: 'shipped' as const, handedOverAt: at }), collected: (at: string) => ({ state: 'collected' as const, handedOverAt: at }),
  delivered: (at: string) => ({ state: 'delivered' as const, deliveredAt: at }), undelivered: () => ({ state: 'undelivered' as const }),
  declined: () => ({ state: 'declined' as const }), expired: () => ({ state: 'expired' as const }), cancelled: () => ({ state: 'cancelled' as const }),
}
