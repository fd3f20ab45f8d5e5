/** What a caller may see of records: the role table names the readers of a field, here as in `hub changes`. */
import type { Hub } from '../../hub.ts'
import { toEntity } from '../../model/index.ts'
import type { DeliveredRecord } from '../../store/types.ts'
import type { Caller } from '../caller.ts'

type Readers = Pick<Hub, 'readerOf'>

/** Makes entities of records for somebody. */
export type Show = (record: DeliveredRecord) => object

/** An administrator sees everything; a key what its system may read, and one without a system what everybody may. */
const readerFor = ({ system, scopes }: Caller, kind: string, hub: Readers): ReturnType<Readers['readerOf']> => scopes.has('admin') ? null : hub.readerOf(kind, system ?? '')

export function showTo(caller: Caller, kind: string, hub: Readers): Show {
  const reader = readerFor(caller, kind, hub)
  return reader === null ? toEntity : record => reader({ ...toEntity(record) })
}

/** Whether nothing of a kind is hidden from the caller. */
export function seesAll(caller: Caller, kind: string, hub: Readers): boolean {
  return readerFor(caller, kind, hub) === null
}
