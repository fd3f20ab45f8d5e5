/** Prices of one scope never hold at the same time: the later one is refused, whoever writes it. PostgreSQL looks, see `torg.refuse_overlaps`. */
import pg from 'pg'
import { TorgError } from '../../errors.ts'
import type { EntityWrite } from '../types.ts'

/** Fails the transaction where one of these prices overlaps another one; behind their write. */
export const refuseOverlaps = 'select torg.refuse_overlaps($1)'

/** What the failure of {@link refuseOverlaps} means to whoever wrote: the stored one stays, the arriving one is kept with its message. Null for other failures. */
export function overlapError(error: unknown, writes: readonly EntityWrite[]): TorgError | null {
  if (!(error instanceof pg.DatabaseError) || error.code !== '23P01' || error.table !== 'price' || error.detail === undefined) return null
  const { price, other }: { price: Named, other: Named } = JSON.parse(error.detail)
  const write = writes.find(({ refs }) => refs.some(ref => ref.kind === 'price' && ref.system === price.system && ref.id === price.ref)) ?? writes.find(({ kind }) => kind === 'price')
  const arriving = !write ? 'what arrived' : write.origin.message === null ? `what ${write.origin.system} says` : `message ${write.origin.message} of ${write.origin.system}`
  return overlapping({ price, other, arriving, cause: error })
}

/** The error of a price that was not applied. @param arriving what was not */
export function overlapping({ price, other, arriving, cause }: { price: Named, other: Named, arriving: string, cause?: unknown }): TorgError {
  return new TorgError('model.overlap', {
    detail: `The price ${nameOf(price)} would hold at the same time as the price ${nameOf(other)} of the same scope (list ${other.list}). Stored stays version ${other.version} of record ${other.id}; not applied is ${arriving}.`,
    pointer: '/validFrom', value: price.from, cause,
  })
}

/** As `torg.price_named` tells a price. */
export interface Named { id: string, version: number, system: string | null, ref: string | null, list: string, from: string | null, to: string | null }

const nameOf = ({ id, system, ref, from, to }: Named): string => `${ref === null ? id : `${ref} of ${system}`} (${from ?? 'always'} to ${to ?? 'further notice'})`
