/** How answers of the system become error classes, against a small HTTP server. */
import assert from 'node:assert/strict'
import { pino } from 'pino'
import type { StepHandler, System } from '../definition.ts'
import { createHttp, type Auth } from '../http.ts'
import { startAnsweringServer, type AnsweringServer } from './answering-server.ts'
import { createStubHub, createStubRun } from './stub-hub.ts'
import { codeThrownBy, examplesOf, runtimeConfig, type Subject } from './subject.ts'

export function describeFailures(subject: Subject): void {
  const { definition, types } = subject
  const { system: systemDefinition } = definition
  const systemType = types.find(({ role }) => role === 'system')
  if (!systemDefinition?.http || !systemType) return
  const http = systemDefinition.http.bind(systemDefinition)

  describe('against a system that fails', () => {
    let server: AnsweringServer
    before(async () => { server = await startAnsweringServer() })
    after(() => server.close())

    function connect(): System {
      const config = runtimeConfig(subject, systemType ?? types[0] ?? assert.fail())
      const options = http(config)
      const client = createHttp({ ...options, baseUrl: server.url, auth: redirect(options.auth, server.url), log: pino({ level: 'silent' }), systemKey: 'conformance' })
      return { key: 'conformance', connector: definition.name, config, http: client }
    }

    /** A call per sink; the system's own client where there is none. */
    function calls(): [string, () => unknown][] {
      const sinks = types.flatMap((type): [string, () => unknown][] => {
        const { definition: node } = type
        if (node?.role !== 'sink') return []
        const { hub } = createStubHub()
        const created = node.create({ id: 'node', name: undefined, config: runtimeConfig(subject, type), system: connect(), hub, log: hub.log, status: () => undefined })
        const handle: StepHandler = typeof created === 'function' ? created : created.handle
        const payload = subject.options.nodes?.[type.type]?.payload ?? examplesOf(subject, type.inputs[0]?.type)[0]?.payload ?? { id: '1' }
        return [[type.type, () => handle({ payload }, createStubRun())]]
      })
      return sinks.length > 0 ? sinks : [['its HTTP client', () => connect().http.request({ method: 'GET', path: '/' })]]
    }

    async function expectCode(status: number, headers: Record<string, string>, code: string, errorClass: string): Promise<void> {
      for (const [name, call] of calls()) {
        server.answer(status, headers)
        const before = server.requests.length
        const error = await codeThrownBy(call, `${name}, when the system answers ${status}`)
        assert.ok(server.requests.length > before, `${name} asked the system; give nodes["${name}"].config and .payload in the options if it had nothing to send (it threw ${error.code}: ${error.message})`)
        assert.equal(server.requests.length, before + 1, `${name} does not retry by itself`)
        assert.deepEqual([error.code, error.class], [code, errorClass], `${name}, when the system answers ${status}`)
        if (headers['retry-after']) assert.equal(error.retryAfterMs, Number(headers['retry-after']) * 1000, `${name} keeps Retry-After`)
      }
    }

    it('429 with Retry-After is throttled, with the time', () => expectCode(429, { 'retry-after': '7' }, 'system.throttled', 'transient'))
    it('503 is transient', () => expectCode(503, {}, 'system.unavailable', 'transient'))
    it('500 is transient', () => expectCode(500, {}, 'system.unavailable', 'transient'))
    it('422 is permanent', () => expectCode(422, {}, 'system.refused', 'permanent'))
    it('401 is about credentials', () => expectCode(401, {}, 'system.credentials', 'permanent'))

    it('a system that cannot be reached is transient', async () => {
      const gone = await startAnsweringServer()
      await gone.close()
      const config = runtimeConfig(subject, systemType)
      const client = createHttp({ ...http(config), baseUrl: gone.url, auth: { type: 'none' }, log: pino({ level: 'silent' }), systemKey: 'conformance' })
      const error = await codeThrownBy(() => client.request({ method: 'GET', path: '/' }), 'nobody listens')
      assert.deepEqual([error.code, error.class], ['system.unavailable', 'transient'])
    })

    if (systemDefinition.check) {
      it('bad credentials are found by its check', async () => {
        server.answer(401)
        const error = await codeThrownBy(() => systemDefinition.check?.(connect(), new AbortController().signal), 'check, when the system answers 401')
        assert.equal(error.code, 'system.credentials')
      })
      it('a system that answers passes its check', async () => {
        server.answer(200, {}, {})
        await systemDefinition.check?.(connect(), new AbortController().signal)
      })
    }
  })
}

/** Logins go to the stand-in too. */
const redirect = (auth: Auth, url: string): Auth => auth.type === 'oauth2' ? { ...auth, tokenUrl: `${url}/conformance-token` } : auth
