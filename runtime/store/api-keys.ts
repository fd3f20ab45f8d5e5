/** Keys of the hub API. */
import { insistent, toStoreError, type Database } from './db.ts'
import type { ApiKey, ApiKeyStore } from './api-types.ts'

const columns = 'id, name, system, scopes, created_at, created_by, expires_at, last_used_at, revoked_at, revoked_by'

interface Row {
  id: string, name: string, system: string | null, scopes: string[], created_at: Date, created_by: string
  expires_at: Date | null, last_used_at: Date | null, revoked_at: Date | null, revoked_by: string | null
}

// When a key was used last is for people: a write every five minutes instead of one per call.
const use = `
with used as (update torg.api_key set last_used_at = now() where id = $1 and revoked_at is null and (last_used_at is null or last_used_at < now() - interval '5 minutes'))
select ${columns}, digest from torg.api_key where id = $1`

export function createApiKeys(db: Database): ApiKeyStore {
  return {
    createApiKey: async ({ id, name, system, scopes, digest, createdBy, expiresAt }) => {
      // Not repeated where the answer was lost: the second attempt would find the id taken.
      try {
        const [row] = await db.query<Row>(`insert into torg.api_key (id, name, system, scopes, digest, created_by, expires_at) values ($1, $2, $3, $4, $5, $6, $7) returning ${columns}`,
          [id, name, system, scopes, digest, createdBy, expiresAt])
        if (!row) throw new Error('Nothing was inserted.')
        return toKey(row)
      } catch (error) {
        throw toStoreError(error, 'Storing an API key')
      }
    },
    apiKeys: () => insistent('Listing API keys', async () => (await db.query<Row>(`select ${columns} from torg.api_key order by created_at desc, id`)).map(toKey)),
    useApiKey: id => insistent('Looking for an API key', async () => {
      const [row] = await db.query<Row & { digest: Buffer }>(use, [id])
      return row ? { ...toKey(row), digest: row.digest } : null
    }),
    revokeApiKey: (id, by) => insistent('Revoking an API key', async () => {
      const [row] = await db.query<Row>(`update torg.api_key set revoked_at = coalesce(revoked_at, now()), revoked_by = coalesce(revoked_by, $2) where id = $1 returning ${columns}`, [id, by])
      return row ? toKey(row) : null
    }),
  }
}

const time = (at: Date | null): string | null => at?.toISOString() ?? null

function toKey({ id, name, system, scopes, created_at, created_by, expires_at, last_used_at, revoked_at, revoked_by }: Row): ApiKey {
  return {
    id, name, system, scopes, createdAt: created_at.toISOString(), createdBy: created_by, expiresAt: time(expires_at),
    lastUsedAt: time(last_used_at), revokedAt: time(revoked_at), revokedBy: revoked_by,
  }
}
