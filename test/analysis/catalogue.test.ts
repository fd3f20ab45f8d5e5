import { readFileSync, writeFileSync } from 'node:fs'
import { expect } from 'chai'
import { describeCatalogue } from '../../runtime/analysis/index.ts'

const file = new URL('../../runtime/analysis/findings.md', import.meta.url)

describe('the document of findings', () => {
  it('has every code of the catalogue (TORG_UPDATE=1 renews it)', () => {
    const wanted = `# What the analysis finds\n\nWritten from \`catalogue.ts\`.\n\n${describeCatalogue()}\n`
    if (process.env.TORG_UPDATE === '1') writeFileSync(file, wanted)
    else expect(readFileSync(file, 'utf8')).to.equal(wanted)
  })
})
