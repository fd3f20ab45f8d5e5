/** Who calls, and what they may do. */
import type { IncomingMessage } from 'node:http'
import type { RequestHandler } from 'express'
import { TorgError } from '../errors.ts'

export type Action = 'read' | 'write'

export interface Caller {
  /** Kept with what is changed: the administrator's name, or that of the key. */
  readonly name: string
  /** Tells callers apart: `user:admin`, `key:<id>`. */
  readonly id: string
  /** On whose behalf it writes, as the role table names systems; null where it only reads. */
  readonly system: string | null
  readonly scopes: ReadonlySet<string>
}

/** What a person at the editor writes counts as, as in `hub save`. */
const personSystem = 'manual'

/** The administrator, who may do everything. */
export const administrator = (name: string): Caller => ({ name, id: `user:${name}`, system: personSystem, scopes: new Set(['admin']) })

const callers = new WeakMap<IncomingMessage, Caller>()

export function setCaller(req: IncomingMessage, caller: Caller): void { callers.set(req, caller) }

/** Who the guard let in. */
export function callerOf(req: IncomingMessage): Caller {
  const caller = callers.get(req)
  // Closed rather than open: a route that is not behind the guard has nobody to ask about.
  if (!caller) throw new TorgError('request.unauthorized', 'A login is needed.')
  return caller
}

export function may({ scopes }: Caller, action: Action, kind: string): boolean {
  return scopes.has('admin') || scopes.has(`${action}:*`) || scopes.has(`${action}:${kind}`)
}

/** Refuses, before anything is looked up, who may not do this with records of the kind. */
export const requireScope = (action: Action, kind: string): RequestHandler => (req, _res, next) => {
  checkScope(callerOf(req), action, kind)
  next()
}

/** @throws TorgError `request.forbidden` that names the scope */
export function checkScope(caller: Caller, action: Action, kind: string): void {
  if (!may(caller, action, kind)) throw lacks(`${action}:${kind}`)
}

/** Refuses everybody but administrators, whether there is anything at this address or not. */
export const requireAdmin: RequestHandler = (req, _res, next) => {
  next(callerOf(req).scopes.has('admin') ? undefined : lacks('admin'))
}

function lacks(scope: string): TorgError {
  return new TorgError('request.forbidden', { detail: `This key lacks the scope ${scope}.`, next: 'Ask an administrator for a key that has it: torg keys create.' })
}
