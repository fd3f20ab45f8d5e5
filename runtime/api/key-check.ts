/** API keys: `torg_<id>_<secret>`, made here, shown once, and known by their hash. */
import { createHash, randomBytes, timingSafeEqual } from 'node:crypto'
import { TorgError } from '../errors.ts'
import type { ApiKey, ApiKeyStore } from '../store/types.ts'
import type { Caller } from './caller.ts'
import { createFailureLimit, forgetOldest } from './failures.ts'

/** What every key begins with: it tells keys from the editor's sessions, and is what scanners of published code look for. */
export const keyPrefix = 'torg_'
const form = /^torg_([0-9a-f]{12})_[0-9a-f]{64}$/

/** For how long a key is not looked up again; a revoked one holds no longer than this. */
const freshMs = 2_000
const mostRemembered = 1_000

export interface KeyCheck {
  /**
   * The caller whose key this is.
   * @throws TorgError `request.unauthorized`, or `request.limited` after too many failures of this address
   */
  (key: string, remote: string): Promise<Caller>
}

/** A new key with the id it is found by and the hash it is known by. */
export function makeKey(): { id: string, key: string, digest: Buffer } {
  const id = randomBytes(6).toString('hex')
  const key = `${keyPrefix}${id}_${randomBytes(32).toString('hex')}`
  return { id, key, digest: hash(key) }
}

// A slow hash is for passwords, which can be guessed. Of 256 random bits nobody guesses any, so a fast one keeps them as well.
const hash = (key: string): Buffer => createHash('sha256').update(key).digest()

type KnownKey = ApiKey & { digest: Buffer }

/** Checks keys, remembering those it has seen for two seconds. */
export function createKeyCheck({ store, now = Date.now }: { store: Pick<ApiKeyStore, 'useApiKey'>, now?: () => number }): KeyCheck {
  const remembered = new Map<string, { known: KnownKey, until: number }>()
  const asked = new Map<string, Promise<KnownKey | null>>()
  const failures = createFailureLimit('keys that do not hold', now)

  const load = async (id: string): Promise<KnownKey | null> => {
    try {
      const known = await store.useApiKey(id)
      remembered.delete(id)
      if (known) {
        forgetOldest(remembered, mostRemembered)
        remembered.set(id, { known, until: now() + freshMs })
      }
      return known
    } finally {
      asked.delete(id)
    }
  }
  /** Calls that come while a key is looked up share the answer. */
  const find = (id: string): Promise<KnownKey | null> => {
    const under = asked.get(id) ?? load(id)
    asked.set(id, under)
    return under
  }

  return async (key, remote) => {
    const refused = (): TorgError => {
      failures.failed(remote)
      return new TorgError('request.unauthorized', { detail: 'The API key does not hold.', next: 'Send a key that was neither revoked nor has expired, as it was shown when it was made.' })
    }
    const [, id] = form.exec(key) ?? []
    const digest = hash(key)
    const memory = id === undefined ? undefined : remembered.get(id)
    const held = memory !== undefined && timingSafeEqual(memory.known.digest, digest)
    // Who has held a key before is not kept out by the failures of others at the same address.
    if (!held) failures.check(remote)
    if (id === undefined) throw refused()
    const known = memory !== undefined && memory.until > now() ? memory.known : await find(id)
    if (known === null || !timingSafeEqual(known.digest, digest) || known.revokedAt !== null || (known.expiresAt !== null && Date.parse(known.expiresAt) <= now())) throw refused()
    if (!held) failures.succeeded(remote)
    return { name: known.name, id: `key:${known.id}`, system: known.system, scopes: new Set(known.scopes) }
  }
}
