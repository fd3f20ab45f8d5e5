/** Opening and closing an HTTP server. */
import type { Server } from 'node:http'
import { TorgError } from './errors.ts'

/**
 * Listens on an address; `setting` names the variable with the port.
 * @throws TorgError `settings.invalid` where it cannot be had
 */
export function listen(server: Server, { host, port, setting }: { host: string, port: number, setting: string }): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (cause: NodeJS.ErrnoException) => {
      reject(new TorgError('settings.invalid', cause.code === 'EADDRINUSE'
        ? { detail: `Port ${port} on ${host} is taken.`, next: `Stop what listens there, or choose another port with ${setting}.`, cause }
        : { detail: `It is not possible to listen on ${host}:${port}: ${cause.message}.`, next: `Correct TORG_HOST or ${setting}.`, cause }))
    })
    server.listen(port, host, () => { server.removeAllListeners('error'); resolve() })
  })
}

/** Ends open connections too. */
export function closeServer(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => { resolve() })
    server.closeAllConnections()
  })
}
