/** A small HTTP server for twins: loopback only, whole bodies, plain handlers. */
import { createServer } from 'node:http'
import type { IncomingMessage, Server, ServerResponse } from 'node:http'

export interface TwinRequest {
  method: string
  /** Decoded segments of the path: `/orders/1042` is `['orders', '1042']`. */
  segments: string[]
  query: URLSearchParams
  headers: Readonly<Record<string, string | undefined>>
  body: Buffer
}

export interface TwinReply {
  status: number
  headers?: Record<string, string>
  /** An object is sent as JSON, a text as HTML. */
  body?: unknown
}

/** `hang` never answers; the connection stays open until the caller gives up or the twin is closed. */
export type TwinHandler = (request: TwinRequest) => TwinReply | 'hang' | Promise<TwinReply | 'hang'>

export interface TwinServer { url: string, port: number, close(): Promise<void> }

const maxBodyBytes = 10 * 1024 * 1024

/** Starts a server on 127.0.0.1 at `port`, or at a free port where that one is taken (0: any). */
export async function startTwinServer(port: number, handler: TwinHandler): Promise<TwinServer> {
  const server = createServer((request, response) => { void answer(request, response, handler) })
  await listen(server, port)
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('The twin has no port')
  return {
    url: `http://127.0.0.1:${address.port}`,
    port: address.port,
    close: () => new Promise(resolve => {
      server.close(() => resolve())
      server.closeAllConnections()
    }),
  }
}

/** Another site's page must not press the buttons of this one. */
export function isForeign({ headers }: TwinRequest): boolean {
  const { origin, host } = headers
  return origin !== undefined && origin !== `http://${host}`
}

function listen(server: Server, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      if (port !== 0 && (error.code === 'EADDRINUSE' || error.code === 'EACCES')) listen(server, 0).then(resolve, reject)
      else reject(error)
    })
    server.listen(port, '127.0.0.1', () => resolve())
  })
}

async function answer(request: IncomingMessage, response: ServerResponse, handler: TwinHandler): Promise<void> {
  const reply = await readRequest(request).then(handler).catch((thrown: unknown): TwinReply => ({ status: 500, body: { error: thrown instanceof Error ? thrown.message : String(thrown) } }))
  if (reply === 'hang' || response.destroyed) return
  const html = typeof reply.body === 'string'
  response.writeHead(reply.status, { ...(reply.body !== undefined && { 'content-type': html ? 'text/html; charset=utf-8' : 'application/json' }), 'cache-control': 'no-store', ...reply.headers })
  response.end(reply.body === undefined ? undefined : html ? reply.body : JSON.stringify(reply.body))
}

async function readRequest(request: IncomingMessage): Promise<TwinRequest> {
  const chunks: Buffer[] = []
  let length = 0
  for await (const chunk of request) {
    const bytes: Buffer = Buffer.from(chunk)
    length += bytes.length
    if (length > maxBodyBytes) throw new Error(`The body is larger than ${maxBodyBytes} bytes`)
    chunks.push(bytes)
  }
  const url = new URL(request.url ?? '/', 'http://twin')
  const headers = Object.fromEntries(Object.entries(request.headers).map(([name, value]) => [name, Array.isArray(value) ? value.join(', ') : value]))
  return { method: request.method ?? 'GET', segments: url.pathname.split('/').filter(Boolean).map(decodeURIComponent), query: url.searchParams, headers, body: Buffer.concat(chunks) }
}
