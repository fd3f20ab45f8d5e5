/** What an HTTP system holds, for the proof of completeness: one listing per kind, as the system's form has it. */
import { Type, type Static } from 'typebox'
import { Check } from 'typebox/value'
import type { ListedItem, ListingWant, System } from '../../runtime/kit/definition.ts'
import { fetchPage } from './paging.ts'
import { instantOf, readPath, scalarText } from './paths.ts'
import type { RestSystemConfig } from './system.ts'

const listing = Type.Object({
  kind: Type.String({ minLength: 1, description: 'Canonical kind (order).' }),
  path: Type.String({ minLength: 1, description: 'Path of the list.' }),
  query: Type.Optional(Type.Record(Type.String(), Type.String(), { description: 'With {from} and {to}, instants as 2026-01-31T12:00:00.000Z.' })),
  itemsPath: Type.Optional(Type.String({ description: 'Where the list stands in the answer.' })),
  idPath: Type.String({ minLength: 1, description: 'In the item: the id the hub knows it by.' }),
  numberPath: Type.Optional(Type.String()),
  timePath: Type.Optional(Type.String({ description: 'When it was created there.' })),
  amountPath: Type.Optional(Type.String()),
  amountUnit: Type.Optional(Type.Enum(['major', 'minor'], { description: 'minor: whole øre or cents.' })),
  currencyPath: Type.Optional(Type.String()),
  paging: Type.Optional(Type.Enum(['none', 'link', 'cursor', 'page'])),
  nextPath: Type.Optional(Type.String()),
  nextParameter: Type.Optional(Type.String()),
  pageParameter: Type.Optional(Type.String()),
}, { additionalProperties: false })

export const listingsSchema = Type.Array(listing)
type Listing = Static<typeof listing>

const isListings = (value: unknown): value is Listing[] => Check(listingsSchema, value)

/** The system's documents of a kind; undefined where its form has no listing of it. */
export function listDocuments(system: Pick<System, 'key' | 'http'> & { config: RestSystemConfig }, want: ListingWant): AsyncIterable<readonly ListedItem[]> | undefined {
  const { listings } = system.config
  const found = isListings(listings) ? listings.find(({ kind }) => kind === want.kind) : undefined
  return found && pagesOf(system, found, want)
}

async function* pagesOf(system: Pick<System, 'key' | 'http'> & { config: RestSystemConfig }, given: Listing, { from, to, signal }: ListingWant): AsyncGenerator<ListedItem[]> {
  const { path, itemsPath = '', paging = 'none', nextPath = 'next', nextParameter = 'cursor', pageParameter = 'page' } = given
  // Without an end the list goes on until now, which is what a system does by itself.
  const query = Object.fromEntries(Object.entries(given.query ?? {})
    .filter(([, text]) => to !== undefined || !text.includes('{to}'))
    .map(([name, text]) => [name, text.replaceAll('{from}', from).replaceAll('{to}', to ?? '')]))
  let page: string | null = null
  do {
    const { items, next }: { items: unknown[], next: string | null } = await fetchPage(system, { path, query, itemsPath, paging, nextPath, nextParameter, pageParameter }, page, signal)
    yield items.flatMap(item => toListed(item, given) ?? [])
    page = next
  } while (page !== null)
}

/** What of an item the proof needs; undefined where it has no id. */
function toListed(item: unknown, { idPath, numberPath, timePath, amountPath, amountUnit, currencyPath }: Listing): ListedItem | undefined {
  const at = (path: string | undefined): string | null => path ? scalarText(readPath(item, path)) : null
  const id = at(idPath)
  if (id === null) return undefined
  const [number, amount, currency] = [at(numberPath), at(amountPath), at(currencyPath)]
  const time = timePath ? instantOf(readPath(item, timePath)) : null
  return {
    id, ...(number !== null && { number }), ...(time !== null && { at: time }),
    ...(amount !== null && { amount: { amount, ...(currency !== null && { currency }), ...(amountUnit === 'minor' && { minor: true as const }) } }),
  }
}
