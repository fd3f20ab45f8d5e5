/** The administrator's login. */
import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto'
import bcrypt from 'bcryptjs'
import { TorgError } from '../errors.ts'
import type { Settings } from '../settings.ts'

type LoginSettings = Pick<Settings, 'adminUser' | 'adminPasswordHash'>

/** How long a login that held is remembered, so that not every call pays for bcrypt. */
const rememberedMs = 5 * 60_000
/** Failed logins of one address within the window before it has to wait. */
const mostFailures = 5
const windowMs = 60_000
/** Comparisons under way or waiting: bcrypt takes tens of milliseconds of the one thread. */
const mostWaiting = 10
const mostRemembered = 100

export interface PasswordCheck {
  /**
   * Resolves when user and password hold.
   * @throws TorgError `request.unauthorized`, or `request.limited` after too many failures of this address.
   */
  (login: { user: string, password: string, remote: string }): Promise<void>
}

/** Checks logins against the hash. Remembers only a keyed digest of what held, for a short time. */
export function createPasswordCheck({ adminUser, hash, now = Date.now }: { adminUser: string, hash: string, now?: () => number }): PasswordCheck {
  const key = randomBytes(32)
  const remembered = new Map<string, number>()
  const failures = new Map<string, { count: number, until: number }>()
  let waiting = 0
  let last: Promise<unknown> = Promise.resolve()

  const limited = (ms: number): TorgError => new TorgError('request.limited', { detail: 'Too many failed logins.', retryAfterMs: Math.max(1000, ms) })

  const compare = async (password: string): Promise<boolean> => {
    if (waiting >= mostWaiting) throw limited(1000)
    waiting++
    // One at a time: guesses must not take the processor from the orders.
    const result = last.then(() => bcrypt.compare(password, hash))
    last = result.catch(() => undefined)
    try {
      return await result
    } finally {
      waiting--
    }
  }

  return async ({ user, password, remote }) => {
    const time = now()
    const digest = createHmac('sha256', key).update(`${user}\0${password}`).digest('base64')
    if ((remembered.get(digest) ?? 0) > time) return
    const failed = failures.get(remote)
    if (failed !== undefined && failed.until <= time) failures.delete(remote)
    else if (failed !== undefined && failed.count >= mostFailures) throw limited(failed.until - time)
    // The password is compared even for a wrong name, so that the time taken does not tell names.
    const holds = await compare(password)
    if (holds && isSame(user, adminUser)) {
      failures.delete(remote)
      forgetOldest(remembered, mostRemembered)
      remembered.set(digest, now() + rememberedMs)
      return
    }
    forgetOldest(failures, 10_000)
    const count = (failures.get(remote)?.count ?? 0) + 1
    failures.set(remote, { count, until: now() + windowMs })
    throw new TorgError('request.unauthorized', 'User or password is wrong.')
  }
}

function isSame(a: string, b: string): boolean {
  const [left, right] = [Buffer.from(a), Buffer.from(b)]
  return left.length === right.length && timingSafeEqual(left, right)
}

function forgetOldest(map: Map<string, unknown>, most: number): void {
  if (map.size < most) return
  const [oldest] = map.keys()
  if (oldest !== undefined) map.delete(oldest)
}

/**
 * Node-RED's `adminAuth` for the editor; undefined where no login is asked for.
 * https://nodered.org/docs/user-guide/runtime/securing-node-red#usernamepassword-based-authentication
 */
export function createAdminAuth({ adminUser, adminPasswordHash }: LoginSettings): Record<string, unknown> | undefined {
  if (adminPasswordHash === undefined) return undefined
  return { type: 'credentials', users: [{ username: adminUser, password: adminPasswordHash, permissions: '*' }], sessionExpiryTime: 24 * 3600 }
}
