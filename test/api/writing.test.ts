import { expect } from 'chai'
import { kinds } from '../../runtime/model/index.ts'
import { compileRoles } from '../../runtime/project/index.ts'
import { openTestStore, type TestStore } from '../store/support.ts'
import { call, startApi, type Answer, type RunningApi } from './harness.ts'

const example = (kind: string): Record<string, unknown> => ({ ...kinds.get(kind)?.example })
const roles = compileRoles([{ kind: 'customer', field: 'homeStore', masters: ['crm'] }])

describe('writing records over HTTP', () => {
  let opened: TestStore
  let api: RunningApi
  const keys = new Map<string, string>()
  before(async () => {
    opened = await openTestStore()
    await opened.store.configure({ subscriptions: [], roles, kinds: new Map([...kinds].map(([name, kind]) => [name, kind.rules])) })
    api = await startApi({ store: opened.store })
    for (const [name, scopes] of [['crm', ['read:*', 'write:*']], ['shop', ['read:customer', 'write:customer']], ['blind', ['write:customer']]] as const) {
      const answer = await call(`${api.url}/api/v1/keys`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ name, scopes, system: name }) })
      keys.set(name, String(answer.json()['key']))
    }
  })
  after(async () => {
    await api.close()
    await opened.close()
  })

  const send = (method: string, path: string, body?: unknown, headers: Record<string, string> = {}, as = 'crm'): Promise<Answer> => call(`${api.url}/api/v1/${path}`, {
    method, headers: { authorization: `Bearer ${keys.get(as) ?? ''}`, 'content-type': 'application/json', ...headers }, ...(body !== undefined && { body: JSON.stringify(body) }),
  })
  let count = 0
  const made = async (): Promise<{ id: string, ref: string }> => {
    const ref = `c${++count}`
    return { id: String((await send('POST', 'customers', { ...example('customer'), refs: [{ id: ref }] })).json()['id']), ref }
  }

  it('creates by the system\'s own reference, updates what has it, and says which', async () => {
    const customer = { ...example('customer'), refs: [{ id: '17' }], number: 'K17' }
    const created = await send('POST', 'customers', customer)
    expect(created.status).to.equal(201)
    const { id } = created.json()
    expect(created.headers).to.include({ location: `/api/v1/customers/${String(id)}`, etag: '"1"' })
    expect(created.json()).to.deep.include({ version: 1, outcome: 'created', refused: [] }).and.to.have.nested.property('record.number', 'K17')
    expect((await send('POST', 'customers', customer)).json()).to.include({ id, version: 1, outcome: 'unchanged' })
    const updated = await send('POST', 'customers', { ...customer, name: 'Ingrid Bakken' })
    expect([updated.status, updated.json()['outcome'], updated.headers.etag]).to.deep.equal([200, 'updated', '"2"'])
    expect((await send('POST', 'customers', customer, { 'if-none-match': '*' })).status).to.equal(412)
    expect((await opened.sql<{ provenance: unknown }>('select provenance::text as provenance from torg.record where id = $1', [id]))[0]?.provenance).to.include('"crm"')
  })

  it('replaces, changes and removes what has the id', async () => {
    const { id } = await made()
    const { language: _, ...rest } = example('customer')
    const put = (await send('PUT', `customers/${id}`, { ...rest, name: 'New Name' })).json()
    expect(put['record']).to.include({ name: 'New Name', homeStore: 'trondheim-torg' }).and.not.to.have.property('language')
    const patched = (await send('PATCH', `customers/${id}`, { language: 'sv', groups: null })).json()
    expect(patched['record']).to.include({ name: 'New Name', language: 'sv' }).and.not.to.have.property('groups')
    const whole = (await send('GET', `customers/${id}`)).json()
    expect((await send('PUT', `customers/${id}`, whole)).json(), 'what was read').to.include({ outcome: 'unchanged' })
    expect((await send('DELETE', `customers/${id}`)).json()).to.include({ outcome: 'updated' }).and.to.have.nested.property('record.deletedAt')
    expect((await send('PATCH', `customers/${id.replace(/^..../, 'ffff')}`, {})).status).to.equal(404)
  })

  it('takes a change by a system that knows the record by the hub\'s id only, and adds references', async () => {
    const { id, ref } = await made()
    expect((await send('PATCH', `customers/${id}`, { language: 'fi' }, {}, 'shop')).status).to.equal(200)
    const refs = [{ system: 'crm', kind: 'customer', id: ref }]
    expect((await send('GET', `customers/${id}`)).json()['refs'], 'no reference was made up').to.deep.equal(refs)
    await send('PATCH', `customers/${id}`, { refs: [{ id: 'S1' }] }, {}, 'shop')
    expect((await send('GET', `customers/${id}`)).json()['refs']).to.deep.equal([...refs, { system: 'shop', kind: 'customer', id: 'S1' }])
  })

  it('refuses a change that is based on another version', async () => {
    const { id } = await made()
    expect((await send('PATCH', `customers/${id}`, { name: 'Two' }, { 'if-match': '"1"' })).status).to.equal(200)
    for (const [method, body] of [['PATCH', { name: 'Three' }], ['PUT', example('customer')], ['DELETE', undefined]] as const) {
      expect((await send(method, `customers/${id}`, body, { 'if-match': '"1"' })).json(), method).to.include({ status: 412, code: 'request.precondition' })
    }
    const both = await Promise.all(['A', 'B'].map(name => send('PATCH', `customers/${id}`, { name }, { 'if-match': '"2"' })))
    expect(both.map(({ status }) => status).sort(), 'one of two at once').to.deep.equal([200, 412])
    const free = await Promise.all(['nb', 'sv', 'fi'].map(language => send('PATCH', `customers/${id}`, { language })))
    expect(free.map(({ status }) => status), 'without a version all come through').to.deep.equal([200, 200, 200])
    expect((await send('PATCH', `customers/${id}`, {}, { 'if-match': 'W/"3"' })).status).to.equal(400)
  })

  it('leaves what another system is master of, and says so', async () => {
    const { id } = await made()
    const answer = (await send('PATCH', `customers/${id}`, { homeStore: 'oslo', language: 'da' }, {}, 'shop')).json()
    expect(answer).to.deep.include({ outcome: 'updated', refused: [{ pointer: '/homeStore', master: 'crm', why: 'master' }] })
    expect(answer['record']).to.include({ homeStore: 'trondheim-torg', language: 'da' })
  })

  it('answers a repeated request as the first time', async () => {
    const body = { ...example('customer'), refs: [{ id: 'once' }] }
    const first = await send('POST', 'customers', body, { 'idempotency-key': 'k-1' })
    const again = await send('POST', 'customers', body, { 'idempotency-key': 'k-1' })
    expect([again.status, again.text, again.headers.etag, again.headers.location]).to.deep.equal([201, first.text, first.headers.etag, first.headers.location])
    expect(again.headers['idempotency-replayed']).to.equal('true')
    expect((await send('POST', 'customers', { ...body, name: 'Other' }, { 'idempotency-key': 'k-1' })).json()).to.include({ status: 422, code: 'request.key-used' })
    expect((await send('POST', 'customers', body, { 'idempotency-key': 'k-1' }, 'shop')).status, 'of another caller').to.equal(201)
    expect((await send('POST', 'customers', {}, { 'idempotency-key': 'k-2' })).status).to.equal(422)
    expect((await send('POST', 'customers', body, { 'idempotency-key': 'k-2' })).status, 'a failure is not kept').to.equal(200)
    expect((await send('POST', 'customers', body, { 'idempotency-key': 'a b' })).status).to.equal(400)
    const together = await Promise.all(Array.from({ length: 4 }, () => send('POST', 'customers', { ...body, refs: [{ id: 'race' }] }, { 'idempotency-key': 'k-3' })))
    expect(together.map(({ status }) => status).filter(status => status !== 409).every(status => status === 201)).to.equal(true)
    await opened.sql('update torg.answer set begun_at = now() - interval \'25 hours\' where key = \'k-1\'')
    expect((await send('POST', 'customers', body, { 'idempotency-key': 'k-1' })).json(), 'a day later').to.include({ outcome: 'unchanged' })
  })

  it('names every field that is wrong, with its rule', async () => {
    const answer = await send('POST', 'customers', { type: 'persn', nmae: 'Kari', emails: [{ value: 'x' }], refs: [{ id: '1' }] })
    expect(answer.status).to.equal(422)
    const errors = answer.json()['errors'] as { pointer: string, rule: string, detail: string, value: unknown }[]
    expect(errors.map(({ pointer, rule }) => [pointer, rule])).to.have.deep.members([['/name', 'required'], ['/nmae', 'additionalProperties'], ['/type', 'enum'], ['/emails/0/value', 'format']])
    expect(errors.map(({ detail }) => detail).join()).to.include('Did you mean name?').and.include('Did you mean person?')
    expect((await send('PATCH', `customers/${(await made()).id}`, { name: null })).json()).to.deep.include({ status: 422, pointer: '/name' })
    expect((await send('POST', 'customers', example('customer'))).json()).to.include({ status: 422, code: 'model.no-reference' })
    expect((await send('POST', 'customers', [])).json()).to.include({ status: 422 })
    expect((await send('POST', 'customers', 'x', { 'content-type': 'text/plain' })).json()).to.include({ code: 'request.not-json' })
    expect((await send('POST', 'orders', { ...example('order'), totals: { net: { amount: '1.00', currency: 'NOK' }, gross: { amount: '9.00', currency: 'NOK' }, tax: { amount: '1.00', currency: 'NOK' } }, refs: [{ id: 'o' }] })).json()['code']).to.be.oneOf(['model.totals', 'validation.schema'])
  })

  it('never changes a fact', async () => {
    const receipt = { ...example('receipt'), refs: [{ id: 'r1' }] }
    const { id } = (await send('POST', 'receipts', receipt)).json()
    expect((await send('POST', 'receipts', receipt)).json()).to.include({ outcome: 'unchanged' })
    expect((await send('POST', 'receipts', { ...receipt, memberNumber: 'other' })).json()).to.include({ status: 409, code: 'request.conflict' })
    expect((await send('PATCH', `receipts/${String(id)}`, {})).status).to.equal(403)
  })

  it('asks for the scope before anything else, and shows the record only to who may read it', async () => {
    expect((await send('POST', 'orders', {}, {}, 'shop')).json()).to.include({ status: 403, detail: 'This key lacks the scope write:order.' })
    expect((await send('PATCH', 'orders/42', {}, {}, 'shop')).status).to.equal(403)
    const { id } = await made()
    expect((await send('PATCH', `customers/${id}`, { language: 'de' }, {}, 'blind')).json()).to.deep.equal({ id, version: 2, outcome: 'updated', refused: [] })
    expect((await send('GET', `customers/${id}`, undefined, {}, 'blind')).status).to.equal(403)
  })

  it('takes nothing while the flows have not started, and nothing without bounds', async () => {
    api.hub.accepting = false
    const answer = await send('POST', 'customers', { ...example('customer'), refs: [{ id: 'early' }] })
    api.hub.accepting = true
    expect([answer.status, answer.headers['retry-after']]).to.deep.equal([503, '5'])
    expect((await send('POST', 'customers', { name: 'x'.repeat(70_000) })).status).to.equal(413)
    const deep = `${'{"a":'.repeat(5_000)}1${'}'.repeat(5_000)}`
    expect((await call(`${api.url}/api/v1/customers`, { method: 'POST', headers: { authorization: `Bearer ${keys.get('crm') ?? ''}`, 'content-type': 'application/json' }, body: deep })).status).to.equal(400)
  })
})
