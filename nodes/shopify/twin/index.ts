/** A small webshop: keeps orders, lets people and the demo place more, and tells the hub with signed webhooks. */
import { randomUUID } from 'node:crypto'
import { join } from 'node:path'
import type { Twin, TwinOptions } from '../../../runtime/kit/definition.ts'
import { openJournal } from '../../../runtime/twins/journal.ts'
import { isForeign, startTwinServer } from '../../../runtime/twins/server.ts'
import type { TwinReply } from '../../../runtime/twins/server.ts'
import { createWebhookSender, isWebhook } from '../../../runtime/twins/webhooks.ts'
import { answerAdmin } from './admin.ts'
import { changeNames, changeOrder } from './changes.ts'
import type { ChangeName } from './changes.ts'
import { makeOrder } from './order.ts'
import type { TwinOrder } from './order.ts'
import { renderShop } from './page.ts'
import { createRandom } from './random.ts'
import { openShopState, type ShopState } from './shop.ts'
import { webhookHeaders } from './sign.ts'

export interface ShopifyTwin extends Twin {
  readonly orders: ReadonlyMap<number, TwinOrder>
  /** Webhooks the hub has not taken yet. */
  readonly pending: number
  /** Places a random order and sends orders/create; `collect`: to be collected in the store. */
  place(wish?: { collect?: boolean }): TwinOrder
  /** What the Admin API has been written. */
  readonly shop: ShopState
  /** Changes an order and sends orders/updated; null where the change cannot happen. */
  change(id: number, change: ChangeName): TwinOrder | null
  placeOrder(): Promise<void>
}

const firstNumber = 1001
/** The share of demo ticks in which also an earlier order changes. */
const changeShare = 0.5
/** The share of the demo's orders that are collected in the store. */
const collectShare = 0.2

/**
 * Starts the shop. Settings (`config`): `title`; `seed` (a number; the same orders again); `shop` (domain in the webhooks);
 * `changes: false` (the demo only places); `longestRetry` (seconds before a webhook is sent again). The secret `webhookSecret` signs, `adminToken` opens
 * the Admin API. Without a hub address nothing is sent.
 */
export async function startShopifyTwin(options: TwinOptions): Promise<ShopifyTwin> {
  const { system, hubUrl, dataDir, config = {}, secrets, log } = options
  const file = (name: string): string | undefined => (dataDir === undefined ? undefined : join(dataDir, `${system}-${name}.jsonl`))
  const kept = openJournal(file('orders'), isOrder)
  const unsent = openJournal(file('webhooks'), isWebhook)
  const orders = new Map([...kept.entries.values()].map(order => [order.id, order]))
  const domain = typeof config['shop'] === 'string' ? config['shop'] : `${system}.myshopify.com`
  const sender = hubUrl === undefined ? undefined : createWebhookSender({
    request: webhook => ({ url: `${hubUrl}/in/${system}`, headers: webhookHeaders(webhook, { secret: secrets['webhookSecret'] ?? '', shop: domain }) }),
    log, settled: webhook => unsent.remove(webhook.eventId), ...(typeof config['longestRetry'] === 'number' && { longestRetryMs: config['longestRetry'] * 1000 }),
  })
  const changed = openJournal(file('shop'), isThing)
  const shop = openShopState({ kept: changed, orders, replaceOrder: order => {
    orders.set(order.id, order)
    kept.put(String(order.id), order)
  } })
  const seed = typeof config['seed'] === 'number' ? config['seed'] : Math.floor(Math.random() * 2 ** 32)
  const random = createRandom(seed)
  for (const webhook of unsent.entries.values()) sender?.send(webhook)

  function keep(order: TwinOrder, topic: string): TwinOrder {
    orders.set(order.id, order)
    kept.put(String(order.id), order)
    if (!sender) return order
    const webhook = { eventId: randomUUID(), topic, body: JSON.stringify(order), at: new Date().toISOString() }
    unsent.put(webhook.eventId, webhook)
    sender.send(webhook)
    return order
  }

  const place: ShopifyTwin['place'] = ({ collect = false } = {}) => {
    const number = firstNumber + orders.size
    // Its own generator per order: the same order again for the same seed and number, whatever happened between.
    const order = makeOrder({ random: createRandom(seed + number * 7919), number, now: new Date(), collect })
    return keep(withChanges(order, changed.entries.get(`gid://shopify/Customer/${String(order.customer?.['id'])}`)), 'orders/create')
  }

  const change = (id: number, name: ChangeName): TwinOrder | null => {
    const order = orders.get(id)
    const changed = order ? changeOrder(order, name, new Date()) : null
    return changed ? keep(changed, 'orders/updated') : null
  }

  function changeSome(): void {
    const open = [...orders.values()].slice(-30)
    const [first, ...rest] = open
    if (first) change(random.pick([first, ...rest]).id, random.pick(['ship', 'ship', 'ship', 'capture', 'return', 'cancel']))
  }

  const server = await startTwinServer(options.port, (request): TwinReply => {
    const [first, second, third] = request.segments
    if (request.method === 'GET' && first === undefined) return { status: 200, body: renderShop({ title: typeof config['title'] === 'string' ? config['title'] : `Webshop ${system}`, orders: [...orders.values()], pending: sender?.pending ?? 0 }) }
    if (request.method === 'GET' && first === 'orders.json') return { status: 200, body: { orders: [...orders.values()], pending: sender?.pending ?? 0 } }
    if (request.method === 'GET' && first === 'shop.json') return { status: 200, body: Object.fromEntries(request.query.getAll('id').map(gid => [gid, shop.get(gid) ?? null])) }
    if (request.method === 'POST' && first === 'admin' && request.segments.at(-1) === 'graphql.json') return answerAdmin(request, { orders: orders.values(), shop, token: secrets['adminToken'] })
    if (request.method !== 'POST' || isForeign(request)) return { status: 404, body: { errors: 'Not Found' } }
    if (first === 'place') place({ collect: request.query.get('collect') === 'true' })
    else if (first === 'orders' && changeNames.some(name => name === third)) changeNames.filter(name => name === third).forEach(name => change(Number(second), name))
    else return { status: 404, body: { errors: 'Not Found' } }
    return { status: 303, headers: { location: '/' } }
  })

  return {
    url: server.url,
    orders, shop,
    get pending() { return sender?.pending ?? 0 },
    place,
    change,
    async placeOrder() {
      place({ collect: random.chance(collectShare) })
      if (config['changes'] !== false && random.chance(changeShare)) changeSome()
    },
    async close() {
      await server.close()
      await sender?.close()
      kept.close()
      unsent.close()
      changed.close()
    },
  }
}

function isOrder(value: unknown): value is TwinOrder {
  return value !== null && typeof value === 'object' && 'id' in value && typeof value.id === 'number' && 'line_items' in value
}

const isThing = (value: unknown): value is Record<string, unknown> => value !== null && typeof value === 'object'

/** A customer who was changed over the Admin API buys as who they are since. */
function withChanges(order: TwinOrder, changes: Readonly<Record<string, unknown>> | undefined): TwinOrder {
  if (!changes || changes['erased'] === true || order.customer === null) return order
  const { phone = order.customer['phone'], email = order.email } = changes
  return { ...order, email: String(email), contact_email: email, customer: { ...order.customer, phone, email } }
}
