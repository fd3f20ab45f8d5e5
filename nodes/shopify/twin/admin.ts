/** The part of the shop's Admin API that the connector asks: listing orders by time (GraphQL). */
import type { TwinReply, TwinRequest } from '../../../runtime/twins/server.ts'
import type { TwinOrder } from './order.ts'

/** Answers `orders(first, after, query)`; 401 without the token, as https://shopify.dev/docs/api/usage/response-codes says. */
export function answerAdmin(request: TwinRequest, { orders, token }: { orders: Iterable<TwinOrder>, token: string | undefined }): TwinReply {
  if (token === undefined || request.headers['x-shopify-access-token'] !== token) return { status: 401, body: { errors: '[API] Invalid API key or access token (unrecognized login or wrong password)' } }
  const { query, variables } = parse(request.body)
  const first = Number(/\borders\(first: (\d+)/.exec(query)?.[1] ?? Number.NaN)
  if (!(first >= 1 && first <= 250)) return { status: 200, body: { errors: [{ message: 'This stand-in knows orders(first: 1 to 250, after, query) only' }] } }
  const bound = (operator: string): number | undefined => {
    const text = new RegExp(`created_at:${operator}'([^']+)'`).exec(variables.query)?.[1]
    return text === undefined ? undefined : Date.parse(text)
  }
  const [from = -Infinity, to = Infinity] = [bound('>='), bound('<')]
  const found = [...orders].filter(({ created_at: at }) => Date.parse(at) >= from && Date.parse(at) < to).sort((a, b) => a.id - b.id)
  const start = variables.after === null ? 0 : found.findIndex(({ id }) => id > Number(variables.after))
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

function parse(body: Buffer): { query: string, variables: { query: string, after: string | null } } {
  const given: { query?: unknown, variables?: { query?: unknown, after?: unknown } } = JSON.parse(body.toString('utf8'))
  const { query = '', after } = given.variables ?? {}
  return { query: String(given.query), variables: { query: String(query), after: typeof after === 'string' ? after : null } }
}
