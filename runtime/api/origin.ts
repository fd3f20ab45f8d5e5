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

export interface OriginCheck {
  /**
   * @throws TorgError `request.forbidden` for a foreign host name while no login is asked for, and for a change or a WebSocket
   * that another site's page asks for.
   */
  (req: Pick<IncomingMessage, 'method' | 'headers'>): void
}

export function createOriginCheck({ open, publicUrl }: OriginRules): OriginCheck {
  const { host: publicHost, origin: publicOrigin } = new URL(publicUrl)
  return ({ method, headers }) => {
    const { host, origin, upgrade } = headers
    if (open && host !== publicHost && !isLocalName(host)) {
      throw new TorgError('request.forbidden', { detail: `The host name "${host ?? ''}" is not one of this machine.`, next: `Use ${publicUrl}, or set PUBLIC_URL to the address you use.` })
    }
    if (safeMethods.has(method ?? '') && upgrade === undefined) return
    const site = headers['sec-fetch-site']
    const isForeign = origin === undefined ? site !== undefined && site !== 'same-origin' && site !== 'none' : !isOwnOrigin(origin, host, publicOrigin)
    if (isForeign) throw new TorgError('request.forbidden', { detail: `A page of ${origin ?? 'another site'} may not do this.`, next: `Open ${publicUrl} itself.` })
  }
}

function isOwnOrigin(text: string, host: string | undefined, publicOrigin: string): boolean {
  if (!URL.canParse(text)) return false
  const given = new URL(text)
  return given.host === host || given.origin === publicOrigin
}

function isLocalName(host: string | undefined): boolean {
  if (host === undefined || !URL.canParse(`http://${host}`)) return false
  return isLoopback(new URL(`http://${host}`).hostname.replace(/^\[|\]$/g, ''))
}
