/**
 * Verifies that a webhook comes from who holds the secret. Every verifier returns without a word or throws
 * `request.unauthorized`, whose text never holds a secret or the signature that would have been right.
 */
import { createHash, createHmac, createPublicKey, createSecretKey, timingSafeEqual, type KeyObject, verify as verifySignature } from 'node:crypto'
import type { RawRequest } from './definition.ts'
import { TorgError } from '../errors.ts'

export type SignatureEncoding = 'hex' | 'base64' | 'base64url'

/** How a keyed hash over some bytes is made and written down. */
export interface HmacScheme {
  /** @defaultValue 'sha256' */
  algorithm?: 'sha1' | 'sha256' | 'sha384' | 'sha512'
  /** How the signature is written. @defaultValue 'base64' */
  encoding?: SignatureEncoding
  /** How the secret's text becomes the key. @defaultValue 'utf8' */
  keyDecoding?: 'utf8' | 'hex' | 'base64'
  /** `hash` is a plain digest of a signed string that itself holds `{secret}` (older schemes). @defaultValue 'hmac' */
  kind?: 'hmac' | 'hash'
}

export interface HmacOptions extends HmacScheme {
  /** Header that carries the signature; several, separated by blanks or commas, may stand in it. */
  header: string
  /** Text before each signature, for example `sha256=` or `v0=`. Values with another prefix are passed over. */
  prefix?: string
  /**
   * What is signed, with `{body}` (raw bytes), `{timestamp}`, `{url}` (full, from PUBLIC_URL), `{path}` (with query),
   * `{method}`, `{header:<name>}` and, for `hash`, `{secret}`. @defaultValue '{body}'
   */
  signed?: string
  /** Header with the time of sending, in seconds or milliseconds since 1970. Needed for `{timestamp}` and the tolerance. */
  timestampHeader?: string
  /** Where the time stands in the same header as the signature (`t=1614265330,v1=…`): its prefix. */
  timestampPrefix?: string
  /** Requests older or younger than this are refused, so that a recorded one cannot be sent again. @defaultValue 300 */
  toleranceSeconds?: number
  /** Any of them will do: the new one and the old one while a secret is exchanged. Empty ones never match. */
  secrets: readonly string[]
}

/** Refuses a request unless its keyed hash holds for one of the secrets. `now` is in milliseconds. */
export function verifyHmac(request: RawRequest, options: HmacOptions, now: number = Date.now()): void {
  const given = headerOf(request, options.header)
  const timestamp = timestampOf(request, options)
  if (timestamp !== undefined) checkAge(timestamp, options.toleranceSeconds ?? 300, now)
  const prefix = options.prefix ?? ''
  const signatures = given.split(/[\s,]+/).filter(part => part.startsWith(prefix)).map(part => part.slice(prefix.length))
  const matches = usable(options.secrets).some(secret => {
    const bytes = signedBytes(request, options.signed ?? '{body}', { timestamp, secret })
    return signatures.some(signature => matchesSignature(bytes, signature, secret, options))
  })
  if (!matches) throw refused(`the signature in ${options.header} does not hold`)
}

/** Whether a signature holds over these bytes; compares raw bytes in constant time. */
export function matchesSignature(bytes: Uint8Array | string, signature: string, secret: string, scheme: HmacScheme = {}): boolean {
  if (secret === '') return false
  const given = decodeSignature(signature, scheme.encoding ?? 'base64')
  const algorithm = scheme.algorithm ?? 'sha256'
  const expected = scheme.kind === 'hash'
    ? createHash(algorithm).update(bytes).digest()
    : createHmac(algorithm, keyOf(secret, scheme.keyDecoding ?? 'utf8')).update(bytes).digest()
  return given !== null && given.length === expected.length && timingSafeEqual(given, expected)
}

/** Keys made of the last secrets: making one costs as much as using it. */
const keys = new Map<string, KeyObject>()
const mostKeys = 200

function keyOf(secret: string, decoding: 'utf8' | 'hex' | 'base64'): KeyObject {
  const name = `${decoding} ${secret}`
  const known = keys.get(name)
  if (known) return known
  if (keys.size >= mostKeys) keys.clear()
  const key = createSecretKey(Buffer.from(secret, decoding))
  keys.set(name, key)
  return key
}

/**
 * Standard Webhooks: headers `webhook-id`, `webhook-timestamp`, `webhook-signature`; secrets `whsec_…` (HMAC, `v1`)
 * or public keys `whpk_…` (Ed25519, `v1a`). https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
 */
export function verifyStandardWebhook(request: RawRequest, options: { secrets: readonly string[], toleranceSeconds?: number }, now: number = Date.now()): void {
  const id = headerOf(request, 'webhook-id')
  const timestamp = headerOf(request, 'webhook-timestamp')
  const signatures = headerOf(request, 'webhook-signature').split(/\s+/).map(part => ({ version: part.slice(0, part.indexOf(',')), value: part.slice(part.indexOf(',') + 1) }))
  checkAge(timestamp, options.toleranceSeconds ?? 300, now)
  const bytes = Buffer.concat([Buffer.from(`${id}.${timestamp}.`), request.body])
  const matches = usable(options.secrets).some(secret => signatures.some(({ version, value }) => {
    if (version === 'v1' && !secret.startsWith('whpk_')) return matchesSignature(bytes, value, secret.replace(/^whsec_/, ''), { keyDecoding: 'base64' })
    return version === 'v1a' && secret.startsWith('whpk_') && matchesEd25519(bytes, value, secret.slice('whpk_'.length))
  }))
  if (!matches) throw refused('the signature in webhook-signature does not hold')
}

/** A secret that the sender puts into a header as it is, perhaps behind a prefix such as `Bearer `. */
export function verifySharedSecret(request: RawRequest, options: { header: string, prefix?: string, secrets: readonly string[] }): void {
  const given = headerOf(request, options.header)
  const prefix = options.prefix ?? ''
  const value = given.startsWith(prefix) ? given.slice(prefix.length) : ''
  // Digests are compared, so that the time tells nothing of the secret's length either.
  const digest = (text: string): Buffer => createHash('sha256').update(text).digest()
  if (!usable(options.secrets).some(secret => timingSafeEqual(digest(value), digest(secret)))) throw refused(`the key in ${options.header} is not the right one`)
}

function usable(secrets: readonly string[]): string[] {
  const kept = secrets.filter(secret => secret !== '')
  if (kept.length === 0) throw new TorgError('request.unauthorized', { detail: 'No secret is configured for webhooks of this system, so none is accepted', next: 'Set the webhook secret of the system and deploy.' })
  return kept
}

function headerOf(request: RawRequest, name: string): string {
  const value = request.headers[name.toLowerCase()]
  if (value === undefined || value === '') throw refused(`the header ${name} is missing`)
  return value
}

function timestampOf(request: RawRequest, options: HmacOptions): string | undefined {
  if (options.timestampPrefix) {
    const prefix = options.timestampPrefix
    const part = headerOf(request, options.header).split(/[\s,]+/).find(piece => piece.startsWith(prefix))
    if (part === undefined) throw refused(`the header ${options.header} holds no time behind ${prefix}`)
    return part.slice(prefix.length)
  }
  return options.timestampHeader ? headerOf(request, options.timestampHeader) : undefined
}

function checkAge(timestamp: string, toleranceSeconds: number, now: number): void {
  const given = /^\d{1,16}$/.test(timestamp) ? Number(timestamp) : Date.parse(timestamp)
  if (Number.isNaN(given)) throw refused('its time is not a time')
  const ms = /^\d{1,11}$/.test(timestamp) ? given * 1000 : given
  const ageSeconds = Math.round((now - ms) / 1000)
  if (Math.abs(ageSeconds) > toleranceSeconds) throw refused(`it was sent ${Math.abs(ageSeconds)} s ${ageSeconds > 0 ? 'ago' : 'in the future'}, more than the ${toleranceSeconds} s allowed`)
}

function signedBytes(request: RawRequest, template: string, known: { timestamp: string | undefined, secret: string }): Buffer {
  const pieces = template.split(/(\{[a-z]+(?::[A-Za-z0-9-]+)?\})/).map(piece => {
    if (piece === '{body}') return request.body
    if (piece === '{timestamp}') {
      if (known.timestamp === undefined) throw refused('its time is missing')
      return Buffer.from(known.timestamp)
    }
    if (piece === '{url}') return Buffer.from(request.url)
    if (piece === '{path}') return Buffer.from(request.path)
    if (piece === '{method}') return Buffer.from(request.method)
    if (piece === '{secret}') return Buffer.from(known.secret)
    if (piece.startsWith('{header:')) return Buffer.from(headerOf(request, piece.slice('{header:'.length, -1)))
    return Buffer.from(piece)
  })
  return Buffer.concat(pieces)
}

/** Null where the text is not written as it should be: Node's decoder would skip what it does not know. */
function decodeSignature(text: string, encoding: SignatureEncoding): Buffer | null {
  const shape = { hex: /^(?:[0-9a-f]{2})+$/i, base64: /^[A-Za-z0-9+/]+={0,2}$/, base64url: /^[A-Za-z0-9_-]+={0,2}$/ }[encoding]
  return shape.test(text) ? Buffer.from(text, encoding) : null
}

/** The fixed head of an Ed25519 public key in SPKI form (RFC 8410), before its 32 bytes. */
const spkiHead = Buffer.from('302a300506032b6570032100', 'hex')

function matchesEd25519(bytes: Buffer, signature: string, publicKey: string): boolean {
  const key = decodeSignature(publicKey, 'base64')
  const given = decodeSignature(signature, 'base64')
  if (key?.length !== 32 || given?.length !== 64) return false
  return verifySignature(null, bytes, createPublicKey({ key: Buffer.concat([spkiHead, key]), format: 'der', type: 'spki' }), given)
}

function refused(reason: string): TorgError {
  return new TorgError('request.unauthorized', { detail: `The webhook was refused: ${reason}`, next: 'Compare the secret of the system with the one shown by the sender.' })
}
