/** What the hub API offers of each kind, from the registry of kinds alone: links to search by, what may be included. Pure. */
import { TorgError } from '../../errors.ts'
import type { Kind } from '../../model/index.ts'
import { nearest } from '../../model/validation.ts'

/** Links with an index, see migration 0013. */
const indexed = new Set(['/customer', '/buyer/customer', '/order', '/receipt', '/variant', '/product'])

/** By what records of a kind are found: a field with an index. */
export interface Filter {
  /** As a parameter: `customer`. */
  name: string
  /** Where it stands in the document: `/buyer/customer/id`. */
  pointer: string
  /** The kind it points to; absent where it is a text of its own, such as a sku. */
  target?: string
}

/** What may come along with a record: all of a kind that link to it. */
export interface Include {
  /** As in `include`: `orders`. */
  name: string
  kind: string
  filter: Filter
}

export interface Resource {
  kind: Kind
  filters: readonly Filter[]
  /** Parameters that are no field as it stands, but what match keys are made of. */
  searches: Kind['searches']
  includes: readonly Include[]
}

const filtersOf = ({ name, links, searchable }: Kind): Filter[] => [
  ...links.filter(({ pointer }) => indexed.has(pointer)).map(({ pointer, kind }) => ({ name: pointer.slice(pointer.lastIndexOf('/') + 1), pointer: `${pointer}/id`, target: kind })),
  ...searchable.map(({ pointer }) => ({ name: pointer.slice(1).replaceAll('/', '.'), pointer })),
  ...name === 'variant' ? [{ name: 'sku', pointer: '/sku' }] : [],
]

/** Every kind as the API has it, in the order of the registry. */
export function resourcesOf(kinds: ReadonlyMap<string, Kind>): Resource[] {
  const all = [...kinds.values()]
  return all.map(kind => ({
    kind,
    filters: filtersOf(kind),
    searches: kind.searches,
    includes: all.flatMap(other => filtersOf(other).filter(({ target }) => target === kind.name).map(filter => ({ name: other.plural, kind: other.name, filter }))),
  }))
}

/** Refuses parameters nobody knows, with the one that was probably meant. */
export function refuseUnknown(given: Readonly<Record<string, unknown>>, known: readonly string[]): void {
  for (const name of Object.keys(given)) {
    if (known.includes(name)) continue
    const near = nearest(name, known)
    throw new TorgError('request.invalid', `There is no parameter ${name.slice(0, 100)}${near === undefined ? known.length === 0 ? ' here' : `; there are ${known.join(', ')}` : `. Did you mean ${near}?`}`)
  }
}
