/** Requests made from the OpenAPI document, right ones broken at random: whatever is sent, the hub answers below 500 and goes on. */
import { expect } from 'chai'
import { openApiDocument } from '../../runtime/api/openapi/document.ts'
import { kinds } from '../../runtime/model/index.ts'
import { openTestStore, type TestStore } from '../store/support.ts'
import { call, startApi, type RunningApi } from './harness.ts'

const seed = Number(process.env['TORG_SEED'] ?? 20_260_301)
const requests = Number(process.env['TORG_FUZZ'] ?? 400)

/** Numbers from 0 to below 1, the same for the same seed: https://en.wikipedia.org/wiki/Linear_congruential_generator with the numbers of Numerical Recipes. */
function createRandom(start: number): () => number {
  let state = start >>> 0
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return state / 2 ** 32
  }
}

type Json = Record<string, unknown>
const isObject = (value: unknown): value is Json => typeof value === 'object' && value !== null && !Array.isArray(value)

const odd: unknown[] = [
  null, true, 0, -1, 1e308, 1e-7, 2 ** 53, '', ' ', 'x', '\0', '\ud800', '🦀', 'a'.repeat(5_000), '2026-02-30T25:00:00Z', '2026-01-01', '-0', '1e5', '99999999999999999999.99', '__proto__', 'constructor', '../../etc/passwd',
  '\' or 1=1 --', [], {}, [[]], [null], { id: null }, { ref: {} }, { id: 'x', ref: { id: 'y' } }, { __proto__: { a: 1 } }, { amount: 'NaN', currency: 'NOK' }, { value: '1', unit: 'H87' }, Array.from({ length: 300 }, () => ({})),
]

describe('generated requests', () => {
  let opened: TestStore
  let api: RunningApi
  before(async () => {
    opened = await openTestStore()
    await opened.store.configure({ subscriptions: [], roles: { of: () => undefined }, kinds: new Map([...kinds].map(([name, kind]) => [name, kind.rules])) })
    api = await startApi({ store: opened.store })
  })
  after(async () => {
    await api.close()
    await opened.close()
  })

  it(`are all answered below 500 (TORG_SEED=${seed})`, async () => {
    const random = createRandom(seed)
    const pick = <One>(list: readonly One[]): One => list[Math.floor(random() * list.length)] ?? list[0] as One
    const ids: string[] = ['0190f000-0000-7000-8000-000000000000']

    /** The value with something in it replaced, removed or added. */
    const broken = (value: unknown, depth = 0): unknown => {
      if (depth > 6 || random() < 0.15) return pick(odd)
      if (Array.isArray(value)) return random() < 0.2 ? [...value, ...value, pick(odd)] : value.map(item => random() < 0.5 ? broken(item, depth + 1) : item)
      if (!isObject(value)) return pick(odd)
      const names = Object.keys(value)
      const name = pick(names)
      if (random() < 0.15) return { ...value, [pick(['__proto__', 'unknown', 'refs', 'id', 'status', 'ext', 'a/b~c', '\0'])]: pick(odd) }
      if (random() < 0.1) return Object.fromEntries(Object.entries(value).filter(([key]) => key !== name))
      return { ...value, [name]: broken(value[name], depth + 1) }
    }

    const { paths } = openApiDocument({ kinds, version: '1.0.0', publicUrl: 'https://hub.example' }) as { paths: Record<string, Record<string, Json>> }
    const operations = Object.entries(paths).flatMap(([path, methods]) => Object.entries(methods).filter(([method]) => method !== 'parameters').map(([method, operation]) => ({ path, method: method.toUpperCase(), operation })))
    const send = async (count: number): Promise<void> => {
      for (let index = 0; index < count; index++) {
        const { path, method, operation } = pick(operations)
        const parameters = Array.isArray(operation['parameters']) ? operation['parameters'].filter(isObject) : []
        const value = (): string => {
          const chosen = random() < 0.5 ? pick(odd) : pick([pick(ids), '1', 'true', 'web/order/1', '2026-01-01T00:00:00Z', '"1"', '*'])
          return typeof chosen === 'string' ? chosen : JSON.stringify(chosen)
        }
        const query = new URLSearchParams(parameters.filter(({ in: where }) => where === 'query' && random() < 0.3).map(({ name }) => [String(name), value().slice(0, 1_000)]))
        const headers = Object.fromEntries(parameters.filter(({ in: where }) => where === 'header' && random() < 0.2).map(({ name }) => [String(name), value().replaceAll(/[^\x20-\x7e]/g, '?').slice(0, 300)]))
        const content = isObject(operation['requestBody']) && isObject(operation['requestBody']['content']) ? operation['requestBody']['content']['application/json'] : undefined
        const example = isObject(content) ? content['example'] ?? {} : undefined
        const valid = isObject(example) ? { ...example, ...'refs' in example && { refs: [{ id: String(Math.floor(random() * 20)) }] } } : example
        const text = valid === undefined ? undefined : random() < 0.05 ? JSON.stringify(valid).slice(0, -3) : JSON.stringify(random() < 0.3 ? valid : broken(valid))
        const at = path.replace('{id}', encodeURIComponent((random() < 0.8 ? pick(ids) : value()).toWellFormed().slice(0, 500)))
        const url = `${api.url}${at}${query.size > 0 ? `?${query}` : ''}`
        const answer = await call(url, { method, headers: { 'content-type': 'application/json', ...headers }, ...(text !== undefined && { body: text }) })
        const told = `${method} ${url.slice(0, 300)} ${JSON.stringify(headers)} ${text?.slice(0, 2_000) ?? ''} -> ${answer.status} ${answer.text.slice(0, 500)}`
        expect(answer.status, told).to.be.below(500)
        if (answer.status >= 400 && answer.status !== 404) expect(answer.headers['content-type'], told).to.equal('application/problem+json')
        if (answer.status === 201) ids.push(String(answer.json()['id']))
        if (answer.status === 422) expect(answer.json(), told).to.include.keys('detail', 'next')
      }
    }
    await Promise.all(Array.from({ length: 4 }, () => send(requests / 4)))
    expect(ids.length, 'some were right').to.be.greaterThan(5)
    expect((await call(`${api.url}/health`)).status).to.equal(200)
  }).timeout(120_000)
})
