/** Ports for servers that tests start as processes of their own. */
import { createServer } from 'node:net'

/** A loopback port that was free a moment ago. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer().once('error', reject).listen(0, '127.0.0.1', () => {
      const address = server.address()
      server.close(() => { if (address && typeof address === 'object') resolve(address.port) })
    })
  })
}
