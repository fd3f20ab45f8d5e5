import { TorgError } from '../errors.ts'
import type { Database } from './db.ts'
import { ground } from './migrations/0001-ground.ts'
import { deployedFrom } from './migrations/0002-deployed-from.ts'
import { processes } from './migrations/0003-processes.ts'
import { lane } from './migrations/0004-lane.ts'
import { partitions } from './migrations/0005-partitions.ts'
import { modes } from './migrations/0006-modes.ts'
import { repair } from './migrations/0007-repair.ts'
import { identity } from './migrations/0012-identity.ts'
import { api } from './migrations/0013-api.ts'
import { imports } from './migrations/0014-imports.ts'
import { contender } from './migrations/0011-contender.ts'
import { deliveryKey } from './migrations/0010-delivery-key.ts'
import { erasure } from './migrations/0017-erasure.ts'
import { typed } from './migrations/0018-typed.ts'
import { raises } from './migrations/0019-raises.ts'
import { typedMove } from './migrations/0020-typed-move.ts'
import { typedAcked } from './migrations/0021-typed-acked.ts'
import { bulk } from './migrations/0022-bulk.ts'
import { look } from './migrations/0024-look.ts'
import { erasedIn } from './migrations/0025-erased-in.ts'
import { turns } from './migrations/0015-turns.ts'
import { closed } from './migrations/0016-closed.ts'
import { messageResult } from './migrations/0009-message-result.ts'

/** Applied in this order, each that was not yet, and never changed once released; a change is a further migration. Numbers may be missing. */
const migrations: readonly { id: number, name: string, sql: string }[] = [
  { id: 1, name: 'ground', sql: ground },
  { id: 2, name: 'deployed-from', sql: deployedFrom },
  { id: 3, name: 'processes', sql: processes },
  { id: 4, name: 'lane', sql: lane },
  { id: 5, name: 'partitions', sql: partitions },
  { id: 6, name: 'modes', sql: modes },
  { id: 7, name: 'repair', sql: repair },
  { id: 9, name: 'message-result', sql: messageResult },
  { id: 10, name: 'delivery-key', sql: deliveryKey },
  { id: 11, name: 'contender', sql: contender },
  { id: 12, name: 'identity', sql: identity },
  { id: 13, name: 'api', sql: api },
  { id: 14, name: 'imports', sql: imports },
  { id: 15, name: 'turns', sql: turns },
  { id: 16, name: 'closed', sql: closed },
  { id: 17, name: 'erasure', sql: erasure },
  { id: 18, name: 'typed', sql: typed },
  { id: 19, name: 'raises', sql: raises },
  { id: 20, name: 'typed-move', sql: typedMove },
  { id: 21, name: 'typed-acked', sql: typedAcked },
  { id: 22, name: 'bulk', sql: bulk },
  { id: 24, name: 'look', sql: look },
  { id: 25, name: 'erased-in', sql: erasedIn },
]

/** Any number, the same in every hub: two hubs starting at once migrate one after the other. */
const migrationLock = 7_021_982_441

/**
 * Brings the schema `torg` up to date in one transaction.
 *
 * @throws settings.invalid where the server is too old, not UTF-8, or was migrated by a newer hub.
 */
export async function migrate(db: Database): Promise<void> {
  await requireServer(db)
  await db.transaction(async tx => {
    await tx.query('select pg_advisory_xact_lock($1)', [migrationLock])
    await tx.query('create schema if not exists torg')
    await tx.query('create table if not exists torg.migration (id integer primary key, name text not null, applied_at timestamptz not null default now())')
    const applied = new Set((await tx.query<{ id: number }>('select id from torg.migration')).map(row => row.id))
    const newest = Math.max(0, ...applied)
    const known = Math.max(...migrations.map(({ id }) => id))
    if (newest > known) {
      throw new TorgError('settings.invalid', `The database is at migration ${newest}; this hub knows only ${known}. Start the newer version of the hub, or choose another DATABASE_URL.`)
    }
    for (const { id, name, sql } of migrations) {
      if (applied.has(id)) continue
      await tx.script(sql)
      await tx.query('insert into torg.migration (id, name) values ($1, $2)', [id, name])
      db.log.info({ migration: id, name }, 'database migrated')
    }
  })
}

/**
 * For a process that leaves migrating to another.
 * @throws start.refused where the schema is not exactly the one this version makes
 */
export async function requireMigrated(db: Database): Promise<void> {
  const [found] = await db.query<{ table: string | null }>(`select to_regclass('torg.migration')::text as table`)
  if (!found?.table) throw new TorgError('start.refused', { detail: 'No hub has started on this database yet.', next: 'Start the hub first, or correct DATABASE_URL.' })
  const applied = (await db.query<{ id: number }>('select id from torg.migration order by id')).map(({ id }) => id)
  if (applied.join() !== migrations.map(({ id }) => id).join()) {
    throw new TorgError('start.refused', { detail: 'The tables of this database are those of another version of Torg.', next: 'Start hub and workers of the same version, the hub first.' })
  }
}

async function requireServer(db: Database): Promise<void> {
  const [server] = await db.query<{ version: number, encoding: string }>(
    `select current_setting('server_version_num')::int as version, current_setting('server_encoding') as encoding`)
  if (!server) return
  if (server.version < 140_000) {
    throw new TorgError('settings.invalid', `DATABASE_URL points at PostgreSQL ${Math.floor(server.version / 10_000)}; Torg needs 14 or later.`)
  }
  if (server.encoding !== 'UTF8') {
    throw new TorgError('settings.invalid', `The database of DATABASE_URL is encoded in ${server.encoding}; create one with encoding UTF8.`)
  }
}
