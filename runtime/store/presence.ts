/**
 * How a process shows that it lives: a PostgreSQL session lock on a connection of its own. Killed, PostgreSQL frees it at once, and
 * whichever process sees it free for longer than a grace ends the leases and duties it had. A frozen process keeps its lock; what it
 * had runs out by time.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import type { Logger } from 'pino'
import { TorgError } from '../errors.ts'
import { toStoreError } from './db.ts'
import { freed } from './rows.ts'
import type { ProcessFacts, ProcessState } from './types.ts'

export interface PresenceOptions {
  databaseUrl: string
  log: Logger
  process: ProcessFacts
  /**
   * So long it waits for the lock of a dead predecessor, which PostgreSQL may notice late where its machine went away. Milliseconds.
   * @defaultValue 5,000
   */
  waitMs?: number | undefined
}

/** This process among the others. */
export interface Presence {
  readonly owner: string
  /** Whether it holds its lock. Without it nothing may be claimed: the others end its leases. */
  readonly present: boolean
  /** Other processes that are present. */
  readonly others: number
  /** Tells the listener the active deployment (0: none) at every beat, and at once when another is deployed. It must not throw. */
  watch(listener: (active: number) => void): void
  /** Says what it does now, or why nothing. */
  describe(state: ProcessState): void
  /** Leaves: nobody has to wait for the grace. */
  close(): Promise<void>
}

const beatMs = 1_000
/** So often the row says that it was seen. */
const seenMs = 5_000
/** A process that lost its connection and not its life has this long to get it back. */
const graceMs = 3_000
const reconnectMs = 250
/** Keeps rows of processes that were killed, for whoever asks what happened. */
const keepGone = '1 day'
/** The first of the two numbers of the locks; any, the same in every process. */
const lockClass = 702_198

/** Told to every process when the active deployment changes. */
export const deployedChannel = 'torg_deployed'

const held = `held as materialized (
  select l.objid::bigint as lock from pg_locks l
  where l.locktype = 'advisory' and l.classid = ${lockClass} and l.objsubid = 2 and l.granted and l.database = (select oid from pg_database where datname = current_database())
)`

const look = `
with ${held}
select coalesce((select id from torg.deployment where active), 0) as active,
  (select count(*)::int from torg.process p join held h on h.lock = p.lock where p.owner <> $1) as others,
  exists (select from torg.process p where p.gone_at is null and (p.free_since < now() - $2 * interval '1 millisecond' or (p.free_since is null) <> (p.lock in (select lock from held)))) as astray`

// Whose lock was seen free for the length of the grace is gone: its keys are due, its duties anybody's.
const tidy = `
with ${held}, gone as (
  update torg.process p set gone_at = now(), working = false
  where p.gone_at is null and p.free_since < now() - $1 * interval '1 millisecond' and p.lock not in (select lock from held)
  returning p.owner
), marked as (
  update torg.process p set free_since = case when p.lock in (select lock from held) then null else now() end
  where p.gone_at is null and (p.free_since is null) <> (p.lock in (select lock from held)) and p.owner not in (select owner from gone)
), forgotten as (
  delete from torg.process where gone_at < now() - interval '${keepGone}'
), freed as (
  update torg.work w set ${freed} from gone g where w.owner = g.owner returning w.owner
), dismissed as (
  delete from torg.duty d using gone g where d.owner = g.owner
)
select g.owner, (select count(*)::int from freed f where f.owner = g.owner) as keys from gone g`

const enter = `
update torg.process set role = $2, host = $3, pid = $4, version = $5, connectors = $6, since = now(), seen_at = now(), free_since = null, gone_at = null, deployment = $7, working = $8, state = $9 where owner = $1`
const say = 'update torg.process set seen_at = now(), free_since = null, gone_at = null, deployment = $2, working = $3, state = $4 where owner = $1'

/**
 * Takes the lock of this process and keeps it until `close`.
 * @throws start.refused where another process has this owner; hub.unavailable where PostgreSQL cannot be reached
 */
export async function openPresence({ databaseUrl, log, process: self, waitMs = 5_000 }: PresenceOptions): Promise<Presence> {
  const { owner } = self
  let state: ProcessState = { deployment: null, working: false, state: 'starting' }
  let said: { state: ProcessState, at: number } | undefined
  let present = false
  let others = 0
  let tell: (active: number) => void = () => undefined
  let closed = false
  /** Ends the pause between two beats. */
  let hurry = (): void => undefined

  /** Undefined: another session has the lock. */
  const enterOnce = async (): Promise<pg.Client | undefined> => {
    const client = new pg.Client({ connectionString: databaseUrl, application_name: `torg ${self.role}`, connectionTimeoutMillis: 5_000, query_timeout: 5_000, keepAlive: true })
    client.on('error', () => { present = false; hurry() })
    client.on('end', () => { present = false; hurry() })
    client.on('notification', () => { hurry() })
    try {
      await client.connect()
      // A machine that went away without a word is noticed by the server after about 25 seconds.
      await client.query('set tcp_keepalives_idle = 10; set tcp_keepalives_interval = 5; set tcp_keepalives_count = 3')
      await client.query(`insert into torg.process (owner, role, host, pid, version, connectors, working, state) values ($1, $2, $3, $4, $5, $6, false, 'starting') on conflict (owner) do nothing`,
        [owner, self.role, self.host, self.pid, self.version, self.connectors])
      const { rows: [mine] } = await client.query<{ taken: boolean }>('select pg_try_advisory_lock($2, lock) as taken from torg.process where owner = $1', [owner, lockClass])
      if (!mine?.taken) { await client.end(); return undefined }
      await client.query(enter, [owner, self.role, self.host, self.pid, self.version, self.connectors, state.deployment, state.working, state.state])
      await client.query(`listen ${deployedChannel}`)
      said = { state, at: Date.now() }
      return client
    } catch (error) {
      await client.end().catch(() => undefined)
      throw error
    }
  }

  /** @throws start.refused after the time a dead session may need to be noticed */
  const take = async (): Promise<pg.Client> => {
    for (const until = Date.now() + waitMs; ;) {
      const client = await enterOnce()
      if (client) return client
      if (Date.now() >= until) {
        throw new TorgError('start.refused', {
          detail: `Another process is present on this database as ${owner}.`,
          next: self.role === 'worker' ? 'Give this worker a name of its own: --name <name>.' : 'Stop the other hub first. A copy of a data folder must not have the file "owner" of the original.',
        })
      }
      await sleep(reconnectMs)
    }
  }

  const beat = async (client: pg.Client): Promise<void> => {
    if (said?.state !== state || Date.now() - said.at > seenMs) {
      said = { state, at: Date.now() }
      await client.query({ name: 'say', text: say, values: [owner, state.deployment, state.working, state.state] })
    }
    const { rows: [seen] } = await client.query<{ active: number, others: number, astray: boolean }>({ name: 'look', text: look, values: [owner, graceMs] })
    if (!seen || closed) return
    others = seen.others
    if (seen.astray) {
      const { rows } = await client.query<{ owner: string, keys: number }>(tidy, [graceMs])
      for (const gone of rows) log.warn({ process: gone.owner, keys: gone.keys }, `${gone.owner} is gone without having stopped; ${gone.keys} keys it worked on are worked on again`)
    }
    tell(seen.active)
  }

  const pause = async (ms: number): Promise<void> => {
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, ms)
      hurry = () => { clearTimeout(timer); resolve() }
    })
    hurry = () => undefined
  }

  let client = await take().catch((error: unknown) => { throw toStoreError(error, 'Taking part in the work') })
  present = true

  const live = async (): Promise<void> => {
    while (!closed) {
      try {
        if (!present) {
          await client.end().catch(() => undefined)
          const again = await enterOnce()
          if (again) {
            client = again
            present = true
            log.info('This process is connected to PostgreSQL again and takes work')
          }
        }
        if (present) await beat(client)
      } catch (error) {
        if (present) log.warn({ err: error }, 'This process lost its connection to PostgreSQL and takes no work until it has it again')
        present = false
      }
      if (!closed) await pause(present ? beatMs : reconnectMs)
    }
  }
  const living = live()

  return {
    owner,
    get present() { return present },
    get others() { return others },
    watch(listener) { tell = listener },
    describe(next) {
      if (JSON.stringify(next) === JSON.stringify(state)) return
      state = next
      hurry()
    },
    async close() {
      closed = true
      hurry()
      await living
      if (present) await client.query('delete from torg.process where owner = $1', [owner]).catch(() => undefined)
      present = false
      await client.end().catch(() => undefined)
    },
  }
}
