import { expect } from 'chai'
import { readExtension } from '../../runtime/model/extensions.ts'
import { extendKinds, kinds } from '../../runtime/model/index.ts'
import { aWrite, openTestStore, type TestStore } from '../store/support.ts'
import { call, startApi, type Answer, type RunningApi } from './harness.ts'

describe('reading records over HTTP', () => {
  let opened: TestStore
  let api: RunningApi
  let customer: string
  before(async () => {
    opened = await openTestStore()
    await opened.store.configure({ subscriptions: [], roles: { of: () => undefined }, kinds: new Map([...kinds].map(([name, kind]) => [name, kind.rules])) })
    api = await startApi({ store: opened.store })
    const [saved] = await opened.store.save([aWrite('17', kinds.get('customer')?.example ?? {}, { kind: 'customer', schema: 'customer@1', number: 'K17' })])
    customer = saved?.record.id ?? ''
    for (const number of ['1', '2', '3']) {
      await opened.store.save([aWrite(number, { ...kinds.get('order')?.example, buyer: { customer: { ref: { system: 'web', kind: 'customer', id: '17' } } } }, { number })])
    }
    const [variant] = await opened.store.save([aWrite('V', kinds.get('variant')?.example ?? {}, { kind: 'variant', schema: 'variant@1' })])
    const price = { variant: { id: variant?.record.id }, type: 'regular', list: 'consumer', value: { amount: '1299.00', currency: 'NOK' }, taxIncluded: true }
    await opened.store.save([aWrite('P', price, { kind: 'price', schema: 'price@1' })])
  })
  after(async () => {
    await api.close()
    await opened.close()
  })
  const get = (path: string, headers: Record<string, string> = {}) => call(`${api.url}/api/v1/${path}`, { headers })
  const items = (answer: Answer): Record<string, unknown>[] => answer.json()['items'] as Record<string, unknown>[]

  it('gives a record as flows have it, with its version as tag', async () => {
    const answer = await get(`customers/${customer}`)
    expect(answer.json()).to.deep.include({ id: customer, version: 1, schema: 'customer@1', number: 'K17', name: 'Ingrid Solbakken', refs: [{ system: 'web', kind: 'customer', id: '17' }] })
    expect(answer.headers.etag).to.equal('"1"')
    expect((await get(`customers/${customer.toUpperCase()}`)).status).to.equal(200)
    const same = await get(`customers/${customer}`, { 'if-none-match': '"0", W/"1"' })
    expect([same.status, same.text]).to.deep.equal([304, ''])
    expect((await get(`customers/${customer}`, { 'if-none-match': '"2"' })).status).to.equal(200)
    expect((await get(`orders/${customer}`)).json()).to.include({ status: 404, code: 'request.not-found' })
  })

  it('brings along what links to it', async () => {
    const answer = (await get(`customers/${customer}?include=orders,receipts`)).json()
    expect(answer['id']).to.equal(customer)
    const { orders, receipts } = answer['included'] as Record<string, { items: Record<string, unknown>[], next: null }>
    expect(orders?.items.map(({ number }) => number)).to.deep.equal(['3', '2', '1'])
    expect(orders?.items[0]?.['status']).to.have.property('order')
    expect(receipts).to.deep.equal({ items: [], next: null })
  })

  it('sends long texts whole, whatever their letters', async () => {
    const name = 'Blåbærsyltetøy – '.repeat(2_000)
    await opened.store.save([aWrite('long', { name }, { kind: 'location', schema: 'location@1', number: 'long' })])
    const answer = await get('locations?number=long')
    expect(items(answer).map(location => location['name'])).to.deep.equal([name])
    expect(Number(answer.headers['content-length'])).to.equal(Buffer.byteLength(answer.text))
  })

  it('lists page by page and finds by number, reference, link and time', async () => {
    const first = await get('orders?limit=2')
    expect(items(first).map(({ number }) => number)).to.deep.equal(['1', '2'])
    const second = await get(`orders?limit=2&cursor=${String(first.json()['next'])}`)
    expect(items(second).map(({ number }) => number)).to.deep.equal(['3'])
    expect(second.json()['next']).to.equal(null)
    for (const [query, expected] of [
      ['number=2', ['2']], ['ref=web/order/3', ['3']], ['number=9', []], [`customer=${customer}&sort=-updatedAt`, ['3', '2', '1']], ['updatedSince=2100-01-01T00:00:00%2B01:00', []],
    ] as const) expect(items(await get(`orders?${query}`)).map(({ number }) => number), query).to.deep.equal(expected)
  })

  it('finds by own fields that are searchable', async () => {
    const { schema } = readExtension({ part: '', namespace: 'acme' }, { properties: { 'card-number': { type: 'string', searchable: true }, 'colour': { type: 'string' } } })
    const own = await startApi({ store: opened.store, kinds: extendKinds([{ kind: 'customer', part: '', namespace: 'acme', schema }]) })
    try {
      await opened.store.save([aWrite('18', { ...kinds.get('customer')?.example, emails: [], phones: [], loyalty: undefined, ext: { acme: { 'card-number': 'A-7' } } }, { kind: 'customer', schema: 'customer@1', number: 'K18' })])
      const found = await call(`${own.url}/api/v1/customers?ext.acme.card-number=A-7`)
      expect(items(found).map(({ number }) => number)).to.deep.equal(['K18'])
      expect((await call(`${own.url}/api/v1/customers?ext.acme.colour=red`)).status).to.equal(400)
    } finally {
      await own.close()
    }
  })

  it('finds by what tells records apart, as people write it', async () => {
    const person = { type: 'person', name: 'Ola Nordmann', emails: [{ value: 'ola@example.no' }], phones: [{ value: '+4722334455' }], loyalty: { memberNumber: 'M-77' } }
    await opened.store.save([
      aWrite('50', person, { kind: 'customer', schema: 'customer@1', number: 'K50' }),
      aWrite('51', { type: 'organisation', name: 'Fjord AS', country: 'NO', organisationNumber: '923609016' }, { kind: 'customer', schema: 'customer@1', number: 'K51' }),
      aWrite('52', { ...person, emails: [{ value: 'ola@example.no', verified: false }], phones: [{ value: '+4522334455' }], loyalty: undefined, name: 'Per Dansk' }, { kind: 'customer', schema: 'customer@1', number: 'K52' }),
      aWrite('R', kinds.get('receipt')?.example ?? {}, { kind: 'receipt', schema: 'receipt@1', number: 'R1' }),
      aWrite('W', { ...kinds.get('variant')?.example, sku: 'W-1', gtins: ['036000291452'] }, { kind: 'variant', schema: 'variant@1', number: 'W1' }),
    ])
    const { location, terminal, sequenceNumber, businessDate } = kinds.get('receipt')?.example ?? {}
    for (const [path, numbers] of [
      ['customers?email=OLA@example.no', ['K50']], ['customers?phone=%2B4722334455', ['K50']], ['customers?phone=+4722334455', ['K50']], ['customers?phone=22+33+44+55', ['K50', 'K52']],
      ['customers?organisationNumber=NO923609016MVA', ['K51']], ['customers?loyaltyNumber=m-77', ['K50']], ['customers?loyaltyNumber=m-78', []],
      ['variants?gtin=0036000291452', ['W1']], ['variants?sku=W-1', ['W1']], [`receipts?key=${[location, terminal, sequenceNumber, businessDate].join('/')}`, ['R1']],
    ] as const) {
      expect(items(await get(path)).map(({ number }) => number).sort(), path).to.deep.equal(numbers)
    }
    const paged = await get('customers?phone=22334455&limit=1')
    expect([items(paged).length, items(await get(`customers?phone=22334455&limit=1&cursor=${String(paged.json()['next'])}`)).length]).to.deep.equal([1, 1])
    for (const word of ['example.no', '22334455', '22+33', '923609016', 'm-77']) expect(api.logText().toLowerCase(), word).not.to.include(word)
  })

  it('lets nobody find by what he may not read', async () => {
    const { key } = (await call(`${api.url}/api/v1/keys`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ name: 'Shop', scopes: ['read:customer', 'read:order'], system: 'shop' }) })).json()
    const headers = { authorization: `Bearer ${String(key)}` }
    const numbersOf = async (path: string) => items(await get(path, headers)).map(({ number }) => number)
    try {
      api.hub.roles = [{ kind: 'customer', field: 'emails', readers: ['crm'] }, { kind: 'customer', field: 'loyalty.points', readers: ['crm'] }, { kind: 'order', field: 'buyer', readers: ['crm'] }]
      for (const path of ['customers?email=ola@example.no', 'customers?email=nobody@example.no', `orders?customer=${customer}`]) expect((await get(path, headers)).status, path).to.equal(403)
      expect(await numbersOf('customers?loyaltyNumber=M-77')).to.deep.equal(['K50'])
      api.hub.roles = [{ kind: 'customer', field: 'phones', scope: { country: 'NO' }, readers: ['crm'] }]
      expect(await numbersOf('customers?phone=22334455')).to.deep.equal(['K50', 'K52'])
      await opened.store.save([aWrite('50', { country: 'NO' }, { kind: 'customer', schema: 'customer@1' })])
      expect(await numbersOf('customers?phone=22334455')).to.deep.equal(['K52'])
    } finally {
      api.hub.roles = []
    }
  })

  it('says what is wrong with a request', async () => {
    for (const [path, detail] of [
      ['orders/42', 'is no id of the hub'], ['orders?limit=0', 'from 1 to 200'], ['orders?custmer=1', 'Did you mean customer?'], ['orders?customer=17', 'is the hub\'s id of a customer'],
      ['orders?number=1&ref=web/order/1', 'one of number, ref, customer'], ['orders?ref=web', 'is <system>/<kind>/<id>'], ['orders?cursor=abc', 'next of the page before'], ['orders?sort=name', 'sort is updatedAt'],
      ['orders?updatedSince=yesterday', 'is an instant'], ['orders?deleted=1', 'is true'], [`customers/${customer}?include=order`, 'orders'], ['orders?number=%00', 'at most'], ['customers?phone=Kari', 'is a phone number'], ['variants?gtin=036000291453', 'is a GTIN'], ['receipts?key=oslo/2', 'location/terminal'], ['customers?email=a@b.no&phone=22334455', 'one of number, ref, organisationNumber'], ['locations?number=1&number=2', 'once'],
    ] as const) {
      const answer = await get(path)
      expect(answer.status, path).to.equal(400)
      expect(answer.json()['detail'], path).to.include(detail)
    }
  })

  it('prices many articles at once', async () => {
    const lookup = (body: object) => call(`${api.url}/api/v1/prices/lookup`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) })
    const answer = (await lookup({ skus: ['ULL-GENSER-BLA-M', 'none'], currency: 'NOK' })).json()
    const [known, unknown] = answer['items'] as Record<string, Record<string, unknown> | null>[]
    expect(known).to.have.nested.property('price.value.amount', '1299.00')
    expect(known).to.have.nested.property('regular.value.amount', '1299.00')
    expect(unknown).to.deep.equal({ sku: 'none', variant: null, price: null, regular: null })
    const wrong = await lookup({ skus: [], currency: 'kr', stor: 'oslo' })
    expect(wrong.status).to.equal(422)
    expect((wrong.json()['errors'] as { pointer: string }[]).map(({ pointer }) => pointer).sort()).to.deep.equal(['/currency', '/skus', '/stor'])
  })

  it('gives a key only the fields that its system may read, as hub changes does', async () => {
    const keyFor = async (system?: string): Promise<Record<string, string>> => {
      const { key } = (await call(`${api.url}/api/v1/keys`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ name: 'One', scopes: ['read:*'], ...(system !== undefined && { system }) }) })).json()
      return { authorization: `Bearer ${String(key)}` }
    }
    api.hub.roles = [{ kind: 'customer', field: 'loyalty', readers: ['pos'] }, { kind: 'order', field: 'lines', readers: ['pos'] }, { kind: 'price', field: 'value', readers: ['pos'] }]
    const ask = { method: 'POST', body: JSON.stringify({ skus: [kinds.get('variant')?.example['sku']], currency: 'NOK' }) }
    for (const [system, sees] of [['pos', true], ['crm', false], [undefined, false]] as const) {
      const headers = await keyFor(system)
      const one = (await get(`customers/${customer}?include=orders`, headers)).json()
      expect(one).to.include({ name: 'Ingrid Solbakken' })
      const [listed] = items(await get('customers', headers))
      const [order] = (one['included'] as { orders: { items: object[] } }).orders.items
      const priced = (await call(`${api.url}/api/v1/prices/lookup`, { ...ask, headers: { ...headers, 'content-type': 'application/json' } })).json()['items'] as { price: object }[]
      expect(['loyalty' in one, 'loyalty' in (listed ?? {}), 'lines' in (order ?? {}), 'value' in (priced[0]?.price ?? {})], system ?? 'no system').to.deep.equal([sees, sees, sees, sees])
      expect((await get(`customers/${customer}/explain`, headers)).status, system ?? 'no system').to.equal(sees ? 200 : 403)
    }
    expect((await get(`customers/${customer}`)).json()).to.have.property('loyalty')
    api.hub.roles = []
  })

  it('asks for the scope of what is read, and of what comes along', async () => {
    const { key } = (await call(`${api.url}/api/v1/keys`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ name: 'CRM', scopes: ['read:customer'] }) })).json()
    const headers = { authorization: `Bearer ${String(key)}` }
    expect((await get(`customers/${customer}`, headers)).status).to.equal(200)
    for (const path of ['orders', 'orders/42', `customers/${customer}?include=orders`]) expect((await get(path, headers)).json(), path).to.include({ status: 403, detail: 'This key lacks the scope read:order.' })
  })
})
