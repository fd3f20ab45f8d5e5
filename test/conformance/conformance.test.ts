/** Every connector in nodes/ passes the same suite. A connector whose fields need more than made-up values says so here. */
import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'
import { describeConnector, type ConformanceOptions } from '../../runtime/kit/conformance/index.ts'
import { kinds } from '../../runtime/model/index.ts'
import { builtIn } from '../../nodes/index.ts'

const nodesFolder = join(import.meta.dirname, '../../nodes')
const folders = readdirSync(nodesFolder, { withFileTypes: true }).filter(entry => entry.isDirectory() && existsSync(join(nodesFolder, entry.name, 'index.ts'))).map(({ name }) => name)

const options: Readonly<Record<string, Omit<ConformanceOptions, 'folder'>>> = {
  hub: { kinds, nodes: { validate: { config: { against: 'torg:order' } } } },
  rest: {
    system: { webhooks: 'hmac', signatureHeader: 'X-Signature' },
    nodes: {
      'rest in': { config: { keyPath: 'number', eventIdHeader: 'X-Event-Id' }, webhook: { body: { number: '1001' }, headers: { 'X-Event-Id': 'e-1' } } },
      'rest out': { config: { path: '/orders/{number}' }, payload: { number: '1001' } },
      'rest poll': { config: { path: '/orders' } },
    },
  },
}

describe('connectors in nodes/', () => {
  it('are all in the list of nodes/index.ts', () => {
    expect(builtIn.map(({ name }) => name).toSorted()).to.deep.equal(folders.toSorted())
  })
})

for (const connector of builtIn) describeConnector(connector, { folder: join(nodesFolder, connector.name), ...options[connector.name] })
