/** The orders a shop has, for the proof of completeness. */
import { TorgError } from '../../runtime/errors.ts'
import type { ListedItem, ListingWant, System } from '../../runtime/kit/definition.ts'
import { askAdmin, type ShopConfig } from './admin-api.ts'

type Shop = Pick<System, 'key' | 'http'> & { config: ShopConfig }

// https://shopify.dev/docs/api/admin-graphql/latest/queries/orders
const ordersQuery = `query Orders($query: String!, $after: String) {
  orders(first: 250, after: $after, query: $query, sortKey: CREATED_AT) {
    nodes { legacyResourceId name createdAt totalPriceSet { shopMoney { amount currencyCode } } }
    pageInfo { hasNextPage endCursor }
  }
}`

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

async function ask(shop: Shop, variables: { query: string, after: string | null }, signal: AbortSignal): Promise<OrderPage | undefined> {
  const data = await askAdmin(shop, { query: ordersQuery, variables, signal, did: 'list its orders', advice }) as { orders?: OrderPage } | undefined
  return data?.orders
}
