import { readdirSync, readFileSync } from 'node:fs'
import { expect } from 'chai'
import { builtIn } from '../../nodes/index.ts'
import { createAnalyser, factsOf, type Finding } from '../../runtime/analysis/index.ts'
import { createConfigChecker } from '../../runtime/kit/checker.ts'
import { extendKinds } from '../../runtime/model/index.ts'
import { readExtensions } from '../../runtime/project/extensions.ts'
import { applyFix } from './apply-fix.ts'

/** A file of the corpus. `expect` is the one mistake planted in it; `also` names codes that follow from it. */
interface Sample {
  says: string
  expect?: Pick<Finding, 'code' | 'node' | 'field'>
  also?: string[]
  flows: unknown[]
  schemas?: Record<string, Record<string, unknown>>
  lookups?: Record<string, Record<string, unknown>>
  extensions?: Record<string, Record<string, unknown>>
  env?: Record<string, string>
}

const configChecker = createConfigChecker(builtIn)
const definitions = factsOf(builtIn)

function analyse({ flows, schemas = {}, lookups = {}, extensions = {}, env }: Sample): Finding[] {
  const kinds = extendKinds(readExtensions(extensions).extensions)
  return createAnalyser({ configChecker, kinds, project: { kinds, schemas, lookups }, ...definitions, ...env && { env } }).analyse(flows.map(placed))
}

/** Where a node stands is left out of the files; a folder's nodes without a place are given one, too. */
const placed = (node: unknown): unknown => typeof node === 'object' && node !== null && 'wires' in node ? { x: 100, y: 100, ...node } : node

const samplesIn = (folder: 'wrong' | 'right'): [name: string, sample: Sample][] => readdirSync(new URL(`corpus/${folder}/`, import.meta.url)).sort()
  .map(file => [file.replace('.json', ''), JSON.parse(readFileSync(new URL(`corpus/${folder}/${file}`, import.meta.url), 'utf8')) as Sample])

const placeOf = ({ code, node, field }: Pick<Finding, 'code' | 'node' | 'field'>) => ({ code, ...node !== undefined && { node }, ...field !== undefined && { field } })

describe('the analysis of the corpus', () => {
  for (const [name, sample] of samplesIn('wrong')) {
    it(`${name}: ${sample.says}`, () => {
      const findings = analyse(sample)
      const found = findings.filter(finding => JSON.stringify(placeOf(finding)) === JSON.stringify(sample.expect))
      expect(found, JSON.stringify(findings.map(placeOf))).to.have.length(1)
      expect(findings.filter(finding => !found.includes(finding) && !sample.also?.includes(finding.code)).map(({ detail, ...finding }) => ({ ...placeOf(finding), detail }))).to.deep.equal([])
      const [{ fix } = {}] = found
      if (fix) expect(analyse({ ...sample, flows: applyFix(sample.flows, fix) }).map(placeOf), `after "${fix.title}"`).to.not.deep.include(placeOf(sample.expect ?? { code: 'node.form' }))
    })
  }
  for (const [name, sample] of samplesIn('right')) {
    it(`nothing in ${name}: ${sample.says}`, () => { expect(analyse(sample).map(({ detail, ...finding }) => ({ ...placeOf(finding), detail }))).to.deep.equal([]) })
  }
})
