/** Lists over HTTP, page by page: where the items stand and what leads to the next page. */
import { TorgError } from '../../runtime/errors.ts'
import type { System } from '../../runtime/kit/definition.ts'
import type { HttpResponse } from '../../runtime/kit/http.ts'
import { readPath, scalarText } from './paths.ts'

/** The fields of a node or listing that say how it goes on. */
export const pagingFields = {
  paging: {
    type: 'select',
    label: { en: 'Next page', nb: 'Neste side', sv: 'Nästa sida' },
    options: [
      { value: 'none', label: { en: 'there is one page', nb: 'det er bare én side', sv: 'det finns bara en sida' } },
      { value: 'link', label: { en: 'Link header', nb: 'Link-header', sv: 'Link-header' } },
      { value: 'cursor', label: { en: 'a value in the answer', nb: 'en verdi i svaret', sv: 'ett värde i svaret' } },
      { value: 'page', label: { en: 'page number', nb: 'sidenummer', sv: 'sidnummer' } },
    ],
    default: 'none',
  },
  nextPath: { type: 'text', label: { en: 'Value in', nb: 'Verdi i', sv: 'Värde i' }, hint: { en: 'A full address is followed, another value goes into the parameter.', nb: 'En full adresse følges, en annen verdi settes i parameteren.', sv: 'En hel adress följs, ett annat värde sätts i parametern.' }, default: 'next', required: true, when: { field: 'paging', is: ['cursor'] } },
  nextParameter: { type: 'text', label: { en: 'Parameter', nb: 'Parameter', sv: 'Parameter' }, default: 'cursor', when: { field: 'paging', is: ['cursor'] } },
  pageParameter: { type: 'text', label: { en: 'Parameter', nb: 'Parameter', sv: 'Parameter' }, default: 'page', required: true, when: { field: 'paging', is: ['page'] } },
} as const

export interface ListRequest {
  path: string
  query: Readonly<Record<string, string>>
  /** Where the list stands in the answer; empty: the answer is the list. */
  itemsPath: string
  paging: 'none' | 'link' | 'cursor' | 'page'
  nextPath: string
  nextParameter: string
  pageParameter: string
}

/**
 * Fetches one page of a list; `page` is what the page before gave as `next`, null for the first.
 *
 * @throws TorgError `system.refused` where the answer holds no list or leads to itself, and what the system's HTTP client throws
 */
export async function fetchPage(system: Pick<System, 'key' | 'http'> & { config: { baseUrl: string } }, list: ListRequest, page: string | null, signal: AbortSignal): Promise<{ items: unknown[], next: string | null }> {
  const answer = await system.http.request({ method: 'GET', signal, ...pageRequest(list, page, system.config.baseUrl) })
  const items = list.itemsPath ? readPath(answer.body, list.itemsPath) : answer.body
  if (!Array.isArray(items)) throw new TorgError('system.refused', { detail: `${system.key}: the answer to GET ${list.path} holds no list${list.itemsPath ? ` at ${list.itemsPath}` : ''}`, next: 'Correct the path, or where the items stand, and deploy.' })
  const next = nextPage(list, answer, page, items.length)
  if (next !== null && next === page) throw new TorgError('system.refused', { detail: `${system.key}: GET ${list.path} gives the same next page again, ${next}`, next: 'Correct how the next page is found, and deploy.' })
  return { items, next }
}

function pageRequest({ path, query, paging, pageParameter, nextParameter }: ListRequest, page: string | null, baseUrl: string): { path: string, query?: Record<string, string> } {
  if (page === null) return { path, query: paging === 'page' ? { ...query, [pageParameter]: '1' } : { ...query } }
  if (paging === 'page') return { path, query: { ...query, [pageParameter]: page } }
  // A link already holds the query; a relative one is relative to the host, not to the base address.
  return /^(https?:)?\//.test(page) ? { path: new URL(page, baseUrl).href } : { path, query: { ...query, [nextParameter]: page } }
}

/** What leads to the next page: a link, a value, a number; null after the last. */
function nextPage({ paging, nextPath }: ListRequest, answer: HttpResponse, page: string | null, count: number): string | null {
  switch (paging) {
    case 'none': return null
    case 'link': return linkToNext(answer.headers.get('link'))
    case 'cursor': return scalarText(readPath(answer.body, nextPath))
    case 'page': return count === 0 ? null : String(Number(page ?? '1') + 1)
  }
}

/** The address with `rel="next"` in a Link header (RFC 8288). */
export function linkToNext(header: string | null): string | null {
  for (const [, address, parameters] of (header ?? '').matchAll(/<([^>]*)>([^<]*)/g)) {
    if (/;\s*rel="?(?:[^"]*\s)?next(?:\s[^"]*)?"?/i.test(parameters ?? '')) return address ?? null
  }
  return null
}
