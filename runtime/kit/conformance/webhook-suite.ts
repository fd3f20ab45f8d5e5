/** Webhook sources: who may send, and what a request says of itself. */
import assert from 'node:assert/strict'
import type { RegisteredSource } from '../../hub.ts'
import { bringToLife } from './life-suite.ts'
import { codeThrownBy, sampleRequests, type Subject } from './subject.ts'

export function describeWebhooks(subject: Subject): void {
  const sources = subject.definition.nodes.filter(node => node.role === 'source' && node.webhook)
  if (sources.length === 0) return

  const withWebhook = async (type: string, look: (webhook: NonNullable<RegisteredSource['webhook']>) => Promise<void>): Promise<void> => {
    const { registry, red } = bringToLife(subject)
    const webhook = registry.sources.get(`node ${type}`)?.webhook
    assert.ok(webhook, `${type} serves webhooks`)
    await look(webhook)
    await red.closeAll()
  }

  for (const source of sources) {
    const requests = sampleRequests(subject, source)

    it(`${source.type} refuses a request with a bad or no signature with 401`, () => withWebhook(source.type, async (webhook) => {
      const [request] = requests
      assert.ok(request, `give an example of ${source.outputs[0]?.type ?? 'its output'}, or nodes["${source.type}"].webhook in the options`)
      const unsigned = await codeThrownBy(() => webhook.verify(request), 'a request without a signature')
      assert.deepEqual([unsigned.code, unsigned.status], ['request.unauthorized', 401])
      const forged = { ...request, headers: new Proxy(request.headers, { get: (headers, name) => typeof name === 'string' ? headers[name] ?? 'forged' : undefined, has: () => true }) }
      assert.equal((await codeThrownBy(() => webhook.verify(forged), 'a request with a forged signature')).code, 'request.unauthorized')
    }))

    it(`${source.type} finds key and event id in its samples`, () => withWebhook(source.type, async (webhook) => {
      for (const request of requests) {
        const described = webhook.describe(request)
        assert.ok(typeof described.key === 'string' && described.key !== '', 'the key of the document')
        assert.ok(described.eventId === null || described.eventId !== '', 'an event id is a text or null')
        assert.equal(typeof described.topic, 'string')
        assert.ok(described.sourceTime === null || !Number.isNaN(Date.parse(described.sourceTime)), 'the source time is an instant')
        if (subject.options.nodes?.[source.type]?.webhook?.headers) assert.ok(described.eventId, 'a request with the vendor\'s headers has an event id')
      }
    }))

    it(`${source.type} answers 400 to what is not JSON, without a crash in accepts`, () => withWebhook(source.type, async (webhook) => {
      const request = { method: 'POST', path: '/in/conformance', url: 'http://localhost/in/conformance', headers: {}, body: Buffer.from('{"half') }
      assert.equal(typeof webhook.accepts(request), 'boolean')
      assert.equal((await codeThrownBy(() => webhook.describe(request), 'half a document')).code, 'request.not-json')
    }))
  }
}
