/** `shopify in`: an order whenever Shopify says that it was placed or changed. */
import { TorgError } from '../../runtime/errors.ts'
import type { RawRequest } from '../../runtime/kit/definition.ts'
import { lookAtJson } from '../../runtime/kit/json-body.ts'
import { verifyHmac } from '../../runtime/kit/verify.ts'
import { orderInHelp } from './help.ts'
import { defineSource } from './system.ts'

/** The topics this node takes; each webhook names its own in `X-Shopify-Topic`. */
const topics = [
  { value: 'orders/create', label: { en: 'Order placed (orders/create)', nb: 'Ny ordre (orders/create)', sv: 'Ny order (orders/create)' } },
  { value: 'orders/updated', label: { en: 'Order changed (orders/updated)', nb: 'Endret ordre (orders/updated)', sv: 'Ändrad order (orders/updated)' } },
] as const

export const orderSource = defineSource({
  role: 'source',
  type: 'shopify in',
  label: { en: 'shopify in', nb: 'shopify in', sv: 'shopify in' },
  help: orderInHelp,
  fields: {
    topics: {
      type: 'multiselect',
      label: { en: 'Topics', nb: 'Emner', sv: 'Ämnen' },
      options: topics,
      default: ['orders/create', 'orders/updated'],
      required: true,
    },
  },
  inputs: [],
  outputs: [{ type: 'shopify:order', label: { en: 'order', nb: 'ordre', sv: 'order' } }],
  webhook: {
    accepts: (request, { config }) => request.method === 'POST' && config.topics.some(topic => topic === request.headers['x-shopify-topic']),

    // https://shopify.dev/docs/apps/build/webhooks/subscribe/https (Validate the origin of your webhook)
    verify(request, { system: { config } }) {
      verifyHmac(request, { header: 'X-Shopify-Hmac-Sha256', secrets: [config.webhookSecret, config.previousSecret] })
      const shop = request.headers['x-shopify-shop-domain']
      if (config.shop && shop && shop.toLowerCase() !== config.shop.toLowerCase()) throw new TorgError('request.unauthorized', { detail: `The webhook is of the shop ${shop}, this system is ${config.shop}`, next: 'Correct the shop domain of the system, or send the webhook to the address of its own system.' })
    },

    describe(request) {
      const order = parseObject(request)
      const id = order['id']
      return {
        key: typeof id === 'number' || (typeof id === 'string' && id !== '') ? String(id) : null,
        // One event may come through several subscriptions, each with its own webhook id:
        // https://shopify.dev/docs/apps/build/webhooks/ignore-duplicates
        eventId: request.headers['x-shopify-event-id'] ?? request.headers['x-shopify-webhook-id'] ?? null,
        topic: request.headers['x-shopify-topic'] ?? '',
        sourceTime: instantOf(order['updated_at']) ?? instantOf(order['created_at']),
      }
    },
  },
})

function parseObject(request: RawRequest): Record<string, unknown> {
  const parsed = lookAtJson(request)
  return typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed) ? { ...parsed } : {}
}

/** Shopify writes times with the shop's offset. */
function instantOf(value: unknown): string | null {
  const ms = typeof value === 'string' ? Date.parse(value) : Number.NaN
  return Number.isNaN(ms) ? null : new Date(ms).toISOString()
}
