import { expect } from 'chai'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { readProject } from '../../runtime/project/index.ts'
import type { CompiledMapping } from '../../runtime/mapping/index.ts'
import { asDocument, faultsOf, folder, mappingOf } from './support.ts'

describe('cases of the reference retailer', () => {
  const project = readProject(folder)

  it('every map node has one', async () => {
    const { flows, cases } = await project
    const mapped = flows.filter(({ type }) => type === 'map').map(({ id }) => id)
    expect(mapped).to.have.length(6)
    for (const id of mapped) expect(cases.filter(path => path.startsWith(`${id}/`)), id).to.have.length.above(1)
  })

  it('give exactly the output that stands in them, which is valid', async () => {
    const compiled = new Map<string, CompiledMapping>()
    for (const path of (await project).cases) {
      const { node, context, input, output } = asDocument(JSON.parse(readFileSync(join(folder, 'cases', path), 'utf8')))
      const id = String(node)
      const map = compiled.get(id) ?? await mappingOf(id)
      compiled.set(id, map)
      expect(await map(input, context === undefined ? {} : asDocument(context)), path).to.deep.equal(output)
      const kind = { 'webshop-order': 'order', 'webshop-sums': 'order', 'webshop-customer': 'customer' }[id]
      if (kind) expect(faultsOf(kind, output), path).to.deep.equal([])
    }
  })
})
