/** Three business systems in one server: they take what comes and remember when and how often. */
import { createServer } from 'node:http'

export interface Sinks {
  url: string
  /** When the third system got an order, milliseconds since 1970; undefined while one is missing. */
  completeAt(number: string): number | undefined
  /** Requests beyond the first for one order and system, since the start. */
  readonly duplicates: number
  /** Deliveries taken since the start. */
  readonly taken: number
  /** Answers 503 until told otherwise. */
  refuse(refusing: boolean): void
  /** Resolves when so many orders are in all three systems, or with what there is when nothing has come for `quietMs`. */
  complete(count: number, quietMs: number): Promise<void>
  close(): Promise<void>
}

const systems = ['erp', 'crm', 'store']

/** Starts them on a free port. `PUT /<system>/<order number>` with a JSON body. */
export async function startSinks(): Promise<Sinks> {
  const seen = new Map<string, number>()
  const completed = new Map<string, number>()
  let duplicates = 0
  let taken = 0
  let refusing = false
  let last = Date.now()

  const server = createServer((req, res) => {
    const chunks: Buffer[] = []
    req.on('data', (chunk: Buffer) => chunks.push(chunk))
    req.on('end', () => {
      const [, system = '', number = ''] = (req.url ?? '').split('/')
      const bit = 1 << systems.indexOf(system)
      if (refusing) { res.writeHead(503).end(); return }
      const before = seen.get(number) ?? 0
      if (bit <= 0 || !chunks.length) { res.writeHead(400).end(); return }
      if (before & bit) duplicates += 1
      else {
        const now = before | bit
        seen.set(number, now)
        if (now === 7) completed.set(number, performance.timeOrigin + performance.now())
      }
      last = Date.now()
      taken += 1
      const body = `{"id":"${system}-${number}"}`
      res.writeHead(200, { 'Content-Type': 'application/json', 'Content-Length': body.length })
      res.end(body)
    })
  })
  // Longer than any pause of the benchmark: a connection that ends while a request is on its way would look like a failure.
  server.keepAliveTimeout = 600_000
  await new Promise<void>((resolve) => { server.listen(0, '127.0.0.1', resolve) })
  const address = server.address()
  const port = address && typeof address === 'object' ? address.port : 0
  return {
    url: `http://127.0.0.1:${port}`,
    completeAt: (number) => completed.get(number),
    get duplicates() { return duplicates },
    get taken() { return taken },
    refuse(on) { refusing = on },
    async complete(count, quietMs) {
      last = Date.now()
      while (completed.size < count && Date.now() - last < quietMs) await new Promise((resolve) => setTimeout(resolve, 20))
    },
    async close() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
