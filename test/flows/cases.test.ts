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
    expect(mapped).to.include.members(['webshop-order', 'erp-map', 'pickup-change', 'mail-read'])
    for (const id of mapped) expect(cases.filter(path => path.startsWith(`${id}/`)), id).to.have.length.above(1)
  })

  it('give exactly the output that stands in them, which is valid', async () => {
    const compiled = new Map<string, CompiledMapping>()
    const { flows, cases } = await project
    for (const path of cases) {
      const { node, context, input, output } = asDocument(JSON.parse(readFileSync(join(folder, 'cases', path), 'utf8')))
      const id = String(node)
      const map = compiled.get(id) ?? await mappingOf(id)
      compiled.set(id, map)
      expect(await map(input, context === undefined ? {} : asDocument(context)), path).to.deep.equal(output)
      const { to } = asDocument(flows.find(candidate => candidate.id === id)?.['mapping'])
      const kind = /^torg:(.+)$/.exec(String(to))?.[1]
      if (kind) expect(faultsOf(kind, output), path).to.deep.equal([])
    }
  })
})
