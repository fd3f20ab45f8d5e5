import { Validator } from '@seriousme/openapi-schema-validator'
import { expect } from 'chai'
import { OpenAPIClientAxios } from 'openapi-client-axios'
import { openApiDocument } from '../../runtime/api/openapi/document.ts'
import { referencePage } from '../../runtime/api/openapi/page.ts'
import { kinds } from '../../runtime/model/index.ts'
import { openTestStore, type TestStore } from '../store/support.ts'
import { call, startApi, type RunningApi } from './harness.ts'

describe('the OpenAPI document', () => {
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

  it('is valid by a public validator, as version 3.1', async () => {
    const validator = new Validator()
    const { valid, errors } = await validator.validate(openApiDocument({ kinds, version: '1.0.0', publicUrl: 'https://hub.example' }))
    expect(errors ?? [], JSON.stringify(errors)).to.deep.equal([])
    expect([valid, validator.version]).to.deep.equal([true, '3.1'])
  })

  it('refers to nothing that is not there, and names every operation once', () => {
    const document = openApiDocument({ kinds, version: '1.0.0', publicUrl: 'https://hub.example' })
    const text = JSON.stringify(document)
    const { components, paths } = document as { components: { schemas: object }, paths: Record<string, Record<string, { operationId?: string }>> }
    const names = new Set(Object.keys(components.schemas))
    expect(components.schemas, 'no schema stands for two').to.have.nested.property('PriceAnswer.properties.outcome')
    for (const [, name = ''] of text.matchAll(/"\$ref":"#\/components\/schemas\/([^"]+)"/g)) expect(names.has(name), name).to.equal(true)
    expect(text).to.not.include('#/$defs/')
    const ids = Object.values(paths).flatMap(path => Object.values(path).flatMap(({ operationId }) => operationId ?? []))
    expect(new Set(ids).size).to.equal(ids.length)
  })

  it('makes a client that works against the running hub', async () => {
    const { key } = (await call(`${api.url}/api/v1/keys`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ name: 'CRM', scopes: ['read:*', 'write:*'], system: 'crm' }) })).json()
    const headers = { authorization: `Bearer ${String(key)}` }
    const { text } = await call(`${api.url}/api/v1/openapi.json`, { headers })
    const client = await new OpenAPIClientAxios({ definition: JSON.parse(text), axiosConfigDefaults: { headers, validateStatus: () => true } }).getClient()
    const created = await client['saveCustomer']?.({}, { ...kinds.get('customer')?.example, refs: [{ id: '7' }], number: 'K7' })
    expect(created?.status).to.equal(201)
    const { id }: { id: string } = created?.data ?? { id: '' }
    expect((await client['getCustomer']?.({ id }))?.data).to.include({ id, number: 'K7' })
    expect((await client['updateCustomer']?.({ id, 'If-Match': '"1"' }, { language: 'sv' }))?.data).to.include({ outcome: 'updated', version: 2 })
    expect((await client['updateCustomer']?.({ id, 'If-Match': '"1"' }, { language: 'da' }))?.status).to.equal(412)
    expect((await client['listCustomers']?.({ number: 'K7' }))?.data).to.have.nested.property('items[0].language', 'sv')
    expect((await client['deleteCustomer']?.({ id }))?.data).to.have.nested.property('record.deletedAt')
    expect((await client['lookUpPrices']?.({}, { skus: ['none'], currency: 'NOK' }))?.data).to.have.nested.property('items[0].price', null)
  })

  it('has a page for each kind, with every field and an example', () => {
    for (const kind of kinds.values()) {
      const page = referencePage(kind)
      for (const field of Object.keys((kind.schema as { properties: object }).properties)) expect(page, kind.name).to.include(`| \`${field}\` |`)
      expect(page).to.include('## Example')
    }
  })
})
