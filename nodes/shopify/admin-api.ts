/** The one way to a shop's Admin API: GraphQL in one HTTP request. */
import { TorgError } from '../../runtime/errors.ts'
import type { Config, System } from '../../runtime/kit/definition.ts'
import type { HttpOptions } from '../../runtime/kit/http.ts'
import type { systemFields } from './system.ts'

export type ShopConfig = Config<typeof systemFields>

/** Shopify supports a version for a year: https://shopify.dev/docs/api/usage/versioning */
const path = '/admin/api/2026-07/graphql.json'

/** The client of the Admin API: https://shopify.dev/docs/api/admin-graphql/latest#authentication */
export function httpOptions({ adminUrl, shop, adminToken }: ShopConfig): HttpOptions {
  return { baseUrl: adminUrl || `https://${shop || 'shop.invalid'}`, auth: adminToken ? { type: 'header', name: 'X-Shopify-Access-Token', value: adminToken } : { type: 'none' } }
}

export interface AdminCall {
  query: string
  variables: unknown
  signal?: AbortSignal
  /** What it was for, as in "… did not list its orders". */
  did: string
  /** What a person does where the shop refuses. */
  advice: string
}

/**
 * The `data` of the answer; undefined where there is none.
 * @throws TorgError `system.throttled` where the shop asks to slow down, `system.refused` where it names an error, and what the HTTP client throws
 */
export async function askAdmin({ key, http }: Pick<System, 'key' | 'http'>, { query, variables, signal, did, advice }: AdminCall): Promise<unknown> {
  const { body } = await http.request({ method: 'POST', path, body: { query, variables }, ...(signal && { signal }) })
  const { data, errors = [] } = body as { data?: unknown, errors?: { message?: string, extensions?: { code?: string } }[] }
  const [error] = errors
  // Limits come as an answer of 200: https://shopify.dev/docs/api/usage/limits
  if (error?.extensions?.code === 'THROTTLED') throw new TorgError('system.throttled', `${key} asks to slow down: ${error.message ?? ''}`)
  if (error) throw new TorgError('system.refused', { detail: `${key} did not ${did}: ${error.message ?? 'it does not say why'}.`, next: advice })
  return data ?? undefined
}
