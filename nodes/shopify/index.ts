/** Shopify: orders of a webshop or its point of sale as the vendor's webhooks bring them, and what its Admin API takes. */
import { defineConnector } from '../../runtime/kit/definition.ts'
import { httpOptions } from './admin-api.ts'
import { connectorHelp } from './help.ts'
import { checkShop, listOrders } from './listing.ts'
import { mutationSink } from './out.ts'
import { orderSchema } from './order-schema.ts'
import { orderSamples } from './samples.ts'
import { orderSource } from './source.ts'
import { systemFields } from './system.ts'

export default defineConnector({
  name: 'shopify',
  label: { en: 'Shopify', nb: 'Shopify', sv: 'Shopify' },
  help: connectorHelp,
  color: '#7ab27c',
  icon: 'shopify.svg',
  docs: 'https://shopify.dev/docs/apps/build/webhooks',
  system: { fields: systemFields, http: httpOptions, check: checkShop, list: listOrders },
  nodes: [orderSource, mutationSink],
  types: { 'shopify:order': { schema: orderSchema, examples: orderSamples } },
  twin: async options => (await import('./twin/index.ts')).startShopifyTwin(options),
})
