/** Other web pages must not use a browser's reach into the hub. */
import type { IncomingMessage } from 'node:http'
import { TorgError } from '../errors.ts'
import { isLoopback } from '../settings.ts'

export interface OriginRules {
  /** No login is asked for: then only names of this machine may be used, against DNS rebinding. */
  open: boolean
  publicUrl: string
}

const safeMethods = new Set(['GET', 'HEAD', 'OPTIONS'])

/**
 * @throws TorgError `request.forbidden` for a foreign host name while no login is asked for, and for a change or a WebSocket
 * that another site's page asks for.
 */
export function checkOrigin(req: Pick<IncomingMessage, 'method' | 'headers'>, { open, publicUrl }: OriginRules): void {
  const { host, origin, upgrade } = req.headers
  const publicHost = new URL(publicUrl).host
  const isOwnHost = host === publicHost
  if (open && !isOwnHost && !isLocalName(host)) {
    throw new TorgError('request.forbidden', { detail: `The host name "${host ?? ''}" is not one of this machine.`, next: `Use ${publicUrl}, or set PUBLIC_URL to the address you use.` })
  }
  if (safeMethods.has(req.method ?? '') && upgrade === undefined) return
  const site = req.headers['sec-fetch-site']
  const isForeign = origin === undefined ? site !== undefined && site !== 'same-origin' && site !== 'none' : !isOwnOrigin(origin, host, publicUrl)
  if (isForeign) throw new TorgError('request.forbidden', { detail: `A page of ${origin ?? 'another site'} may not do this.`, next: `Open ${publicUrl} itself.` })
}

function isOwnOrigin(origin: string, host: string | undefined, publicUrl: string): boolean {
  if (!URL.canParse(origin)) return false
  return new URL(origin).host === host || new URL(origin).origin === new URL(publicUrl).origin
}

function isLocalName(host: string | undefined): boolean {
  if (host === undefined || !URL.canParse(`http://${host}`)) return false
  return isLoopback(new URL(`http://${host}`).hostname.replace(/^\[|\]$/g, ''))
}
