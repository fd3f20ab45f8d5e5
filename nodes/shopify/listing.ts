/** The orders a shop has, for the proof of completeness. */
import { TorgError } from '../../runtime/errors.ts'
import type { Config, ListedItem, ListingWant, System } from '../../runtime/kit/definition.ts'
import type { HttpOptions } from '../../runtime/kit/http.ts'
import type { systemFields } from './system.ts'

type ShopConfig = Config<typeof systemFields>
type Shop = Pick<System, 'key' | 'http'> & { config: ShopConfig }

/** Shopify supports a version for a year: https://shopify.dev/docs/api/usage/versioning */
const path = '/admin/api/2026-07/graphql.json'

// https://shopify.dev/docs/api/admin-graphql/latest/queries/orders
const ordersQuery = `query Orders($query: String!, $after: String) {
  orders(first: 250, after: $after, query: $query, sortKey: CREATED_AT) {
    nodes { legacyResourceId name createdAt totalPriceSet { shopMoney { amount currencyCode } } }
    pageInfo { hasNextPage endCursor }
  }
}`

/** The client of the Admin API: https://shopify.dev/docs/api/admin-graphql/latest#authentication */
export function httpOptions({ adminUrl, shop, adminToken }: ShopConfig): HttpOptions {
  return { baseUrl: adminUrl || `https://${shop || 'shop.invalid'}`, auth: adminToken ? { type: 'header', name: 'X-Shopify-Access-Token', value: adminToken } : { type: 'none' } }
}

/** Asks for one order, where a token is given. */
export async function checkShop(shop: Shop, signal: AbortSignal): Promise<void> {
  if (shop.config.adminToken) await ask(shop, { query: '', after: null }, signal)
}

/** The shop's orders by the day they were placed; undefined for other kinds, and without a token. */
export function listOrders(shop: Shop, want: ListingWant): AsyncIterable<readonly ListedItem[]> | undefined {
  return want.kind === 'order' && shop.config.adminToken ? pagesOf(shop, want) : undefined
}

async function* pagesOf(shop: Shop, { from, to, signal }: ListingWant): AsyncGenerator<ListedItem[]> {
  const query = `created_at:>='${from}'${to === undefined ? '' : ` AND created_at:<'${to}'`}`
  let after: string | null = null
  do {
    const page: OrderPage | undefined = await ask(shop, { query, after }, signal)
    if (!page) throw new TorgError('system.refused', { detail: `${shop.key} did not list its orders.`, next: advice })
    yield page.nodes.map(({ legacyResourceId, name, createdAt, totalPriceSet: { shopMoney } }) => ({
      id: legacyResourceId, number: name, at: new Date(createdAt).toISOString(), amount: { amount: shopMoney.amount, currency: shopMoney.currencyCode },
    }))
    after = page.pageInfo.hasNextPage ? page.pageInfo.endCursor : null
  } while (after !== null)
}

interface OrderPage {
  nodes: { legacyResourceId: string, name: string, createdAt: string, totalPriceSet: { shopMoney: { amount: string, currencyCode: string } } }[]
  pageInfo: { hasNextPage: boolean, endCursor: string | null }
}

const advice = 'See that the app of the token may read orders (read_orders; for those older than 60 days read_all_orders).'

async function ask({ key, http }: Shop, variables: { query: string, after: string | null }, signal: AbortSignal): Promise<OrderPage | undefined> {
  const { body } = await http.request({ method: 'POST', path, body: { query: ordersQuery, variables }, signal })
  const { data, errors = [] } = body as { data?: { orders?: OrderPage } | null, errors?: { message?: string, extensions?: { code?: string } }[] }
  const [error] = errors
  // Limits come as an answer of 200: https://shopify.dev/docs/api/usage/limits
  if (error?.extensions?.code === 'THROTTLED') throw new TorgError('system.throttled', `${key} asks to slow down: ${error.message ?? ''}`)
  if (error) throw new TorgError('system.refused', { detail: `${key} did not list its orders: ${error.message ?? 'it does not say why'}.`, next: advice })
  return data?.orders
}
