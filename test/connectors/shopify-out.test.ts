import { expect } from 'chai'
import { createServer, type IncomingMessage, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { bringUp, deliveryOf, faultOf, type Live } from './live.ts'

const mutation = 'mutation ($input: CustomerInput!) { customerUpdate(input: $input) { customer { id } userErrors { field message } } }'
const payload = { input: { id: 'gid://shopify/Customer/7', phone: '+4740000123' } }

describe('shopify out', () => {
  let shop: Server
  let live: Live
  let answer: { status: number, body: unknown }
  const asked: { path: string, token: unknown, body: unknown }[] = []

  before(async () => {
    shop = createServer((request: IncomingMessage, response) => {
      const chunks: Buffer[] = []
      request.on('data', (chunk: Buffer) => chunks.push(chunk)).on('end', () => {
        asked.push({ path: request.url ?? '', token: request.headers['x-shopify-access-token'], body: JSON.parse(Buffer.concat(chunks).toString()) })
        response.writeHead(answer.status, { 'content-type': 'application/json' }).end(JSON.stringify(answer.body))
      })
    })
    await new Promise<void>(resolve => { shop.listen(0, '127.0.0.1', resolve) })
    const env = { SECRET: 'shop-secret-0123456789', TOKEN: 'shop-token-0123456789' }
    const system = { shop: '', webhookSecret: '${SECRET}', adminToken: '${TOKEN}', adminUrl: `http://127.0.0.1:${(shop.address() as AddressInfo).port}` }
    live = bringUp({ connector: 'shopify', type: 'shopify out', system, config: { mutation }, env })
  })
  after(async () => {
    await live.close()
    shop.closeAllConnections()
    shop.close()
  })

  const send = () => live.run({ payload, torg: deliveryOf({ system: 'webshop' }) })

  it('sends the mutation with the payload as its variables, and gives on what the shop answered', async () => {
    const data = { customerUpdate: { customer: { id: payload.input.id }, userErrors: [] } }
    answer = { status: 200, body: { data } }
    expect(await send()).to.deep.include({ payload: data })
    expect(asked.at(-1)).to.deep.equal({ path: '/admin/api/2026-07/graphql.json', token: 'shop-token-0123456789', body: { query: mutation, variables: payload } })
  })

  for (const [what, body, code, says] of [
    ['user errors, which are answered 200', { data: { customerUpdate: { customer: null, userErrors: [{ field: ['input', 'phone'], message: 'Phone is invalid' }] } } }, 'system.refused', 'input.phone: Phone is invalid'],
    ['a request that is not of the schema', { errors: [{ message: 'Field is not defined' }] }, 'system.refused', 'Field is not defined'],
    ['an answer without data', {}, 'system.refused', 'without data'],
    ['limits, which are answered 200', { errors: [{ message: 'Throttled', extensions: { code: 'THROTTLED' } }] }, 'system.throttled', 'slow down'],
  ] as const) {
    it(`fails by ${what}`, async () => {
      answer = { status: 200, body }
      const fault = await faultOf(send)
      expect(fault).to.include({ code })
      expect(fault.message).to.include(says)
      if (says.startsWith('input.')) expect(fault).to.deep.include({ pointer: '/input/phone', value: payload })
    })
  }

  it('refuses a text that is no mutation', () => {
    expect(() => bringUp({ connector: 'shopify', type: 'shopify out', system: { webhookSecret: '${SECRET}' }, config: { mutation: 'query { shop { name } }' }, env: { SECRET: 'shop-secret-0123456789' } })).to.throw('needs a GraphQL mutation')
  })
})
