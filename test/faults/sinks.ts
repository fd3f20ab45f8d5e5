/** Business systems that outlive the hub: they count what reaches them and keep the last value of each record. */
import { createServer, type IncomingMessage } from 'node:http'

export interface Sink {
  readonly url: string
  /** Last accepted document by path. */
  readonly values: ReadonlyMap<string, Record<string, unknown>>
  /** Requests whose idempotency key had been taken before. */
  readonly repeats: number
  /** Every accepted request. */
  readonly accepted: number
  close(): Promise<void>
}

/**
 * @param options.idempotent takes each idempotency key once and answers a repeat with what it answered before;
 *   otherwise every request replaces the value.
 */
export async function startSink({ idempotent }: { idempotent: boolean }): Promise<Sink> {
  const values = new Map<string, Record<string, unknown>>()
  const keys = new Set<string>()
  let repeats = 0
  let accepted = 0
  const server = createServer((request, response) => {
    void readJson(request).then((document) => {
      const path = request.url ?? ''
      const key = String(request.headers['idempotency-key'] ?? '')
      const repeat = keys.has(key)
      keys.add(key)
      if (repeat) repeats += 1
      accepted += 1
      if (!repeat || !idempotent) values.set(path, document)
      response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ id: path.split('/').at(-1) }))
    }, () => { response.writeHead(400).end() })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  const port = address && typeof address === 'object' ? address.port : 0
  return {
    url: `http://127.0.0.1:${port}`,
    values,
    get repeats() { return repeats },
    get accepted() { return accepted },
    close: () => new Promise((resolve) => { server.close(() => { resolve() }); server.closeAllConnections() }),
  }
}

async function readJson(request: IncomingMessage): Promise<Record<string, unknown>> {
  const chunks: Buffer[] = []
  for await (const chunk of request) if (Buffer.isBuffer(chunk)) chunks.push(chunk)
  const parsed: unknown = JSON.parse(Buffer.concat(chunks).toString() || '{}')
  if (typeof parsed !== 'object' || parsed === null) throw new Error('not an object')
  return { ...parsed }
}
