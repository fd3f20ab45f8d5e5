/** A system that answers every request the same way. */
import { createServer, type IncomingMessage } from 'node:http'

export interface AnsweringServer {
  url: string
  /** What was asked of it. */
  requests: { method: string, path: string }[]
  /** From now on it answers like this. */
  answer(status: number, headers?: Record<string, string>, body?: unknown): void
  close(): Promise<void>
}

/** Starts it on a free port of loopback. A request for `/conformance-token` gets an OAuth2 token. */
export async function startAnsweringServer(): Promise<AnsweringServer> {
  let next = { status: 200, headers: {}, body: JSON.stringify({}) }
  const requests: AnsweringServer['requests'] = []
  const server = createServer((request: IncomingMessage, response) => {
    request.resume().once('end', () => {
      if (request.url?.startsWith('/conformance-token')) {
        response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ access_token: 'conformance', token_type: 'Bearer', expires_in: 3600 }))
        return
      }
      requests.push({ method: request.method ?? '', path: request.url ?? '' })
      response.writeHead(next.status, { 'content-type': 'application/json', ...next.headers }).end(next.body)
    })
  })
  await new Promise<void>((resolve) => { server.listen(0, '127.0.0.1', resolve) })
  const address = server.address()
  if (typeof address !== 'object' || address === null) throw new Error('the server has no port')
  return {
    url: `http://127.0.0.1:${address.port}`,
    requests,
    answer(status, headers = {}, body = {}) { next = { status, headers, body: JSON.stringify(body) } },
    close: () => new Promise((resolve) => {
      server.close(() => resolve())
      server.closeAllConnections()
    }),
  }
}
