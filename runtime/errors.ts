/**
 * The one error type and the one catalogue of error codes.
 *
 * A code is an API: it stands in dead letters, in problem+json answers, in logs and in the documentation.
 * Its class decides what the lane does: `transient` is tried again with backoff, `permanent` is parked as a
 * dead letter at once.
 */

/** What a lane does with a failure: try again later, or park it for a person. */
export type ErrorClass = 'transient' | 'permanent'

interface CatalogueEntry {
  readonly class: ErrorClass
  /** HTTP status when the error answers a request. */
  readonly status: number
  /** A short noun phrase, the `title` of problem+json. */
  readonly title: string
  /** What a person should do next. */
  readonly next: string
}

const entry = (errorClass: ErrorClass, status: number, title: string, next: string): CatalogueEntry => ({ class: errorClass, status, title, next })

/** Every error code Torg uses, with class, HTTP status, title and next step. */
export const catalogue = {
  'request.not-json': entry('permanent', 400, 'The body is not JSON', 'Send a JSON document with content type application/json.'),
  'request.invalid': entry('permanent', 400, 'The request is not valid', 'Correct the field named in the detail and send it again.'),
  'request.unauthorized': entry('permanent', 401, 'Not authenticated', 'Send a valid signature, key or login.'),
  'request.forbidden': entry('permanent', 403, 'Not allowed', 'Ask an administrator for access.'),
  'request.not-found': entry('permanent', 404, 'Not found', 'Check the address against the one shown on the source node or in the documentation.'),
  'request.method': entry('permanent', 405, 'Method not allowed', 'Use the method named in Allow.'),
  'request.conflict': entry('permanent', 409, 'Conflict with a newer state', 'Read the current state, apply the change to it, and send it again.'),
  'request.precondition': entry('permanent', 412, 'The record is at another version', 'Read it again, apply the change to what it says now, and send it with the new ETag.'),
  'request.key-used': entry('permanent', 422, 'The idempotency key was used for another request', 'Send each request with a key of its own, and the same request with the same.'),
  'request.too-large': entry('permanent', 413, 'The body is too large', 'Send a smaller body, or raise TORG_BODY_LIMIT.'),
  'request.limited': entry('transient', 429, 'Too many attempts', 'Wait for the time in Retry-After.'),
  'hub.unavailable': entry('transient', 503, 'The hub cannot take this now', 'Send it again after the time in Retry-After.'),
  'hub.full': entry('transient', 503, 'The hub is out of room', 'Free disk or memory as the sentence says; what was taken is safe, and senders come again.'),
  'hub.internal': entry('transient', 500, 'Internal error', 'Read the log at the time given; report it with the request id.'),
  'hub.held': entry('transient', 503, 'The hub is held', 'Let its database go with: torg environment adopt.'),
  'settings.invalid': entry('permanent', 500, 'A setting is not valid', 'Correct the environment variable named and start again.'),
  'start.refused': entry('permanent', 500, 'The hub cannot start', 'Do what the sentence says and start again.'),
  'message.no-key': entry('permanent', 422, 'The message has no key', 'Correct the key field of the source node, or ask the sender what identifies the document.'),
  'message.not-json': entry('permanent', 422, 'The message is not JSON', 'Ask the sender for valid JSON, or read it with another source node.'),
  'flow.invalid': entry('permanent', 422, 'The flow file is not valid', 'Correct the field named and deploy again.'),
  'flow.stale': entry('permanent', 409, 'The flows changed since they were read', 'Reload the editor, merge the tabs named, and deploy again.'),
  'flow.source-gone': entry('permanent', 422, 'The source node no longer exists', 'Deploy a flow with this source node, then run the message again.'),
  'flow.node-error': entry('permanent', 422, 'A node reported an error', 'Open the node named, correct it, deploy, and run the message again.'),
  'flow.lost': entry('permanent', 422, 'The message reached no node', 'Wire the output to an existing, enabled node, deploy, and run the message again.'),
  'run.time-limit': entry('transient', 504, 'The run did not settle within its limit', 'See whether the node named calls done, or raise its time limit.'),
  'run.interrupted': entry('transient', 503, 'The run was interrupted', 'Nothing: it runs again by itself.'),
  'run.closed': entry('permanent', 409, 'The run had already settled', 'Nothing was sent. Look for a node that sends later than it completes.'),
  'run.unfit-node': entry('permanent', 422, 'The node cannot be part of a durable run', 'Use one that keeps each run apart, see the help of the node named.'),
  'settle.dead-letter': entry('permanent', 422, 'The flow parked this message', 'Read the reason the flow gave, mend it, and run the message again.'),
  'settle.retry': entry('transient', 503, 'The flow asked for a later attempt', 'Nothing: it runs again by itself.'),
  'mapping.invalid': entry('permanent', 422, 'The mapping is not valid', 'Correct the rule named and deploy again.'),
  'mapping.failed': entry('permanent', 422, 'The mapping could not be applied', 'Correct the rule named or the value at the pointer, then run the message again.'),
  'validation.schema': entry('permanent', 422, 'The document does not fit its schema', 'Correct the value at the pointer or the mapping that makes it, then run it again.'),
  'model.totals': entry('permanent', 422, 'The totals do not add up', 'Compare the sums at the pointer with the source document and correct the mapping.'),
  'model.transition': entry('permanent', 422, 'The state change is not allowed', 'See the states of this kind; correct the mapping or the source.'),
  'model.overlap': entry('permanent', 422, 'Two prices of one scope would hold at the same time', 'End the stored price before the other one begins, or give the other one another scope; then run the message again, or close it.'),
  'model.not-found': entry('permanent', 422, 'There is no such record', 'Save the record first and run the message again, or have the node send such messages to its second output.'),
  'model.no-reference': entry('permanent', 422, 'The entity has no reference', 'Map the system\'s own id to refs[0].id.'),
  'system.unknown': entry('permanent', 422, 'The system is not configured', 'Choose a system on the node and deploy.'),
  'system.credentials': entry('permanent', 401, 'The system refused the credentials', 'Correct the credentials of the system named.'),
  'system.refused': entry('permanent', 422, 'The system refused the document', 'Read the answer of the system, correct the mapping or the record, and deliver again.'),
  'system.create-only': entry('permanent', 409, 'The system has it and cannot change it', 'Change it there by hand and close the dead letter; or let the sink update, if the system can.'),
  'system.conflict': entry('transient', 409, 'The system reported a conflict', 'Nothing: it is tried again with the newest version.'),
  'system.unavailable': entry('transient', 503, 'The system is not available', 'Nothing: it is tried again. See whether the system is up.'),
  'system.throttled': entry('transient', 429, 'The system asked to slow down', 'Nothing: it is tried again after the time the system asked for.'),
} as const satisfies Record<string, CatalogueEntry>

export type ErrorCode = keyof typeof catalogue

/** One of several things that are wrong with an input. */
export interface ErrorFinding {
  detail: string
  pointer?: string
  value?: unknown
  /** The rule it breaks, as JSON Schema names it: `required`, `enum`, `additionalProperties`. */
  rule?: string
}

/** What may be said of an error beyond its code. */
export interface ErrorDetails {
  /** One sentence: what is wrong, with names. */
  detail: string
  /** JSON pointer (RFC 6901) into the input. */
  pointer?: string
  /** The offending value; shortened and masked before it is shown. */
  value?: unknown
  /** Id and name of the node that failed. */
  node?: { id: string, type: string, name?: string }
  /** Overrides the catalogue's next step with a more exact one. */
  next?: string
  /** Earliest next attempt, in milliseconds from now (from Retry-After). */
  retryAfterMs?: number
  /** Overrides the catalogue's class, for example when a flow decides. */
  class?: ErrorClass
  /** Further findings of the same kind, each with its own pointer. */
  errors?: ErrorFinding[]
  cause?: unknown
}

/** A failure with a code, a class and enough facts to act on it. Nothing else is thrown on purpose. */
export class TorgError extends Error {
  override readonly name = 'TorgError'
  readonly code: ErrorCode
  readonly class: ErrorClass
  readonly status: number
  readonly title: string
  readonly next: string
  readonly pointer?: string
  readonly value?: unknown
  node?: { id: string, type: string, name?: string }
  readonly retryAfterMs?: number
  readonly errors?: ErrorFinding[]

  constructor(code: ErrorCode, details: ErrorDetails | string) {
    const given = typeof details === 'string' ? { detail: details } : details
    super(given.detail, given.cause === undefined ? undefined : { cause: given.cause })
    const known = catalogue[code]
    this.code = code
    this.class = given.class ?? known.class
    this.status = known.status
    this.title = known.title
    this.next = given.next ?? known.next
    if (given.pointer !== undefined) this.pointer = given.pointer
    if (given.value !== undefined) this.value = given.value
    if (given.node !== undefined) this.node = given.node
    if (given.retryAfterMs !== undefined) this.retryAfterMs = given.retryAfterMs
    if (given.errors !== undefined) this.errors = given.errors
  }

  /** The form stored with dead letters and runs. JSON-safe. */
  toJSON(): StoredError {
    const { code, class: errorClass, title, message, next, pointer, value, node, errors } = this
    return { code, class: errorClass, title, detail: message, next, ...(pointer !== undefined && { pointer }), ...(value !== undefined && { value }), ...(node && { node }), ...(errors && { errors }) }
  }
}

/** An error as it is stored and shown: dead letters, runs, API. */
export interface StoredError {
  code: ErrorCode
  class: ErrorClass
  title: string
  detail: string
  next: string
  pointer?: string
  value?: unknown
  node?: { id: string, type: string, name?: string }
  errors?: ErrorFinding[]
}

/** Any thrown thing as a {@link TorgError}; what is not one already becomes `fallback`, keeping its cause. */
export function toTorgError(thrown: unknown, fallback: ErrorCode = 'flow.node-error'): TorgError {
  if (thrown instanceof TorgError) return thrown
  if (thrown instanceof Error && thrown.cause instanceof TorgError) return thrown.cause
  return new TorgError(fallback, { detail: thrown instanceof Error ? thrown.message : String(thrown), cause: thrown })
}

/** So many findings are told at most, and so much of a wrong value: who sent it has it all. */
const mostFindings = 100
const longestValue = 200

/** RFC 9457 problem details of an error. Where it has a place in the input, `errors` has all that is wrong there. */
export function toProblem(error: TorgError, instance?: string): Record<string, unknown> {
  const { code, title, status, message, next, pointer, value, errors = pointer === undefined ? undefined : [{ detail: message, pointer, value }] } = error
  return {
    type: `urn:torg:error:${code}`, title, status, detail: message, code, next, ...(instance && { instance }), ...(pointer !== undefined && { pointer }),
    ...(errors && { errors: errors.slice(0, mostFindings).map(finding => ({ ...finding, ...('value' in finding && { value: shortened(finding.value) }) })) }),
  }
}

/** A value as it is, or the beginning of its JSON where that is long. */
function shortened(value: unknown): unknown {
  const text = JSON.stringify(value) ?? ''
  return text.length > longestValue ? `${text.slice(0, longestValue)}…`.toWellFormed() : value
}
