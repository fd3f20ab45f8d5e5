/** What systems said of a record and was not written. */
import { isId } from '../ids.ts'
import { guarded, type Database } from './db.ts'
import type { Contender } from './types.ts'

const contendersOf = `
select pointer, system, value, why, master, message_id as message, at, source_time as "sourceTime", node, mapping
from torg.contender where record_id = $1 order by at desc, pointer, system`

interface Row extends Pick<Contender, 'pointer' | 'system' | 'value' | 'why' | 'master' | 'message'> { at: Date, sourceTime: Date | null, node: string | null, mapping: string | null }

export async function findContenders(db: Database, record: string): Promise<Contender[]> {
  if (!isId(record)) return []
  const rows = await guarded('Looking for what was not applied', () => db.query<Row>(contendersOf, [record]))
  return rows.map(({ at, sourceTime, node, mapping, ...row }) => ({
    ...row, at: at.toISOString(), ...(sourceTime && { sourceTime: sourceTime.toISOString() }), ...(node !== null && { node }), ...(mapping !== null && { mapping }),
  }))
}
