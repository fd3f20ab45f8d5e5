import { expect } from 'chai'
import { kinds } from '../../runtime/model/index.ts'
import { configure, openTestStore, type TestStore } from '../store/support.ts'
import { call, startApi, type Answer, type RunningApi } from './harness.ts'

const times = 100

/** Two callers who have read the same version, at two processes of one database. */
describe('two changes for the same version at the same moment', () => {
  let opened: TestStore
  const apis: RunningApi[] = []
  let key: string
  before(async () => {
    opened = await openTestStore()
    for (const store of [opened.store, await opened.another()]) {
      await configure(store, [], { kinds: Object.fromEntries([...kinds].map(([name, { rules }]) => [name, rules])) })
      apis.push(await startApi({ store }))
    }
    key = String((await call(`${apis[0]?.url ?? ''}/api/v1/keys`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ name: 'CRM', scopes: ['read:*', 'write:*'], system: 'crm' }) })).json()['key'])
  })
  after(async () => {
    for (const api of apis) await api.close()
    await opened.close()
  })

  const send = (at: number, method: string, path: string, body?: unknown, headers: Record<string, string> = {}): Promise<Answer> => call(`${apis[at]?.url ?? ''}/api/v1/${path}`, {
    method, headers: { 'authorization': `Bearer ${key}`, 'content-type': 'application/json', ...headers }, ...(body !== undefined && { body: JSON.stringify(body) }),
  })

  for (const [where, other] of [['two processes', 1], ['one process', 0]] as const) {
    it(`at ${where}: exactly one wins, the other is told 412, and nothing is lost`, async () => {
      const { id } = (await send(0, 'POST', 'customers', { ...kinds.get('customer')?.example, emails: undefined, phones: undefined, loyalty: undefined, refs: [{ id: `of ${where}` }] })).json()
      const path = `customers/${String(id)}`
      for (let n = 1; n <= times; n += 1) {
        const version = { 'if-match': `"${2 * n - 1}"` }
        const changes = [{ homeStore: `store-${n}` }, { priceGroup: `group-${n}` }] as const
        const answers = await Promise.all([send(0, 'PATCH', path, changes[0], version), send(other, 'PATCH', path, changes[1], version)])
        expect(answers.map(({ status }) => status), `round ${n}`).to.have.members([200, 412])
        const loser = answers.findIndex(({ status }) => status === 412)
        const refused = answers[loser]
        expect(refused?.json(), 'problem+json').to.include({ status: 412 })
        // Who lost reads again, and changes what is there now.
        const now = await send(loser, 'GET', path)
        expect(now.headers.etag).to.equal(`"${2 * n}"`)
        expect(now.json()).to.include(changes[1 - loser] ?? {})
        expect((await send(other, 'PATCH', path, changes[loser], { 'if-match': String(now.headers.etag) })).status).to.equal(200)
        expect((await send(0, 'GET', path)).json()).to.include({ version: 2 * n + 1, ...changes[0], ...changes[1] })
      }
    }).timeout(90_000)
  }
})
