/** What a caller may see of records: the role table names the readers of a field, here as in `hub changes`. */
import type { Hub } from '../../hub.ts'
import { toEntity } from '../../model/index.ts'
import { isRecord } from '../../model/validation.ts'
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

/** Whether something stands at a JSON pointer. */
export function has(value: unknown, pointer: string): boolean {
  return pointer.split('/').slice(1).reduce((at, step) => isRecord(at) ? at[step] : undefined, value) !== undefined
}

/** Whether the caller reads these fields, so that it may find records by them: who finds by what it does not read learns it. What is hidden in some markets or stores only is left out of what is found. */
export function maySearch(caller: Caller, kind: string, { fields, hub }: { fields: readonly string[], hub: Readers }): boolean {
  const reader = readerFor(caller, kind, hub)
  return reader === null || fields.every(field => has(reader(withValue(field)), field))
}

const withValue = (pointer: string): Record<string, unknown> => {
  const [first = '', ...steps] = pointer.split('/').slice(1)
  return { [first]: steps.reduceRight<unknown>((inner, step) => ({ [step]: inner }), true) }
}

/** Whether nothing of a kind is hidden from the caller. */
export function seesAll(caller: Caller, kind: string, hub: Readers): boolean {
  return readerFor(caller, kind, hub) === null
}
