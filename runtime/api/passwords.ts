/** The administrator's login. */
import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto'
import bcrypt from 'bcryptjs'
import { TorgError } from '../errors.ts'
import type { Settings } from '../settings.ts'
import { createFailureLimit, forgetOldest, limited } from './failures.ts'

type LoginSettings = Pick<Settings, 'adminUser' | 'adminPasswordHash'>

/** How long a login that held is remembered, so that not every call pays for bcrypt. */
const rememberedMs = 5 * 60_000
/** Comparisons under way or waiting: bcrypt takes tens of milliseconds of the one thread. */
const mostWaiting = 10
const mostRemembered = 100
const attempts = 'failed logins'

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
  const failures = createFailureLimit(attempts, now)
  let waiting = 0
  let last: Promise<unknown> = Promise.resolve()

  const compare = async (password: string): Promise<boolean> => {
    if (waiting >= mostWaiting) throw limited(attempts, 1000)
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
    failures.check(remote)
    // The password is compared even for a wrong name, so that the time taken does not tell names.
    const holds = await compare(password)
    if (holds && isSame(user, adminUser)) {
      failures.succeeded(remote)
      forgetOldest(remembered, mostRemembered)
      remembered.set(digest, now() + rememberedMs)
      return
    }
    failures.failed(remote)
    throw new TorgError('request.unauthorized', 'User or password is wrong.')
  }
}

function isSame(a: string, b: string): boolean {
  const [left, right] = [Buffer.from(a), Buffer.from(b)]
  return left.length === right.length && timingSafeEqual(left, right)
}

/**
 * Node-RED's `adminAuth` for the editor; undefined where no login is asked for.
 * https://nodered.org/docs/user-guide/runtime/securing-node-red#usernamepassword-based-authentication
 */
export function createAdminAuth({ adminUser, adminPasswordHash }: LoginSettings): Record<string, unknown> | undefined {
  if (adminPasswordHash === undefined) return undefined
  return { type: 'credentials', users: [{ username: adminUser, password: adminPasswordHash, permissions: '*' }], sessionExpiryTime: 24 * 3600 }
}
