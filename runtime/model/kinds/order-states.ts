/** The states of an order and its payments, and what follows from them. Those of its fulfilments stand with the kind fulfilment. */
import { Type, type Static } from 'typebox'
import { TorgError } from '../../errors.ts'
import type { HeldState, Machine, States } from '../states.ts'
import { fulfilmentMachines } from './fulfilment-states.ts'
import type { Order } from './order.ts'

const orderMachine: Machine = { draft: ['placed', 'cancelled'], placed: ['confirmed', 'cancelled'], confirmed: ['closed', 'cancelled'], closed: [], cancelled: [] }

const paymentMachine: Machine = {
  none: ['authorised', 'failed', 'voided'], authorised: ['partly-captured', 'voided', 'failed'], 'partly-captured': ['captured', 'partly-refunded'],
  captured: ['partly-refunded'], 'partly-refunded': ['refunded'], refunded: [], failed: ['authorised'], voided: [],
}

const handedOver = new Set(['shipped', 'delivered', 'collected'])
const given = new Set(['declined', 'expired', 'cancelled', 'undelivered'])

const happened = Type.Optional(Type.String())
const quantity = Type.Object({ value: Type.String() })

/** What of an order its status follows from. */
export const ProgressSchema = Type.Object({
  placedAt: happened, confirmedAt: happened, cancelledAt: happened, closedAt: happened,
  lines: Type.Optional(Type.Array(Type.Object({ id: Type.String(), quantity }))),
  payments: Type.Optional(Type.Array(Type.Object({ state: Type.String() }))),
  fulfilments: Type.Optional(Type.Array(Type.Object({ state: Type.String(), lines: Type.Array(Type.Object({ line: Type.String(), quantity })) }))),
})
type Progress = Static<typeof ProgressSchema>

/** Status of order, payment and fulfilment, derived from what happened. */
export function orderStatus(order: Progress): { order: string, payment: string, fulfilment: string } {
  return { order: progress(order), payment: paymentStatus(order), fulfilment: fulfilmentStatus(order) }
}

function progress(order: Progress): string {
  if (order.cancelledAt !== undefined) return 'cancelled'
  if (order.closedAt !== undefined) return 'closed'
  if (order.confirmedAt !== undefined) return 'confirmed'
  return order.placedAt === undefined ? 'draft' : 'placed'
}

function paymentStatus(order: Progress): string {
  const states = (order.payments ?? []).map(payment => payment.state).filter(state => state !== 'failed' && state !== 'voided')
  const [first] = states
  if (first === undefined) return order.payments?.at(-1)?.state ?? 'none'
  if (states.every(state => state === first)) return first
  if (states.some(state => state === 'partly-refunded' || state === 'refunded')) return 'partly-refunded'
  return states.some(state => state === 'captured' || state === 'partly-captured') ? 'partly-captured' : 'authorised'
}

function fulfilmentStatus(order: Progress): string {
  const open = (order.fulfilments ?? []).filter(fulfilment => !given.has(fulfilment.state))
  if (open.length === 0) return 'none'
  const done = open.filter(fulfilment => handedOver.has(fulfilment.state))
  if (done.length === 0) return 'started'
  const quantities = new Map<string, number>()
  for (const { line, quantity } of done.flatMap(fulfilment => fulfilment.lines)) quantities.set(line, (quantities.get(line) ?? 0) + Number(quantity.value))
  const complete = done.length === open.length && (order.lines ?? []).every(line => (quantities.get(line.id) ?? 0) >= Number(line.quantity.value))
  return complete ? 'complete' : 'partial'
}

/** The order's own state follows from when things happened; those of payments and fulfilments are written. */
export const orderStates: States<Order> = {
  machines: { order: orderMachine, payment: paymentMachine, ...fulfilmentMachines },
  moves: { placed: at => ({ placedAt: at }), confirmed: at => ({ confirmedAt: at }), closed: at => ({ closedAt: at }), cancelled: at => ({ cancelledAt: at }) },
  read(order) {
    const state = progress(order)
    return [
      { subject: 'The order', pointer: state === 'cancelled' ? '/cancelledAt' : '', state, machine: orderMachine },
      ...(order.payments ?? []).flatMap(({ id, state }, index): HeldState[] => id === undefined ? [] : [{ subject: `Payment ${id}`, pointer: `/payments/${index}/state`, state, machine: paymentMachine }]),
      ...(order.fulfilments ?? []).map(({ id, type, state }, index): HeldState => ({ subject: `Fulfilment ${id}`, pointer: `/fulfilments/${index}/state`, state, machine: fulfilmentMachines[type] })),
    ]
  },
}

/** Refuses to cancel an order of which the buyer already has something: that is a return. */
export function checkOrderChange(before: Order, after: Order): TorgError | null {
  const from = progress(before)
  if (progress(after) !== 'cancelled' || from === 'cancelled' || !(before.fulfilments ?? []).some(({ state }) => handedOver.has(state))) return null
  return new TorgError('model.transition', { detail: `An order of which something is already handed over cannot go from ${from} to cancelled. Save what comes back as a return.`, pointer: '/cancelledAt', value: after.cancelledAt })
}
