/** Imports of files: declared, received line by line under a hold, and ended; a full file removes what it does not hold. */
import { TorgError } from '../errors.ts'
import { newId } from '../ids.ts'
import { insistent, openPlanning, type Database, type Transaction } from './db.ts'
import type { Import, ImportError, ImportReceiver, ImportState, ImportStore, SettledLines } from './import-types.ts'
import { toJson } from './json.ts'
import { typedKind } from './typed/index.ts'

const columns = `id, kind, system, full_file, format, mapping, dry_run, by, at, state, held_until < now() as abandoned, line, digest, rows, created, updated, unchanged,
  stale, removed, failed, unreadable, absent, known, removed_to, kept, reason, ended_at, ended_by,
  (select coalesce(sum(greatest(w.total - w.looked, 1)), 0)::int from torg.raise w where w.import_id = torg.import.id) as raising`

const declare = `
insert into torg.import (id, kind, system, full_file, format, mapping, dry_run, by) values ($1, $2, $3, $4, $5, $6, $7, $8)
on conflict (kind, system) where state not in ('done', 'cancelled') do nothing returning ${columns}`
const findOpen = `select id, state from torg.import where kind = $1 and system = $2 and state not in ('done', 'cancelled')`
const find = `select ${columns} from torg.import where id = $1`
const list = `select ${columns} from torg.import where ($1::uuid is null or id < $1) order by id desc limit $2`
const listErrors = 'select line, error, text from torg.import_error where import_id = $1 and line > $2 order by line limit $3'

// Whoever received it before and was cut off is not waited for.
const receive = `
update torg.import set state = 'receiving', receiver = $2, held_until = now() + $3 * interval '1 millisecond', reason = null
where id = $1 and (state = 'waiting' or (state = 'receiving' and held_until < now())) returning ${columns}`
const hold = `update torg.import set held_until = now() + $3 * interval '1 millisecond' where id = $1 and receiver = $2 returning 1 as held`
const addErrors = `
insert into torg.import_error (import_id, line, error, text)
select $1, line, error, text from json_to_recordset($2::json) as g (line int, error jsonb, text text)
on conflict (import_id, line) do update set error = excluded.error, text = excluded.text`
// Of references nobody knows there is no record, or one that is newer than the file.
const addSeen = `
insert into torg.import_seen (import_id, line, ids)
select i.id, $2, array_agg(f.record_id)
from torg.import i cross join unnest($3::text[]) as g (external_id) join torg.any_reference f on f.system = i.system and f.kind = i.kind and f.external_id = g.external_id
where i.id = $1 group by i.id
on conflict (import_id, line) do update set ids = excluded.ids`
const settle = `
update torg.import set line = $3, digest = $4, rows = $5, created = $6, updated = $7, unchanged = $8, stale = $9, removed = $10, failed = $11, unreadable = $12,
  held_until = now() + $13 * interval '1 millisecond'
where id = $1 and receiver = $2 returning 1 as held`
const interrupt = `update torg.import set state = 'waiting', receiver = null, held_until = null, reason = $3 where id = $1 and receiver = $2`
const note = `update torg.import set reason = $2 where id = $1 and state = 'receiving'`
const lock = `select ${columns} from torg.import where id = $1 and receiver = $2 for update`
const end = `
update torg.import set state = $2, receiver = null, held_until = null, absent = $3, known = $4, reason = $5,
  ended_at = case when $2 = 'done' then now() end where id = $1 returning ${columns}`
const dropSeen = 'delete from torg.import_seen where import_id = $1'
const dropAbsent = 'delete from torg.import_absent where import_id = $1'

// Records that were made by others while the file was read are newer than the file. Any reference of the system speaks for a record.
const findAbsent = (living: string): string => `
with seen as materialized (select distinct unnest(ids) as id from torg.import_seen where import_id = $1),
living as materialized (${living}),
absent as (insert into torg.import_absent (import_id, external_id) select $1, l.external_id from living l where not exists (select from seen s where s.id = l.id) returning 1)
select (select count(*) from living)::int as known, (select count(*) from absent)::int as absent`
const absentRecords = findAbsent(`
  select f.record_id as id, min(f.external_id) as external_id from torg.reference f join torg.record r on r.id = f.record_id
  where f.system = $2 and f.kind = $3 and r.kind = $3 and r.version > 0 and r.deleted_at is null and r.created_at < $4 group by f.record_id`)
const absentTyped = (table: string): string => findAbsent(`
  select r.id, case when r.system = $2 then r.external_id else (select min(f.external_id) from torg.reference f where f.record_id = r.id and f.system = $2 and f.kind = $3) end as external_id
  from ${table} r where r.deleted_at is null and r.created_at < $4 and (r.system = $2 or exists (select from torg.reference f where f.record_id = r.id and f.system = $2 and f.kind = $3))`)
const pageOfAbsent = 'select external_id as id from torg.import_absent where import_id = $1 and external_id > $2 order by external_id limit $3'
const findRemoving = `select ${columns} from torg.import where state = 'removing' order by id limit 1`
const settleRemoved = `update torg.import set removed_to = $2, removed = removed + $3, kept = kept + $4 where id = $1 and state = 'removing' and removed_to is distinct from $2`
const endRemoving = `update torg.import set state = 'done', ended_at = now() where id = $1 and state = 'removing'`
const confirm = `update torg.import set state = 'removing', ended_by = $2 where id = $1 and state = 'confirm' returning ${columns}`
const cancel = `
update torg.import set state = 'cancelled', receiver = null, held_until = null, ended_at = now(), ended_by = $2
where id = $1 and state not in ('done', 'cancelled') returning ${columns}`

interface ImportRow {
  id: string, kind: string, system: string, full_file: boolean, format: Import['format'], mapping: Record<string, unknown> | null, dry_run: boolean, by: string, at: Date
  state: ImportState, abandoned: boolean | null, line: number, digest: Buffer | null, rows: number, created: number, updated: number, unchanged: number, stale: number
  removed: number, failed: number, unreadable: number, absent: number | null, known: number | null, removed_to: string | null, kept: number, raising: number, reason: string | null
  ended_at: Date | null, ended_by: string | null
}

export function createImports(db: Database): ImportStore {
  const readImport = async (id: string): Promise<Import | null> => {
    const [row] = await db.query<ImportRow>(find, [id])
    return row ? toImport(row) : null
  }

  return {
    declareImport: declaration => insistent('Storing an import', async () => {
      const { kind, system, mode, format, mapping, dryRun, by } = declaration
      const [row] = await db.query<ImportRow>(declare, [newId(), kind, system, mode === 'full', format, mapping === null ? null : JSON.stringify(mapping), dryRun, by])
      if (row) return toImport(row)
      const [open] = await db.query<{ id: string, state: string }>(findOpen, [kind, system])
      throw new TorgError('request.conflict', {
        detail: `The import ${open?.id ?? ''} of ${kind} from ${system} is not over (${open?.state ?? 'until now'}); there is one at a time.`, value: open?.id,
        next: 'Send the rest of its file under its id, confirm it where it waits for that, or cancel it.',
      })
    }),

    receiveImport: ({ id, receiver }, holdMs) => insistent('Taking up an import', async () => {
      const [row] = await db.query<ImportRow>(receive, [id, receiver, holdMs])
      if (row) return { ...toImport(row), digest: row.digest }
      const found = await readImport(id)
      if (!found) throw new TorgError('request.not-found', { detail: `There is no import ${id}.`, next: 'List them with GET /api/v1/imports.' })
      throw new TorgError('request.conflict', {
        detail: `The import ${id} takes no lines now: it is ${found.state}.`,
        next: found.state === 'receiving' ? 'Its lines are being received. Where that was cut off, send the file again in half a minute.' : 'Declare a new import for another file.',
      })
    }),

    holdImport: ({ id, receiver }, holdMs) => insistent('Keeping an import', async () => { requireHeld(id, await db.query(hold, [id, receiver, holdMs])) }),

    settleLines: (by, holdMs, lines) => insistent('Settling lines of an import', () => db.transaction(tx => writeSettled(tx, by, holdMs, lines))),

    interruptImport: ({ id, receiver }, reason) => insistent('Interrupting an import', async () => { await db.query(interrupt, [id, receiver, reason]) }),

    noteImport: (id, reason) => insistent('Noting why an import was cut off', async () => { await db.query(note, [id, reason]) }),

    endImport: ({ id, receiver }, mostAbsent) => insistent('Ending an import', () => db.transaction(async tx => {
      await tx.script(openPlanning)
      const [row] = await tx.query<ImportRow>(lock, [id, receiver])
      if (!row) throw new TorgError('request.conflict', { detail: `The import ${id} was cancelled, or somebody else goes on with it.` })
      const [{ known, absent } = { known: 0, absent: 0 }] = row.full_file ? await tx.query<{ known: number, absent: number }>(absentOf(row.kind), [id, row.system, row.kind, row.at]) : []
      const doubt = absent === 0 ? null : doubtOf({ known, absent, mostAbsent, unreadable: row.unreadable })
      const state: ImportState = row.dry_run || absent === 0 ? 'done' : doubt === null ? 'removing' : 'confirm'
      await Promise.all([tx.query(dropSeen, [id]), state === 'done' ? tx.query(dropAbsent, [id]) : []])
      const [ended] = await tx.query<ImportRow>(end, [id, state, row.full_file ? absent : null, row.full_file ? known : null, doubt])
      if (!ended) throw new Error(`The import ${id} is gone.`)
      return toImport(ended)
    })),

    imports: ({ limit, before = null }) => insistent('Listing imports', async () => (await db.query<ImportRow>(list, [before, limit])).map(toImport)),
    import: id => insistent('Reading an import', () => readImport(id)),
    importErrors: (id, { limit, after }) => insistent('Reading errors of an import', () => db.query<ImportError>(listErrors, [id, after, limit])),

    confirmImport: (id, by) => insistent('Confirming an import', async () => {
      const [row] = await db.query<ImportRow>(confirm, [id, by])
      return row ? toImport(row) : null
    }),
    cancelImport: (id, by) => insistent('Cancelling an import', async () => {
      const cancelled = `and exists (select 1 from torg.import where id = $1 and state = 'cancelled')`
      const [[row]] = await db.together<[ImportRow[], object[], object[]]>([[cancel, [id, by]], [`${dropSeen} ${cancelled}`, [id]], [`${dropAbsent} ${cancelled}`, [id]]])
      return row ? toImport(row) : null
    }),

    nextAbsent: limit => insistent('Looking for what a file does not hold', async () => {
      const [row] = await db.query<ImportRow>(findRemoving)
      if (!row) return null
      const { id, kind, system, removed_to: after } = row
      const ids = (await db.query<{ id: string }>(pageOfAbsent, [id, after ?? '', limit])).map(one => one.id)
      return { id, kind, system, ids, upTo: ids.at(-1) ?? null }
    }),
    settleAbsent: (id, { upTo, removed, kept }) => insistent('Settling what a file does not hold', async () => {
      if (upTo !== null) await db.query(settleRemoved, [id, upTo, removed, kept])
      else await db.together([[endRemoving, [id]], [dropAbsent, [id]]])
    }),
  }
}

/** Notes in a transaction that lines are settled. @throws request.conflict where the receiver has the import no more, so that nothing of it is stored */
export async function writeSettled(tx: Transaction, { id, receiver }: ImportReceiver, holdMs: number, { line, digest, counts, errors, present }: SettledLines): Promise<void> {
  const { rows, created, updated, unchanged, stale, removed, failed, unreadable } = counts
  // The row's lock comes first: whoever cancels meanwhile comes before or after all of it.
  const [kept] = await Promise.all([
    tx.query<{ held: number }>(settle, [id, receiver, line, digest, rows, created, updated, unchanged, stale, removed, failed, unreadable, holdMs]),
    errors.length === 0 ? [] : tx.query(addErrors, [id, toJson(errors)]),
    present.length === 0 ? [] : tx.query(addSeen, [id, line, present]),
  ])
  requireHeld(id, kept)
}

function requireHeld(id: string, [row]: readonly { held: number }[]): void {
  if (!row) throw new TorgError('request.conflict', { detail: `The import ${id} was cancelled, or somebody else goes on with it.`, next: `See where it stands: torg imports show ${id}` })
}

function absentOf(kind: string): string {
  const typed = typedKind(kind)
  return typed ? absentTyped(typed.table) : absentRecords
}

/** Why a person is to decide; null where none needs to. */
function doubtOf({ known, absent, mostAbsent, unreadable }: { known: number, absent: number, mostAbsent: number, unreadable: number }): string | null {
  if (unreadable > 0) return `${unreadable} lines could not be read, so whose they are is not known; ${absent} of ${known} records would be removed.`
  if (absent > known * mostAbsent) return `The file does not hold ${absent} of ${known} records, more than ${Math.round(mostAbsent * 100)} %.`
  return null
}

function toImport(row: ImportRow): Import {
  const { id, kind, system, format, mapping, by, line, rows, created, updated, unchanged, stale, removed, failed, unreadable, absent, known, kept, raising } = row
  const cutOff = row.state === 'receiving' && row.abandoned === true
  return {
    id, kind, system, mode: row.full_file ? 'full' : 'partial', format, mapping, dryRun: row.dry_run, by, at: row.at.toISOString(),
    state: cutOff ? 'waiting' : row.state, line, rows, created, updated, unchanged, stale, removed, failed, unreadable, absent, known, kept, raising,
    // What is noted while lines come is told once nobody receives them any more.
    reason: cutOff ? row.reason ?? 'The hub that received it was stopped.' : row.state === 'receiving' ? null : row.reason, endedAt: row.ended_at?.toISOString() ?? null, endedBy: row.ended_by,
  }
}
