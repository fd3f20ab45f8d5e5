/**
 * States as data: every kind that has some declares them the same way, as machines and where a document holds a state.
 *
 * Systems report late and skip steps, so a change is legal when the new state can be reached from the old one, in one step or
 * several. What is never legal is a way back.
 */
import { TorgError } from '../errors.ts'

/** State -> the states that may follow it directly. One without followers is final. */
export type Machine = Readonly<Record<string, readonly string[]>>

/** A state that a document holds. */
export interface HeldState {
  /** Names it in sentences, and tells it from others of the document when two versions are compared: `The order`, `Payment p1`. */
  subject: string
  /** JSON pointer to the state, or to what it follows from. */
  pointer: string
  state: string
  machine: Machine
}

/** The states of a kind. */
export interface States<Document> {
  /** Every machine of the kind by name. */
  machines: Readonly<Record<string, Machine>>
  /** The states a document holds; those that cannot be told from others (a payment without id) are left out. */
  read(document: Document): readonly HeldState[]
  /** By state: what is written to bring a document's own state there, at a moment (ISO 8601 UTC). Absent where a flow cannot name one state for all of it. */
  moves?: Readonly<Record<string, (at: string) => Partial<Document>>>
}

/** All states that can follow, in one step or several, in the order in which they are reached. */
export function statesAfter(machine: Machine, from: string): string[] {
  const reached = new Set([from])
  for (const state of reached) for (const next of machine[state] ?? []) reached.add(next)
  return [...reached].slice(1)
}

/** Refuses a state that its machine does not have, such as a pickup that was shipped. @returns `validation.schema`, or null */
export function stateFault(held: readonly HeldState[]): TorgError | null {
  for (const { subject, pointer, state, machine } of held) {
    if (!Object.hasOwn(machine, state)) return new TorgError('validation.schema', { detail: `${subject} cannot be ${state}. Its states: ${Object.keys(machine).join(', ')}.`, pointer, value: state })
  }
  return null
}

/** Refuses a way back, naming what is allowed instead. @returns `model.transition`, or null */
export function changeFault(before: readonly HeldState[], after: readonly HeldState[]): TorgError | null {
  for (const { subject, pointer, state: to, machine } of after) {
    const from = before.find(other => other.subject === subject)?.state
    if (from === undefined || from === to) continue
    const allowed = statesAfter(machine, from)
    if (allowed.includes(to)) continue
    const next = allowed.length > 0 ? `From ${from} it can go to ${allowed.join(', ')}.` : `${from} is final.`
    return new TorgError('model.transition', { detail: `${subject} cannot go from ${from} to ${to}. ${next}`, pointer, value: to })
  }
  return null
}
