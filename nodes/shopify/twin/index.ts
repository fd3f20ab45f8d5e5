/** A small webshop: keeps orders, lets people and the demo place more, and tells the hub with signed webhooks. */
import { randomUUID } from 'node:crypto'
import { join } from 'node:path'
import type { Twin, TwinOptions } from '../../../runtime/kit/definition.ts'
import { openJournal } from '../../../runtime/twins/journal.ts'
import { startTwinServer } from '../../../runtime/twins/server.ts'
import type { TwinReply, TwinRequest } from '../../../runtime/twins/server.ts'
import { answerAdmin } from './admin.ts'
import { changeNames, changeOrder } from './changes.ts'
import type { ChangeName } from './changes.ts'
import { makeOrder } from './order.ts'
import type { TwinOrder } from './order.ts'
import { renderShop } from './page.ts'
import { createRandom } from './random.ts'
import { createWebhookSender } from './webhooks.ts'
import type { Webhook } from './webhooks.ts'

export interface ShopifyTwin extends Twin {
  readonly orders: ReadonlyMap<number, TwinOrder>
  /** Webhooks the hub has not taken yet. */
  readonly pending: number
  /** Places a random order and sends orders/create. */
  place(): TwinOrder
  /** Changes an order and sends orders/updated; null where the change cannot happen. */
  change(id: number, change: ChangeName): TwinOrder | null
  placeOrder(): Promise<void>
}

const firstNumber = 1001
/** The share of demo ticks in which also an earlier order changes. */
const changeShare = 0.5

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
  const sender = hubUrl === undefined ? undefined : createWebhookSender({ url: `${hubUrl}/in/${system}`, secret: secrets['webhookSecret'] ?? '', shop: typeof config['shop'] === 'string' ? config['shop'] : `${system}.myshopify.com`, log, settled: webhook => unsent.remove(webhook.eventId), ...(typeof config['longestRetry'] === 'number' && { longestRetryMs: config['longestRetry'] * 1000 }) })
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

  const place = (): TwinOrder => {
    const number = firstNumber + orders.size
    // Its own generator per order: the same order again for the same seed and number, whatever happened between.
    return keep(makeOrder({ random: createRandom(seed + number * 7919), number, now: new Date() }), 'orders/create')
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
    if (request.method === 'POST' && first === 'admin' && request.segments.at(-1) === 'graphql.json') return answerAdmin(request, { orders: orders.values(), token: secrets['adminToken'] })
    if (request.method !== 'POST' || isForeign(request)) return { status: 404, body: { errors: 'Not Found' } }
    if (first === 'place') place()
    else if (first === 'orders' && changeNames.some(name => name === third)) changeNames.filter(name => name === third).forEach(name => change(Number(second), name))
    else return { status: 404, body: { errors: 'Not Found' } }
    return { status: 303, headers: { location: '/' } }
  })

  return {
    url: server.url,
    orders,
    get pending() { return sender?.pending ?? 0 },
    place,
    change,
    async placeOrder() {
      place()
      if (config['changes'] !== false && random.chance(changeShare)) changeSome()
    },
    async close() {
      await server.close()
      await sender?.close()
      kept.close()
      unsent.close()
    },
  }
}

/** Another site's page must not press the buttons of this one. */
function isForeign({ headers }: TwinRequest): boolean {
  const { origin, host } = headers
  return origin !== undefined && origin !== `http://${host}`
}

function isOrder(value: unknown): value is TwinOrder {
  return value !== null && typeof value === 'object' && 'id' in value && typeof value.id === 'number' && 'line_items' in value
}

function isWebhook(value: unknown): value is Webhook {
  return value !== null && typeof value === 'object' && 'eventId' in value && 'topic' in value && 'body' in value && 'at' in value
}
