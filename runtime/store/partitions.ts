/** Messages and runs lie in partitions by the time in their ids: made ahead of need, and dropped as a whole once they are old. Repairs go a batch of their items at a time. */
import { setTimeout as sleep } from 'node:timers/promises'
import { guarded, isUnreachable, retrying, type Database, type Transaction } from './db.ts'
import type { RemovedOld, Store } from './types.ts'

type Parted = Exclude<RemovedOld['table'], 'repair' | 'import'>

/** Weeks a partition covers. Each costs every look for pending messages some microseconds, so there are few where much is kept. */
const weeksOf: Record<Parted, number> = { message: 3, run: 1 }
const weekMs = 7 * 86_400_000
/** How long before it is needed a partition is made: longer than nobody looks. */
const ahead = '7 days'
/** Rows that one statement removes, and the pause after it. */
const batchSize = 1_000
const pauseMs = 20
/** With more than this to be kept an old partition stays, because moving them holds up everything else. */
const mostMoved = 10_000

/** A message that is kept however old it is: not settled, or closed after $1. */
const isNeeded = `(state <> 'done' and (closed is null or (closed->>'at')::timestamptz >= $1::timestamptz))`

const countOpen = `
select count(*)::int as count from (
  (select 1 from torg.message where state = 'pending' and id >= torg.first_id($1) and id < torg.first_id($2) limit $3)
  union all
  (select 1 from torg.message where state = 'dead' and closed is null and id >= torg.first_id($1) and id < torg.first_id($2) limit $3)
) open`

// One batch in the order of the ids, after $4.
const forgetEvents = `
with batch as materialized (
  select id, source, event_id, ${isNeeded} as needed from torg.message
  where id > coalesce($4::uuid, torg.first_id($2)) and id < torg.first_id($3) order by id limit $5
), gone as (
  delete from torg.event e using batch b where e.source = b.source and e.event_id = b.event_id and e.message_id = b.id and not b.needed
)
select id, needed from batch order by id`

const removeLeft: Record<Parted, string> = {
  message: `
    with gone as (
      delete from torg.message_default where id in (select id from torg.message_default where received_at < $1::timestamptz and not ${isNeeded} limit $2)
      returning id, source, event_id
    ), forgotten as (
      delete from torg.event e using gone g where e.source = g.source and e.event_id = g.event_id and e.message_id = g.id
    )
    select id from gone`,
  run: 'delete from torg.run_default where id in (select id from torg.run_default where ended_at < $1::timestamptz limit $2) returning id',
}

// As long as messages are kept: then nothing of what it took can be looked at any more.
const removeItems = `
delete from torg.repair_item where ctid = any (array(
  select i.ctid from torg.repair r join torg.repair_item i on i.repair_id = r.id where r.ended_at < $1::timestamptz limit $2
)) returning repair_id as id`

const removeRepairs = `
delete from torg.repair r where r.ended_at < $1::timestamptz and not exists (select 1 from torg.repair_item i where i.repair_id = r.id) returning id`

const removeLines = `
delete from torg.import_error where ctid = any (array(
  select e.ctid from torg.import i join torg.import_error e on e.import_id = i.id where i.ended_at < $1::timestamptz limit $2
)) returning import_id as id`

const removeImports = `
delete from torg.import i where i.ended_at < $1::timestamptz and not exists (select 1 from torg.import_error e where e.import_id = i.id) returning id`

const oldest: Record<RemovedOld['table'], string> = {
  message: 'select received_at as at from torg.message order by id limit 1',
  run: 'select ended_at as at from torg.run order by id limit 1',
  repair: 'select at from torg.repair order by id limit 1',
  import: 'select at from torg.import order by id limit 1',
}

const listPartitions = `
select c.relname as name from pg_catalog.pg_inherits i join pg_catalog.pg_class c on c.oid = i.inhrelid
where i.inhparent = to_regclass('torg.' || $1::text) and c.relname ~ '_[0-9]{8}$' order by c.relname`

interface Partition { name: string, since: Date, until: Date }

export function createPartitions(db: Database): Pick<Store, 'addPartitions' | 'removeOld'> {
  /** These look at whole tables. Whoever waits for a lock on one has everybody else wait behind, so not for long and only once: the next round is soon enough. */
  const inTransaction = <Result>(work: (tx: Transaction) => Promise<Result>): Promise<Result> => db.transaction(async tx => {
    await tx.script(`set local enable_seqscan = on; set local enable_bitmapscan = on; set local lock_timeout = '500ms'`)
    return work(tx)
  })

  const partitionsBefore = async (table: Parted, before: Date): Promise<Partition[]> =>
    (await db.query<{ name: string }>(listPartitions, [table])).map(({ name }) => {
      const since = new Date(name.replace(/^.*(\d{4})(\d\d)(\d\d)$/, '$1-$2-$3T00:00:00Z'))
      return { name, since, until: new Date(since.getTime() + weeksOf[table] * weekMs) }
    }).filter(({ until }) => until <= before)

  /** Answers how many messages of the partition are not needed any more; null where too many are. */
  const forget = async ({ name, since, until }: Partition, before: Date, signal: AbortSignal): Promise<number | null> => {
    const [open] = await db.query<{ count: number }>(countOpen, [since, until, mostMoved + 1])
    if (open && open.count > mostMoved) {
      db.log.warn({ partition: name, open: open.count }, `${name} is old but stays, because more than ${mostMoved} messages in it are not settled. Run its dead letters again, or close them.`)
      return null
    }
    let count = 0
    let last: string | null = null
    while (!signal.aborted) {
      const rows: { id: string, needed: boolean }[] = await retrying(() => db.query(forgetEvents, [before, since, until, last, batchSize]), isUnreachable)
      count += rows.filter(({ needed }) => !needed).length
      last = rows.at(-1)?.id ?? null
      if (rows.length < batchSize) return count
      await sleep(pauseMs)
    }
    return null
  }

  const drop: Record<Parted, (partition: Partition, before: Date, signal: AbortSignal) => Promise<number>> = {
    message: async (partition, before, signal) => {
      const { name } = partition
      const count = await forget(partition, before, signal)
      if (count === null) return 0
      // Detached, its rows belong into the default partition, where they stay until they are settled.
      await inTransaction(tx => tx.script(`
        lock table torg.message in access exclusive mode;
        alter table torg.message detach partition torg.${name};
        insert into torg.message select * from torg.${name} where ${isNeeded.replaceAll('$1', `'${before.toISOString()}'`)};
        drop table torg.${name}`))
      return count
    },
    run: ({ name, since, until }) => inTransaction(async tx => {
      const [row] = await tx.query<{ count: number }>('select count(*)::int as count from torg.run where id >= torg.first_id($1) and id < torg.first_id($2)', [since, until])
      await tx.script(`drop table torg.${name}`)
      return row?.count ?? 0
    }),
  }

  const removeFrom = async (table: Parted, before: Date, signal: AbortSignal): Promise<RemovedOld> => {
    let removed = 0
    for (const partition of await partitionsBefore(table, before)) {
      if (signal.aborted) break
      const count = await drop[table](partition, before, signal)
      if (count > 0) db.log.info({ partition: partition.name, rows: count }, `${partition.name} was old and is removed`)
      removed += count
    }
    removed += await removeInBatches(removeLeft[table], before, signal)
    return { table, removed, oldest: await oldestOf(table) }
  }

  const removeInBatches = async (statement: string, before: Date, signal: AbortSignal): Promise<number> => {
    let removed = 0
    while (!signal.aborted) {
      const rows = await inTransaction(tx => tx.query(statement, [before, batchSize]))
      removed += rows.length
      if (rows.length < batchSize) break
      await sleep(pauseMs)
    }
    return removed
  }

  const oldestOf = async (table: RemovedOld['table']): Promise<string | null> => {
    const [row] = await db.query<{ at: Date }>(oldest[table])
    return row?.at.toISOString() ?? null
  }

  const removeOldRepairs = async (before: Date, signal: AbortSignal): Promise<RemovedOld> => {
    await removeInBatches(removeItems, before, signal)
    const rows = await db.query(removeRepairs, [before])
    return { table: 'repair', removed: rows.length, oldest: await oldestOf('repair') }
  }

  const removeOldImports = async (before: Date, signal: AbortSignal): Promise<RemovedOld> => {
    await removeInBatches(removeLines, before, signal)
    const rows = await db.query(removeImports, [before])
    return { table: 'import', removed: rows.length, oldest: await oldestOf('import') }
  }

  return {
    addPartitions: () => guarded('Making partitions', async () => {
      for (const [table, weeks] of Object.entries(weeksOf)) {
        const made = await inTransaction(tx => tx.query<{ name: string }>(`select torg.add_partitions($1, $2, now(), now() + interval '${ahead}') as name`, [table, weeks]))
        for (const { name } of made) db.log.debug({ partition: name }, 'partition made')
      }
    }),
    removeOld: ({ message, run }, signal) => guarded('Removing what is old', async () => {
      return [await removeFrom('message', new Date(message), signal), await removeFrom('run', new Date(run), signal), await removeOldRepairs(new Date(message), signal), await removeOldImports(new Date(message), signal)]
    }),
  }
}
