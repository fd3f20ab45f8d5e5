import { readFileSync, writeFileSync } from 'node:fs'
import { expect } from 'chai'
import { describeSteps } from '../../runtime/mapping/index.ts'

const file = new URL('../../runtime/mapping/README.md', import.meta.url)
const part = /(<!-- steps -->\n)[^]*(<!-- \/steps -->)/

describe('README of the mappings', () => {
  it('describes the steps as the registry has them (TORG_UPDATE=1 renews it)', () => {
    const text = readFileSync(file, 'utf8')
    const wanted = text.replace(part, (_all, start: string, end: string) => `${start}${describeSteps('en')}\n${end}`)
    if (process.env.TORG_UPDATE === '1') writeFileSync(file, wanted)
    else expect(text).to.equal(wanted)
  })
  it('has every step in three languages', () => {
    for (const language of ['nb', 'sv'] as const) expect(describeSteps(language).split('\n')).to.have.length(describeSteps('en').split('\n').length)
  })
})
