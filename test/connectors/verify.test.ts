import { expect } from 'chai'
import { createHmac, generateKeyPairSync, sign } from 'node:crypto'
import { TorgError } from '../../runtime/errors.ts'
import type { RawRequest } from '../../runtime/kit/definition.ts'
import { matchesSignature, verifyHmac, verifySharedSecret, verifyStandardWebhook } from '../../runtime/kit/verify.ts'
import type { HmacOptions } from '../../runtime/kit/verify.ts'
import { readSpec } from './support.ts'

interface Vector { vendor: string, scheme: string, secret?: string, secret_base64?: string, headers?: Record<string, string>, body?: string, url?: string, method?: string, signed_string?: string, expected?: string, signature_base?: string }

const vectors = (readSpec('signature-vectors.json') as { vectors: Vector[] }).vectors

const requestOf = ({ headers = {}, body = '', url = 'https://hub.example/in/x', method = 'POST' }: Partial<Vector>): RawRequest => ({
  method, url, path: new URL(url).pathname, body: Buffer.from(body),
  headers: Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value])),
})

type Verify = (vector: Vector, request: RawRequest, secret: string) => void

const hmac = (options: Omit<HmacOptions, 'secrets'>, now?: number): Verify => (_vector, request, secret) => verifyHmac(request, { ...options, secrets: [secret] }, now)

/** How each published scheme is written with the parameters of the generic verifier. */
const verifiers: Record<string, Verify> = {
  slack: hmac({ header: 'X-Slack-Signature', prefix: 'v0=', encoding: 'hex', signed: 'v0:{timestamp}:{body}', timestampHeader: 'X-Slack-Request-Timestamp' }, 1531420618_000),
  hubspot: (vector, request, secret) => verifyHmac(request, { header: 'X-HubSpot-Signature', kind: 'hash', encoding: 'hex', signed: vector.scheme.startsWith('v1') ? '{secret}{body}' : '{secret}{method}{url}{body}', secrets: [secret] }),
  square: hmac({ header: 'x-square-hmacsha256-signature', signed: '{url}{body}' }),
  shopify: hmac({ header: 'X-Shopify-Hmac-Sha256' }),
  'standard-webhooks': (_vector, request, secret) => verifyStandardWebhook(request, { secrets: [secret] }, 1614265330_000),
  'meta/github style (X-Hub-Signature-256)': hmac({ header: 'X-Hub-Signature-256', prefix: 'sha256=', encoding: 'hex' }),
}

const refusal = (act: () => void): TorgError => {
  try {
    act()
  } catch (thrown) {
    if (thrown instanceof TorgError) return thrown
    throw thrown
  }
  throw new Error('it was not refused')
}

describe('webhook verifiers', () => {
  describe('published vectors', () => {
    it('are all here', () => expect(vectors).to.have.length(12))

    vectors.forEach((vector, index) => it(`${index + 1}: ${vector.vendor}: ${vector.scheme.slice(0, 55)}`, () => {
      if (vector.vendor === 'adyen') {
        const scheme = { keyDecoding: 'hex' } as const
        expect(matchesSignature(vector.signed_string ?? '', vector.expected ?? '', vector.secret ?? '', scheme)).to.equal(true)
        expect(matchesSignature(`${vector.signed_string}x`, vector.expected ?? '', vector.secret ?? '', scheme)).to.equal(false)
      } else if (vector.vendor === 'rfc9421') {
        const signature = /:(.+):/.exec(vector.headers?.['Signature'] ?? '')?.[1] ?? ''
        expect(matchesSignature(vector.signature_base ?? '', signature, vector.secret_base64 ?? '', { keyDecoding: 'base64' })).to.equal(true)
      } else {
        const verify = verifiers[vector.vendor]
        if (!verify) throw new Error(`no verifier is written for ${vector.vendor}`)
        const secret = vector.secret ?? ''
        verify(vector, requestOf(vector), secret)
        expect(refusal(() => verify(vector, requestOf({ ...vector, body: `${vector.body} ` }), secret)).code).to.equal('request.unauthorized')
        const wrong = secret.startsWith('whsec_') ? `whsec_${Buffer.from('another secret, quite long').toString('base64')}` : `${secret}x`
        expect(refusal(() => verify(vector, requestOf(vector), wrong)).code).to.equal('request.unauthorized')
      }
    }))
  })

  describe('verifyHmac', () => {
    const secret = 'old-secret-of-the-shop'
    const body = '{"a":1}'
    const signature = createHmac('sha256', secret).update(body).digest('base64')

    it('accepts any of several secrets, and any of several signatures', () => {
      verifyHmac(requestOf({ body, headers: { s: `bm9wZQ==, ${signature}` } }), { header: 's', secrets: ['the-new-one', secret] })
    })
    it('works on raw bytes, not on text', () => {
      const bytes = Buffer.from([0xff, 0x00, 0xfe])
      const request = { ...requestOf({ headers: { s: createHmac('sha256', secret).update(bytes).digest('hex') } }), body: bytes }
      verifyHmac(request, { header: 's', encoding: 'hex', secrets: [secret] })
    })
    it('refuses without a configured secret, even with a signature made with the empty one', () => {
      const forged = createHmac('sha256', '').update(body).digest('base64')
      expect(refusal(() => verifyHmac(requestOf({ body, headers: { s: forged } }), { header: 's', secrets: ['', ''] })).message).to.contain('No secret is configured')
    })
    it('refuses a missing, empty, cut or overlong signature', () => {
      for (const given of [undefined, '', ' ', signature.slice(0, 20), `${signature}AAAA`, `!${signature}`, 'x'.repeat(100_000)]) {
        const headers: Record<string, string> = given === undefined ? {} : { s: given }
        expect(refusal(() => verifyHmac(requestOf({ body, headers }), { header: 's', secrets: [secret] })).code).to.equal('request.unauthorized')
      }
    })
    it('refuses what is too old or from the future, in seconds and milliseconds', () => {
      const now = 1_700_000_000_000
      const at = (timestamp: string): RawRequest => requestOf({ body, headers: { t: timestamp, s: createHmac('sha256', secret).update(`${timestamp}.${body}`).digest('hex') } })
      const options = { header: 's', encoding: 'hex', signed: '{timestamp}.{body}', timestampHeader: 't', toleranceSeconds: 60, secrets: [secret] } as const
      for (const good of ['1700000000', '1699999941', '1700000059', '1700000000000']) verifyHmac(at(good), options, now)
      for (const bad of ['1699999900', '1700000100', '1699999900000', 'yesterday', '']) expect(refusal(() => verifyHmac(at(bad), options, now)).code).to.equal('request.unauthorized')
    })
    it('reads time and signature from one header', () => {
      const now = 1_700_000_000_000
      const signed = createHmac('sha256', secret).update(`1700000000.${body}`).digest('hex')
      verifyHmac(requestOf({ body, headers: { s: `t=1700000000,v1=${signed},v0=abc` } }), { header: 's', encoding: 'hex', prefix: 'v1=', timestampPrefix: 't=', signed: '{timestamp}.{body}', secrets: [secret] }, now)
    })
    it('signs method, path and named headers too', () => {
      const signed = createHmac('sha256', secret).update('POST /in/x abc').digest('base64')
      verifyHmac(requestOf({ headers: { s: signed, 'X-Id': 'abc' } }), { header: 's', signed: '{method} {path} {header:X-Id}', secrets: [secret] })
    })
    it('never tells the secret or the right signature', () => {
      const error = refusal(() => verifyHmac(requestOf({ body, headers: { s: 'bm9wZQ==' } }), { header: 's', secrets: [secret] }))
      const said = JSON.stringify(error) + error.message + error.stack
      expect(said).not.to.contain(secret)
      expect(said).not.to.contain(signature)
    })
  })

  describe('verifyStandardWebhook', () => {
    const now = 1_700_000_000_000
    const key = Buffer.from('a key of twenty-four byte')
    const secret = `whsec_${key.toString('base64')}`
    const body = '{"type":"order.created"}'
    const signed = `msg_1.1700000000.${body}`
    const request = (signature: string, timestamp = '1700000000'): RawRequest => requestOf({ body, headers: { 'webhook-id': 'msg_1', 'webhook-timestamp': timestamp, 'webhook-signature': signature } })

    it('accepts one good signature among several', () => {
      verifyStandardWebhook(request(`v1,bm9wZQ== v2,whatever v1,${createHmac('sha256', key).update(signed).digest('base64')}`), { secrets: [secret] }, now)
    })
    it('accepts an Ed25519 signature (v1a) under a public key only', () => {
      const pair = generateKeyPairSync('ed25519')
      const publicKey = `whpk_${pair.publicKey.export({ format: 'der', type: 'spki' }).subarray(-32).toString('base64')}`
      const signature = `v1a,${sign(null, Buffer.from(signed), pair.privateKey).toString('base64')}`
      verifyStandardWebhook(request(signature), { secrets: [publicKey] }, now)
      expect(refusal(() => verifyStandardWebhook(request(signature), { secrets: [secret] }, now)).code).to.equal('request.unauthorized')
    })
    it('does not take a public key for an HMAC secret', () => {
      const publicKey = Buffer.alloc(32, 7).toString('base64')
      const forged = createHmac('sha256', Buffer.from(publicKey, 'base64')).update(signed).digest('base64')
      expect(refusal(() => verifyStandardWebhook(request(`v1,${forged}`), { secrets: [`whpk_${publicKey}`] }, now)).code).to.equal('request.unauthorized')
    })
    it('refuses an old one', () => {
      expect(refusal(() => verifyStandardWebhook(request('v1,x', '1699999000'), { secrets: [secret] }, now)).message).to.contain('1000 s ago')
    })
  })

  describe('verifySharedSecret', () => {
    it('compares the whole value behind its prefix', () => {
      const options = { header: 'Authorization', prefix: 'Bearer ', secrets: ['key-1', 'key-2'] }
      verifySharedSecret(requestOf({ headers: { Authorization: 'Bearer key-2' } }), options)
      for (const given of ['key-2', 'Bearer key', 'Bearer key-22', 'bearer key-2', 'Bearer ']) expect(refusal(() => verifySharedSecret(requestOf({ headers: { Authorization: given } }), options)).code).to.equal('request.unauthorized')
    })
  })
})
