/** The one HTTP client of a system: base address, authentication, time limit, error classes. Never retries. */

export interface HttpRequest {
  method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  /** Relative to the system's base address. */
  path: string
  query?: Record<string, string | number | undefined>
  headers?: Record<string, string>
  /** An object is sent as JSON; a string or Buffer as it is. */
  body?: unknown
  /** Sent as `Idempotency-Key`. */
  idempotencyKey?: string
  signal?: AbortSignal
}
export interface HttpResponse {
  status: number
  headers: Headers
  /** Parsed JSON where the answer is JSON, else text. */
  body: unknown
}

/**
 * Answers of 2xx resolve. Everything else throws a TorgError: network, time-out, 408, 5xx `system.unavailable`;
 * 429 `system.throttled` with Retry-After; 401 and 403 `system.credentials`; 409 `system.conflict`; other 4xx
 * `system.refused`, with status and body in the cause.
 */
export interface Http { request(request: HttpRequest): Promise<HttpResponse> }
