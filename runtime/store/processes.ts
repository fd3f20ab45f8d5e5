/** Which processes share the work, and which of them has which duty. How a process shows that it lives is in `presence.ts`. */
import { insistent, type Database } from './db.ts'
import type { ProcessSummary, Store } from './types.ts'

// One statement takes what nobody has and prolongs what is ours. Sorted, so that two processes do not lock each other out.
const hold = `
insert into torg.duty as d (name, owner, until)
select g.name, $1, now() + $3 * interval '1 millisecond' from unnest($2::text[]) as g (name) order by g.name
on conflict (name) do update set owner = excluded.owner, until = excluded.until, since = case when d.owner = excluded.owner then d.since else now() end
where d.owner = excluded.owner or d.until < now()
returning d.name`

const list = `
select owner, role, host, pid, version, connectors, deployment, working, state, since, seen_at as "seenAt", coalesce(gone_at, free_since) as "goneAt",
  array(select d.name from torg.duty d where d.owner = p.owner and d.until >= now() order by d.name) as duties
from torg.process p order by role, owner`

type ProcessRow = Omit<ProcessSummary, 'since' | 'seenAt' | 'goneAt'> & { since: Date, seenAt: Date, goneAt: Date | null }

export type Processes = Pick<Store, 'holdDuties' | 'endDuties' | 'processes'>

export function createProcesses(db: Database): Processes {
  return {
    holdDuties: ({ owner, names, leaseMs }) => insistent('Taking duties', async () =>
      (await db.query<{ name: string }>(hold, [owner, names, leaseMs])).map(({ name }) => name)),
    endDuties: (owner, names) => insistent('Giving duties back', async () => {
      await db.query('delete from torg.duty where owner = $1 and name = any ($2::text[])', [owner, names])
    }),
    processes: () => insistent('Listing processes', async () => (await db.query<ProcessRow>(list)).map(({ since, seenAt, goneAt, ...row }) =>
      ({ ...row, since: since.toISOString(), seenAt: seenAt.toISOString(), goneAt: goneAt?.toISOString() ?? null }))),
  }
}
