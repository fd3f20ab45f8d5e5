/** The stand-in starts, answers and is gone. */
import assert from 'node:assert/strict'
import { createServer } from 'node:net'
import { pino } from 'pino'
import { secretOf, type Subject } from './subject.ts'

export function describeTwin({ definition, options, types }: Subject): void {
  const { twin: startTwin } = definition
  if (!startTwin) return

  it('has a twin that starts, answers and stops', async () => {
    const secrets = Object.fromEntries(types.filter(({ role }) => role === 'system').flatMap(({ fields }) => Object.entries(fields)).filter(([, field]) => field.type === 'secret').map(([name]) => [name, secretOf(name)]))
    const twin = await startTwin.call(definition, { system: 'conformance', port: await findFreePort(), secrets: options.twinSecrets ?? secrets, log: pino({ level: 'silent' }) })
    try {
      const { hostname } = new URL(twin.url)
      assert.ok(['127.0.0.1', 'localhost', '[::1]'].includes(hostname), `it listens on loopback only, not on ${hostname}`)
      const answer = await fetch(twin.url, { signal: AbortSignal.timeout(5000) })
      await answer.arrayBuffer()
      assert.ok(answer.status < 500, `it answers, with ${answer.status}`)
    } finally {
      await twin.close()
    }
    await assert.rejects(fetch(twin.url, { signal: AbortSignal.timeout(5000) }), 'it is gone after close')
  })
}

function findFreePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer().once('error', reject)
    probe.listen({ port: 0, host: '127.0.0.1' }, () => {
      const bound = probe.address()
      probe.close(() => { if (typeof bound === 'object' && bound) resolve(bound.port); else reject(new Error('no port')) })
    })
  })
}
