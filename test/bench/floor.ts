/**
 * The floor: the smallest BullMQ program that does the same hops as the hub. Webhook -> job -> mapping in plain code -> three
 * delivery jobs -> HTTP. No inbox, no store, no flows, no versions, no order per key; what the queue loses is lost.
 *
 * It is written to be fast, not to be nice: the queue's own limits are what the hub is measured against.
 */
import { createHmac, timingSafeEqual } from 'node:crypto'
import { Agent, createServer, request } from 'node:http'
import { Queue, Worker, createPostgresBackend, runMigrations } from 'bullmq'
import { Redis } from 'ioredis'
import pg from 'pg'

const { FLOOR_REDIS: redisUrl, FLOOR_DATABASE: databaseUrl, FLOOR_SECRET: secret = '', FLOOR_SINKS: sinks = '' } = process.env
const concurrency = 32

interface Order {
  id: number, name: string, created_at: string, currency: string, email: string, phone: string, note: string | null
  total_price: string, total_tax: string, payment_gateway_names: string[], shipping_lines: { title: string, price: string }[]
  line_items: { sku: string, title: string, price: string, quantity: number }[]
  shipping_address: { name: string, address1: string, zip: string, city: string, country_code: string }
}

/** Both backends through one pair of functions; on PostgreSQL several `add` are faster than `addBulk` for three jobs. */
async function backend() {
  if (redisUrl) {
    const connection = new Redis(redisUrl, { maxRetriesPerRequest: null })
    return {
      queue: (name: string) => new Queue(name, { connection, prefix: 'floor' }),
      worker: (name: string, work: (job: { data: unknown }) => Promise<void>) => new Worker(name, work, { connection, prefix: 'floor', concurrency }),
      bulk: true,
    }
  }
  const pool = new pg.Pool({ connectionString: databaseUrl, max: 20, options: '-c search_path=bullmq' })
  const client = await pool.connect()
  await runMigrations(client)
  client.release()
  return {
    queue: (name: string) => new Queue(name, { connection: pool }, createPostgresBackend),
    worker: (name: string, work: (job: { data: unknown }) => Promise<void>) => new Worker(name, work, { connection: pool, concurrency }, createPostgresBackend),
    bulk: false,
  }
}

const { queue, worker, bulk } = await backend()
const orders = queue('orders')
const deliveries = queue('deliveries')
const options = { removeOnComplete: true, attempts: 5 }

// 1. Webhook -> job. The event id is the job id, so that the same event twice is one job.
const server = createServer((req, res) => {
  const chunks: Buffer[] = []
  req.on('data', (chunk: Buffer) => chunks.push(chunk))
  req.on('end', () => {
    const body = Buffer.concat(chunks)
    const given = Buffer.from(String(req.headers['x-shopify-hmac-sha256'] ?? ''), 'base64')
    const wanted = createHmac('sha256', secret).update(body).digest()
    if (given.length !== wanted.length || !timingSafeEqual(given, wanted)) { res.writeHead(401).end(); return }
    orders.add('order', JSON.parse(body.toString()), { ...options, jobId: String(req.headers['x-shopify-event-id']) }).then(
      () => { res.writeHead(200, { 'Content-Length': 2 }).end('{}') },
      () => { res.writeHead(503, { 'Content-Length': 0 }).end() })
  })
})

// 2. Job -> mapping -> three delivery jobs.
worker('orders', async ({ data }) => {
  const jobs = mapped(data as Order).map(([path, body]) => ({ name: 'delivery', data: { path, body }, opts: options }))
  if (bulk) await deliveries.addBulk(jobs)
  else await Promise.all(jobs.map(({ name, data, opts }) => deliveries.add(name, data, opts)))
})

// 3. Delivery job -> HTTP.
const { hostname, port } = new URL(sinks)
const agent = new Agent({ keepAlive: true, maxSockets: concurrency })
worker('deliveries', ({ data }) => new Promise((resolve, reject) => {
  const { path, body } = data as { path: string, body: unknown }
  const bytes = Buffer.from(JSON.stringify(body))
  request({ hostname, port, path, method: 'PUT', agent, headers: { 'Content-Type': 'application/json', 'Content-Length': bytes.length } }, (response) => {
    response.resume()
    response.on('end', () => { if (response.statusCode === 200) resolve(); else reject(new Error(`answered ${response.statusCode}`)) })
  }).on('error', reject).end(bytes)
}))

/** The same three shapes as in `project/`, in plain code. */
function mapped(order: Order): [path: string, body: unknown][] {
  const number = order.name.replace('#', '')
  const { shipping_address: to, line_items: lines } = order
  const gross = Number(order.total_price)
  const tax = Number(order.total_tax)
  return [
    [`/erp/${number}`, {
      DocumentNo: number, ExternalId: String(order.id), OrderDate: order.created_at.slice(0, 10), CustomerName: to.name, CurrencyCode: order.currency, PaymentMethodCode: order.payment_gateway_names[0],
      Lines: lines.map(({ sku, title, quantity, price }) => ({ No: sku, Description: title, Quantity: quantity, UnitPrice: Number(price), Amount: Math.round(Number(price) * quantity * 100) / 100 })),
      AmountExclTax: Math.round((gross - tax) * 100) / 100, TaxAmount: tax, AmountInclTax: gross,
    }],
    [`/crm/${number}`, {
      purchase: { ref: number, at: new Date(order.created_at).toISOString(), amount: order.total_price, currency: order.currency },
      contact: { name: to.name, email: order.email, mobile: order.phone, city: to.city, country: to.country_code }, articles: lines.map(({ title }) => title).join('; '),
    }],
    [`/store/${number}`, {
      task: number, recipient: to.name, label: [to.address1, to.zip, to.city, to.country_code].join(', '), pieces: lines.reduce((sum, { quantity }) => sum + quantity, 0), valueMinor: Math.round(gross * 100),
      items: lines.map(({ sku, title, quantity }, index) => ({ line: index + 1, article: sku, text: title, pieces: quantity })), ...(order.note !== null && { message: order.note }),
    }],
  ]
}

server.listen(0, '127.0.0.1', () => {
  const address = server.address()
  process.send?.({ url: `http://127.0.0.1:${address && typeof address === 'object' ? address.port : 0}/` })
})
