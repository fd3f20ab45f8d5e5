/** What nodes report as an error, as the one error type. */
import { catalogue, TorgError, type ErrorCode } from '../errors.ts'
import { describeNode, nameNode, type Holder } from './run.ts'

/** Codes of Node.js for a network that failed: the same attempt may succeed later. */
const networkCodes = new Set([
  'ECONNREFUSED', 'ECONNRESET', 'ECONNABORTED', 'ENOTFOUND', 'EAI_AGAIN', 'ETIMEDOUT', 'ESOCKETTIMEDOUT', 'EHOSTUNREACH', 'ENETUNREACH',
  'EHOSTDOWN', 'ENETDOWN', 'EPIPE', 'UND_ERR_CONNECT_TIMEOUT', 'UND_ERR_HEADERS_TIMEOUT', 'UND_ERR_BODY_TIMEOUT', 'UND_ERR_SOCKET',
])

/** Everything a node may hand to `done`, `node.error` or `throw`, naming the node. */
export function toNodeError(thrown: unknown, node: Holder): TorgError {
  const known = findTorgError(thrown)
  if (known) {
    known.node ??= describeNode(node)
    return known
  }
  const text = textOf(thrown)
  const code = codeOf(thrown)
  const detail = `${nameNode(node)}: ${text}`
  if (isCatalogueCode(code)) return new TorgError(code, { detail: text, node: describeNode(node), cause: thrown })
  // The http request node reports a timeout as a translated sentence without a code; it is the only core node that
  // reports strings for its connection, and its other strings are about its configuration.
  const unanswered = node.type === 'http request' && typeof thrown === 'string' && /no response|timed? ?out/i.test(text)
  const transient = unanswered || (code !== undefined && networkCodes.has(code))
  return new TorgError(transient ? 'system.unavailable' : 'flow.node-error', { detail, node: describeNode(node), cause: thrown })
}

/** An answer of an `http request` node that nothing in the flow looks at. */
export function toAnswerError(status: number, headers: unknown, node: Holder): TorgError {
  const code: ErrorCode = status === 429 ? 'system.throttled' : status === 401 || status === 403 ? 'system.credentials'
    : status >= 500 || status === 408 || status === 425 ? 'system.unavailable' : 'system.refused'
  const retryAfterMs = readRetryAfter(headers)
  return new TorgError(code, {
    detail: `${nameNode(node)} was answered ${status}, and nothing is wired to it that could look at the answer.`,
    node: describeNode(node),
    ...(retryAfterMs !== undefined && { retryAfterMs }),
  })
}

/** Retry-After in seconds or as a date (RFC 9110 section 10.2.3), in milliseconds from now. */
function readRetryAfter(headers: unknown): number | undefined {
  const value = isObject(headers) ? headers['retry-after'] : undefined
  if (typeof value !== 'string') return undefined
  const ms = /^\d+$/.test(value) ? Number(value) * 1000 : Date.parse(value) - Date.now()
  return Number.isFinite(ms) ? Math.max(0, ms) : undefined
}

function findTorgError(thrown: unknown): TorgError | undefined {
  for (let at = thrown, depth = 0; at !== undefined && depth < 5; at = causeOf(at), depth++) {
    if (at instanceof TorgError) return at
  }
  return undefined
}

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null
const causeOf = (thrown: unknown): unknown => isObject(thrown) ? thrown['cause'] : undefined
const isCatalogueCode = (code: string | undefined): code is ErrorCode => code !== undefined && Object.hasOwn(catalogue, code)

function codeOf(thrown: unknown): string | undefined {
  for (let at = thrown, depth = 0; isObject(at) && depth < 5; at = at['cause'], depth++) {
    if (typeof at['code'] === 'string') return at['code']
  }
  return undefined
}

function textOf(thrown: unknown): string {
  if (typeof thrown === 'string') return thrown
  if (isObject(thrown) && typeof thrown['message'] === 'string') return thrown['message']
  return String(thrown)
}
