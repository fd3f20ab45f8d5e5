/** Contract of the store: what the hub API keeps for itself. */

/** A key of the hub API as a person sees it: never the key itself. */
export interface ApiKey {
  /** Part of the key, by which it is found. */
  id: string
  name: string
  /** The system on whose behalf it writes; null where it only reads. */
  system: string | null
  /** `read:order`, `write:*`, `admin`. */
  scopes: string[]
  createdAt: string
  createdBy: string
  expiresAt: string | null
  /** To five minutes. */
  lastUsedAt: string | null
  revokedAt: string | null
  revokedBy: string | null
}

export interface NewApiKey extends Pick<ApiKey, 'id' | 'name' | 'system' | 'scopes' | 'createdBy' | 'expiresAt'> {
  /** SHA-256 of the whole key. */
  digest: Buffer
}

export interface ApiKeyStore {
  createApiKey(key: NewApiKey): Promise<ApiKey>
  /** All, revoked ones included, newest first. */
  apiKeys(): Promise<ApiKey[]>
  /** The key with its digest, for checking; null where there is none. Notes its use. */
  useApiKey(id: string): Promise<(ApiKey & { digest: Buffer }) | null>
  /** Null where there is no such key; a key that was revoked before stays as it is. */
  revokeApiKey(id: string, by: string): Promise<ApiKey | null>
}

/** What was answered, to be answered again. */
export interface KeptAnswer { status: number, headers: Record<string, string>, body: string }

/** `begun`: the caller goes ahead; `other`: the key was used for another request; `under-way`: the same request is being worked on. */
export type BegunAnswer = { state: 'begun' | 'under-way' | 'other' } | { state: 'answered', answer: KeptAnswer }

export interface AnswerStore {
  /** Claims an idempotency key of a caller for the request with this digest; kept for 24 hours. */
  beginAnswer(request: { caller: string, key: string, digest: Buffer }): Promise<BegunAnswer>
  keepAnswer(request: { caller: string, key: string }, answer: KeptAnswer): Promise<void>
  /** The request failed and changed nothing: the key may be used again. */
  forgetAnswer(request: { caller: string, key: string }): Promise<void>
}
