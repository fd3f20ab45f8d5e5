/** The part of the shop's Admin API (GraphQL) that the stand-in knows: listing orders by time, and some mutations. */
import type { TwinReply, TwinRequest } from '../../../runtime/twins/server.ts'
import { answerMutation, NotInSchema } from './mutations.ts'
import type { TwinOrder } from './order.ts'
import type { ShopState } from './shop.ts'

/** Answers one request; 401 without the token, as https://shopify.dev/docs/api/usage/response-codes says. */
export function answerAdmin(request: TwinRequest, { orders, shop, token }: { orders: Iterable<TwinOrder>, shop: ShopState, token: string | undefined }): TwinReply {
  if (token === undefined || request.headers['x-shopify-access-token'] !== token) return { status: 401, body: { errors: '[API] Invalid API key or access token (unrecognized login or wrong password)' } }
  const { query, variables } = parse(request.body)
  if (!query.trimStart().startsWith('mutation')) return listOrders(query, variables, orders)
  try {
    const data = answerMutation(query, variables, shop)
    return { status: 200, body: data ? { data } : { errors: [{ message: 'This stand-in does not know the mutation' }] } }
  } catch (thrown) {
    if (!(thrown instanceof NotInSchema)) throw thrown
    return { status: 200, body: { errors: [{ message: thrown.message }] } }
  }
}

/** Answers `orders(first, after, query)`. */
function listOrders(query: string, variables: Readonly<Record<string, unknown>>, orders: Iterable<TwinOrder>): TwinReply {
  const first = Number(/\borders\(first: (\d+)/.exec(query)?.[1] ?? Number.NaN)
  if (!(first >= 1 && first <= 250)) return { status: 200, body: { errors: [{ message: 'This stand-in knows orders(first: 1 to 250, after, query) only' }] } }
  const bound = (operator: string): number | undefined => {
    const text = new RegExp(`created_at:${operator}'([^']+)'`).exec(String(variables['query'] ?? ''))?.[1]
    return text === undefined ? undefined : Date.parse(text)
  }
  const [from = -Infinity, to = Infinity] = [bound('>='), bound('<')]
  const found = [...orders].filter(({ created_at: at }) => Date.parse(at) >= from && Date.parse(at) < to).sort((a, b) => a.id - b.id)
  const { after } = variables
  const start = typeof after === 'string' ? found.findIndex(({ id }) => id > Number(after)) : 0
  const page = start < 0 ? [] : found.slice(start, start + first)
  return {
    status: 200,
    body: {
      data: {
        orders: {
          nodes: page.map(({ id, name, created_at: createdAt, total_price: amount, currency }) => ({
            legacyResourceId: String(id), name, createdAt: new Date(createdAt).toISOString(), totalPriceSet: { shopMoney: { amount, currencyCode: currency } },
          })),
          pageInfo: { hasNextPage: start >= 0 && start + first < found.length, endCursor: page.length > 0 ? String(page.at(-1)?.id) : null },
        },
      },
    },
  }
}

function parse(body: Buffer): { query: string, variables: Readonly<Record<string, unknown>> } {
  const given: { query?: unknown, variables?: Record<string, unknown> } = JSON.parse(body.toString('utf8'))
  return { query: String(given.query), variables: given.variables ?? {} }
}
