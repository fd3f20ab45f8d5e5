/** Rows and records of the benchmark, the same in every run. */
import { kinds, readEntity } from '../../../runtime/model/index.ts'
import type { EntityWrite } from '../../../runtime/store/types.ts'

/** Every variant has up to so many prices. */
const pricesEach = 10

export const variantsFor = (prices: number): number => Math.ceil(prices / pricesEach)
export const skuOf = (variant: number): string => `ART-${String(variant).padStart(7, '0')}`

/** A price as its file says it. */
export interface PriceRow { id: string, sku: string, list: string, channel?: string, store?: string, customerGroup?: string, amount: string }

/** For everybody, in the webshop, in one store, for the club, and in lists of resellers: no two of a variant have the same scope. */
export function priceRow(n: number, prices: number): PriceRow {
  const variants = variantsFor(prices)
  const nth = Math.floor(n / variants)
  const scope = [{}, { channel: 'webshop-no' }, { store: 'oslo-1' }, { customerGroup: 'club' }][nth] ?? {}
  return { id: `P-${n}`, sku: skuOf(n % variants), list: nth < 4 ? 'consumer-no' : `reseller-${nth}`, ...scope, amount: `${100 + n % 900}.${String(n % 100).padStart(2, '0')}` }
}

/** One line of the file. */
export function priceLine({ id, sku, amount, ...scope }: PriceRow): string {
  return JSON.stringify({
    refs: [{ system: 'erp', kind: 'price', id }], variant: { ref: { system: 'erp', kind: 'variant', id: sku } }, type: 'regular', ...scope,
    value: { amount, currency: 'NOK' }, taxIncluded: true, validFrom: '2025-01-01T00:00:00Z',
  }) + '\n'
}

/** The same row as COPY takes it into {@link priceTable}. */
export function priceCopy({ id, sku, list, channel, store, customerGroup, amount }: PriceRow): string {
  return [id, sku, 'regular', list, channel, store, customerGroup, amount, 'NOK', 't', '2025-01-01T00:00:00Z'].map(value => value ?? '\\N').join('\t') + '\n'
}

/** The one indexed table. */
export const priceTable = (name: string): string => `create table ${name} (
  external_id text primary key, sku text not null, type text not null, list text not null, channel text, store text, customer_group text,
  amount numeric not null, currency text not null, tax_included boolean not null, valid_from timestamptz not null)`

/** An order of some 3 KB, as a flow saves it. */
export function orderWrite(n: number, at: string): EntityWrite {
  const kind = kinds.get('order')
  if (!kind) throw new Error('There is no kind order.')
  const entity = { ...kind.example, number: `B-${n}`, refs: [{ system: 'webshop', kind: 'order', id: `B-${n}` }] }
  return { ...readEntity(kind, entity, { system: 'webshop', operation: 'upsert' }), operation: 'upsert', origin: { system: 'webshop', message: null, at }, sourceTime: null }
}
