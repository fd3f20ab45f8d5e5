/** Webhooks as the vendor sends them. */
import { createHmac } from 'node:crypto'
import type { Webhook } from '../../../runtime/twins/webhooks.ts'

/** https://shopify.dev/docs/apps/build/webhooks/subscribe/https */
export function webhookHeaders({ eventId, topic, body, at }: Webhook, { secret, shop }: { secret: string, shop: string }): Record<string, string> {
  return {
    'x-shopify-topic': topic, 'x-shopify-shop-domain': shop, 'x-shopify-api-version': '2026-07',
    'x-shopify-event-id': eventId, 'x-shopify-webhook-id': eventId, 'x-shopify-triggered-at': at,
    'x-shopify-hmac-sha256': createHmac('sha256', secret).update(body).digest('base64'),
  }
}
