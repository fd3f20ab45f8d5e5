/** The connections to PostgreSQL: pool, transactions, and what a failure of theirs means. */
import { Socket } from 'node:net'
import { finished } from 'node:stream/promises'
import pg from 'pg'
import { from as copyFrom } from 'pg-copy-streams'
import type { Logger } from 'pino'
import { setTimeout as sleep } from 'node:timers/promises'
import { TorgError } from '../errors.ts'

export interface Queries {
  /** Runs one statement, prepared once per connection: the text must be a constant. */
  query<Row extends object = never>(text: string, values?: unknown[]): Promise<Row[]>
}

export interface Transaction extends Queries {
  /** Several statements without parameters. */
  script(text: string): Promise<void>
  /** Sends the commit behind the statements under way, in their round trip. After one that failed it is a rollback, by PostgreSQL's own rule. */
  commit(): Promise<void>
}

/** A transaction that may also `COPY`. Its statements are sent one by one. */
export interface CopyingTransaction extends Transaction {
  /** @param text a `copy ... from stdin`. @param rows what it copies, in its format */
  copy(text: string, rows: Buffer): Promise<void>
}

/** A statement for each kind of rows. */
type Statements<Rows extends object[][]> = { [Index in keyof Rows]: [text: string, values: unknown[]] }

export interface Database extends Queries {
  readonly log: Logger
  /** {@link Database.transaction} for rows in bulk, on one of two connections of its own: `COPY` cannot share one with what is sent ahead. */
  copying<Result>(work: (tx: CopyingTransaction) => Promise<Result>): Promise<Result>
  /**
   * Commits what `work` did, or nothing when it throws. Statements that need nothing of each other's answers are best asked for together
   * (`Promise.all`): they are sent in one go, and carried out one after the other all the same.
   */
  transaction<Result>(work: (tx: Transaction) => Promise<Result>): Promise<Result>
  /** Several statements that only read, on one connection and in one round trip: the rows of each. */
  asked<Rows extends object[][]>(statements: Statements<Rows>): Promise<Rows>
  /** A transaction of statements known beforehand, in one round trip: the rows of each, once all are committed. */
  together<Rows extends object[][]>(statements: Statements<Rows>): Promise<Rows>
  /** Answers within two seconds or throws. */
  ping(): Promise<void>
  connections(): { total: number, idle: number, waiting: number }
  close(): Promise<void>
}

/**
 * Every statement of the store finds a few given rows over an index. PostgreSQL's statistics of tables that are empty at one moment and
 * hold a hundred thousand rows the next would have it read whole tables (claims of 1.7 s instead of 5 ms, until the next
 * analyze), so the other ways are closed to it. Compiling such statements costs more than it gains.
 */
const planning = 'set jit = off; set enable_seqscan = off; set enable_bitmapscan = off; set enable_hashjoin = off; set enable_mergejoin = off'

/** For a transaction that reads a large part of a table: every way of reading is open, and the plan is made for its very values. */
export const openPlanning = 'set local enable_seqscan = on; set local enable_bitmapscan = on; set local enable_hashjoin = on; set local enable_mergejoin = on; set local plan_cache_mode = force_custom_plan; set local work_mem = \'64MB\''

/** Statements of one turn of the event loop go out in one write: every write is a call of the system, which costs more than what is written. */
class GatheringSocket extends Socket {
  override uncork(): void {
    process.nextTick(() => { super.uncork() })
  }
}

/** Opens the pool; the first connection is made by the first statement. */
export function openDatabase({ databaseUrl, log, poolSize }: { databaseUrl: string, log: Logger, poolSize: number }): Database {
  const open = (options: pg.PoolConfig): pg.Pool => {
    const opened = new pg.Pool({
      connectionString: databaseUrl,
      application_name: 'torg',
      connectionTimeoutMillis: 5_000,
      // Of those that were needed at once: a new one has to log in, and plans every statement anew, six times over.
      idleTimeoutMillis: 60_000,
      keepAlive: true,
      statement_timeout: 30_000,
      // Above the server's own limit: this one is for a server that no longer answers at all.
      query_timeout: 35_000,
      idle_in_transaction_session_timeout: 30_000,
      onConnect: async client => { await client.query(planning) },
      ...options,
    })
    const report = (error: Error): void => { log.warn({ err: error }, 'a database connection was lost; it is replaced at the next use') }
    opened.on('error', report)
    // A connection lost while it is checked out emits as well; without a listener that would end the process. The
    // statement under way rejects with the same error, so there is nothing more to say here.
    opened.on('connect', client => { client.on('error', error => { log.debug({ err: error }, 'a database connection ended') }) })
    return opened
  }
  // What is asked before the last answer has come is sent all the same.
  const pool = open({ max: poolSize, pipeline: true, stream: () => new GatheringSocket() })
  // What is copied need not be on the disk when its transaction ends: nobody is told that a file is in before a later one is, which writes all before it.
  const copyPool = open({ max: 2, onConnect: async client => { await client.query(`${planning}; set synchronous_commit = off`) } })

  const names = new Map<string, string>()
  const run = async <Row extends object>(on: pg.Pool | pg.PoolClient, text: string, values: unknown[]): Promise<Row[]> => {
    let name = names.get(text)
    if (name === undefined) {
      name = `torg_${names.size}`
      names.set(text, name)
    }
    return (await on.query<Row>({ name, text, values })).rows
  }

  const within = async <Result>(from: pg.Pool, work: (tx: CopyingTransaction) => Promise<Result>): Promise<Result> => {
    const client = await from.connect()
    let broken: Error | undefined
    let committing: Promise<void> | undefined
    let last: Promise<unknown> = Promise.resolve()
    const inTurn = <Answer>(ask: () => Promise<Answer>): Promise<Answer> => {
      if (from === pool) return ask()
      const asked = last.then(ask)
      last = asked.catch(() => undefined)
      return asked
    }
    const query = <Row extends object>(text: string, values: unknown[] = []): Promise<Row[]> => inTurn(() => run<Row>(client, text, values))
    const commit = (): Promise<void> => committing ??= query('commit').then(() => undefined)
    try {
      // Not awaited: it goes out with the first statement, which fails if it does.
      query('begin').catch(() => undefined)
      const result = await work({
        query,
        script: async text => { await inTurn(() => client.query(text)) },
        copy: (text, rows) => inTurn(async () => {
          const copying = client.query(copyFrom(text))
          copying.end(rows)
          await finished(copying)
        }),
        commit,
      })
      await commit()
      return result
    } catch (error) {
      await client.query('rollback').catch((failure: Error) => { broken = failure })
      throw error
    } finally {
      client.release(broken)
    }
  }

  const gathered = async (statements: readonly [text: string, values: unknown[]][]): Promise<object[][]> => {
    const client = await pool.connect()
    let broken: Error | undefined
    try {
      const asked = statements.map(([text, values]) => run(client, text, values))
      const answers = await Promise.allSettled(asked)
      const failed = answers.find(answer => answer.status === 'rejected')
      if (failed) {
        await client.query('rollback').catch((failure: Error) => { broken = failure })
        throw failed.reason
      }
      return await Promise.all(asked)
    } finally {
      client.release(broken)
    }
  }

  return {
    log,
    query: <Row extends object>(text: string, values: unknown[] = []) => run<Row>(pool, text, values),
    transaction: async work => within(pool, work),
    copying: async work => within(copyPool, work),
    asked: async <Rows extends object[][]>(statements: Statements<Rows>) => await gathered(statements) as Rows,
    // After a statement that failed the commit is a rollback, by PostgreSQL's own rule.
    together: async <Rows extends object[][]>(statements: Statements<Rows>) => (await gathered([['begin', []], ...statements, ['commit', []]])).slice(1, -1) as Rows,
    ping: async () => {
      const client = await pool.connect()
      let broken: Error | undefined
      try {
        const query: pg.QueryConfig & { query_timeout: number } = { text: 'select 1', query_timeout: 2_000 }
        await client.query(query)
      } catch (error) {
        broken = error instanceof Error ? error : new Error(String(error))
        throw error
      } finally {
        client.release(broken)
      }
    },
    connections: () => ({ total: pool.totalCount + copyPool.totalCount, idle: pool.idleCount + copyPool.idleCount, waiting: pool.waitingCount + copyPool.waitingCount }),
    close: async () => { await Promise.all([pool.end(), copyPool.end()]) },
  }
}

/** SQLSTATE of a PostgreSQL error, or the `code` of a socket error. */
function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : ''
}

/** A value PostgreSQL cannot store, that breaks a constraint (classes 22 and 23), or that is too long for an index (54000). */
export function isDataError(error: unknown): boolean {
  return /^(2[23]...|54000)$/.test(codeOf(error))
}

/** Two transactions were in each other's way: rolled back for certain, the same again succeeds. */
export function isContention(error: unknown): boolean {
  return ['40001', '40P01', '55P03'].includes(codeOf(error))
}

/** No disk (53100) or memory (53200) left for PostgreSQL: https://www.postgresql.org/docs/18/errcodes-appendix.html */
function isFull(error: unknown): boolean {
  return ['53100', '53200'].includes(codeOf(error))
}

/** The server or the way to it is gone, full or overloaded; whether the last commit counted is not known. */
export function isUnreachable(error: unknown): boolean {
  const code = codeOf(error)
  if (/^(08...|53...|57P0.|57014|25P03)$/.test(code) || /^E[A-Z]{4,}$/.test(code)) return true
  return error instanceof Error && /connection (terminated|ended|error)|timeout exceeded|query read timeout|not queryable|terminating connection/i.test(error.message)
}

/** Repeats `work` after contention and, where `work` may be done twice, after a lost connection; four times at most. */
export async function retrying<Result>(work: () => Promise<Result>, also: (error: unknown) => boolean = () => false): Promise<Result> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await work()
    } catch (error) {
      if (attempt >= 5 || !(isContention(error) || also(error))) throw error
      // Jitter, so that those who collided do not collide again.
      await sleep(attempt * attempt * (5 + Math.random() * 15))
    }
  }
}

/** Does something that callers of the store ask for; where it fails they are told what was being done. */
export async function guarded<Result>(doing: string, work: () => Promise<Result>): Promise<Result> {
  try {
    return await work()
  } catch (error) {
    throw toStoreError(error, doing)
  }
}

/** The same for what may be done twice: it is tried again after contention and after a lost connection. */
export function insistent<Result>(doing: string, work: () => Promise<Result>): Promise<Result> {
  return guarded(doing, () => retrying(work, isUnreachable))
}

/** What a failed statement means to callers of the store. */
export function toStoreError(error: unknown, doing: string): TorgError {
  if (error instanceof TorgError) return error
  const text = error instanceof Error ? error.message || codeOf(error) : String(error)
  if (isDataError(error)) return new TorgError('request.invalid', { detail: `${doing}: the database refused a value: ${text}.`, cause: error })
  if (isFull(error)) return new TorgError('hub.full', { detail: `PostgreSQL is out of disk or memory (${text}).`, retryAfterMs: 5_000, cause: error })
  if (isUnreachable(error) || isContention(error)) {
    return new TorgError('hub.unavailable', { detail: `${doing}: the database is not available (${text}).`, retryAfterMs: 5_000, cause: error })
  }
  return new TorgError('hub.internal', { detail: `${doing}: ${text}`, cause: error })
}
