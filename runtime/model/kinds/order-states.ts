/**
 * The states of orders, payments and fulfilments, and what follows from them.
 *
 * Systems report late and skip steps, so a change is legal when the new state can be reached from the old one, in one
 * step or several. What is never legal is a way back.
 */
import { Type, type Static } from 'typebox'
import { TorgError } from '../../errors.ts'
import type { Fulfilment, Order } from './order.ts'

/** State -> the states that may follow it directly. */
export type Machine = Readonly<Record<string, readonly string[]>>

const orderMachine: Machine = { draft: ['placed', 'cancelled'], placed: ['confirmed', 'cancelled'], confirmed: ['closed', 'cancelled'], closed: [], cancelled: [] }

const paymentMachine: Machine = {
  none: ['authorised', 'failed', 'voided'], authorised: ['partly-captured', 'voided', 'failed'], 'partly-captured': ['captured', 'partly-refunded'],
  captured: ['partly-refunded'], 'partly-refunded': ['refunded'], refunded: [], failed: ['authorised'], voided: [],
}

const shipMachine: Machine = {
  requested: ['accepted', 'declined', 'cancelled'], accepted: ['picking', 'cancelled'], picking: ['packed', 'cancelled'], packed: ['shipped', 'cancelled'],
  shipped: ['delivered'], delivered: [], declined: [], cancelled: [],
}

const pickupMachine: Machine = {
  requested: ['accepted', 'declined', 'cancelled'], accepted: ['picking', 'cancelled'], picking: ['ready', 'cancelled'], ready: ['collected', 'expired', 'cancelled'],
  collected: [], declined: [], expired: [], cancelled: [],
}

const machines: Readonly<Record<Fulfilment['type'], Machine>> = { ship: shipMachine, 'ship-from-store': shipMachine, digital: shipMachine, pickup: pickupMachine, 'carry-out': pickupMachine }

/** The states a fulfilment of this type can have. */
export function fulfilmentMachine(type: Fulfilment['type']): Machine { return machines[type] }

/** Whether `to` is `from` or can follow it, in one step or several. */
function canReach(machine: Machine, from: string, to: string): boolean {
  const reached = new Set([from])
  for (const state of reached) for (const next of machine[state] ?? []) reached.add(next)
  return reached.has(to)
}

const handedOver = new Set(['shipped', 'delivered', 'collected'])
const given = new Set(['declined', 'expired', 'cancelled'])

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

/** Refuses a way back in any state of the order, its payments or its fulfilments. */
export function checkOrderChange(before: Order, after: Order): TorgError | null {
  const refuse = (what: string, pointer: string, from: string, to: string) =>
    new TorgError('model.transition', { detail: `${what} cannot go from ${from} to ${to}.`, pointer, value: to })
  const from = progress(before), to = progress(after)
  if (!canReach(orderMachine, from, to)) return refuse('The order', to === 'cancelled' ? '/cancelledAt' : '', from, to)
  if (to === 'cancelled' && from !== 'cancelled' && (before.fulfilments ?? []).some(fulfilment => handedOver.has(fulfilment.state))) return refuse('An order of which something is already handed over', '/cancelledAt', from, to)
  for (const [index, payment] of (after.payments ?? []).entries()) {
    const earlier = (before.payments ?? []).find(other => payment.id !== undefined && other.id === payment.id)
    if (earlier && !canReach(paymentMachine, earlier.state, payment.state)) return refuse(`Payment ${payment.id}`, `/payments/${index}/state`, earlier.state, payment.state)
  }
  for (const [index, fulfilment] of (after.fulfilments ?? []).entries()) {
    const earlier = (before.fulfilments ?? []).find(other => other.id === fulfilment.id)
    if (earlier && !canReach(fulfilmentMachine(fulfilment.type), earlier.state, fulfilment.state)) return refuse(`Fulfilment ${fulfilment.id}`, `/fulfilments/${index}/state`, earlier.state, fulfilment.state)
  }
  return null
}
