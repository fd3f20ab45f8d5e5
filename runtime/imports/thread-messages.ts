/** What the hub and a thread that receives files say to each other. All of it can be cloned. */
import { TorgError, type ErrorCode, type ErrorDetails } from '../errors.ts'
import type { RoleRow } from '../project/types.ts'
import type { Import } from '../store/import-types.ts'
import type { EntityWrite, SaveOutcome, Subscription } from '../store/types.ts'

/** What a thread knows of the project from the beginning. */
export interface ThreadData {
  databaseUrl: string
  logLevel: string
  /** Own fields, as in its files. */
  extensions: Record<string, Record<string, unknown>>
  lookups: Record<string, Record<string, unknown>>
  /** See `ReceiveOptions`. */
  mostAbsent: number
}

/** What is deployed, as far as files are about it. */
export interface Deployed { subscriptions: Omit<Subscription, 'matches'>[], roles: RoleRow[] }

/** To the thread. */
export type ToThread =
  | { type: 'receive', id: string }
  | { type: 'bytes', bytes: Uint8Array }
  | { type: 'end', error?: SentError }
  | { type: 'saved', call: number, outcomes: SaveOutcome[] }
  | { type: 'ready', call: number, deployed: Deployed }
  | { type: 'refused', call: number, error: SentError }

/** From the thread. `save` is that of `hub save`; `ready` asks what is deployed, and is answered once the hub does not deploy. */
export type FromThread =
  | { type: 'took', chunks: number }
  | { type: 'save', call: number, writes: EntityWrite[] }
  | { type: 'ready', call: number }
  | { type: 'log', line: string }
  | { type: 'done', ended: Import }
  | { type: 'failed', error: SentError }

/** A TorgError without its class, which it would lose on the way. */
export type SentError = { code: ErrorCode } & Omit<ErrorDetails, 'cause'>

export function toSent({ code, message, class: errorClass, next, pointer, value, node, errors, retryAfterMs }: TorgError): SentError {
  return {
    code, detail: message, class: errorClass, next, ...(pointer !== undefined && { pointer }), ...(value !== undefined && { value }), ...(node && { node }), ...(errors && { errors }),
    ...(retryAfterMs !== undefined && { retryAfterMs }),
  }
}

export const fromSent = ({ code, ...details }: SentError): TorgError => new TorgError(code, details)
