/** Failed logins and keys of an address: after some it has to wait. */
import { TorgError } from '../errors.ts'

/** Failures of one address within the window before it has to wait. */
const mostFailures = 5
const windowMs = 60_000
const mostAddresses = 10_000

export interface FailureLimit {
  /** @throws TorgError `request.limited` after too many failures of this address */
  check(remote: string): void
  failed(remote: string): void
  succeeded(remote: string): void
}

/** @param what names what failed, in the plural: `failed logins` */
export function createFailureLimit(what: string, now: () => number = Date.now): FailureLimit {
  const failures = new Map<string, { count: number, until: number }>()
  return {
    check: remote => {
      const failed = failures.get(remote)
      if (failed !== undefined && failed.until <= now()) failures.delete(remote)
      else if (failed !== undefined && failed.count >= mostFailures) throw limited(what, failed.until - now())
    },
    failed: remote => {
      forgetOldest(failures, mostAddresses)
      failures.set(remote, { count: (failures.get(remote)?.count ?? 0) + 1, until: now() + windowMs })
    },
    succeeded: remote => { failures.delete(remote) },
  }
}

/** @param ms until the next attempt is worth it */
export const limited = (what: string, ms: number): TorgError => new TorgError('request.limited', { detail: `Too many ${what}.`, retryAfterMs: Math.max(1000, ms) })

/** Makes room for one more entry. */
export function forgetOldest(map: Map<string, unknown>, most: number): void {
  if (map.size < most) return
  const [oldest] = map.keys()
  if (oldest !== undefined) map.delete(oldest)
}
