import { readFileSync } from 'node:fs'
import { expect } from 'chai'

/** What runs in a browser as it does here. */
const portable = new Set(['ajv/dist/2020.js', 'ajv-formats', 'big.js', 'jsonata', 'typebox', 'typebox/value'])

/** Every module that a file imports values of, and theirs. */
function importsOf(file: URL, seen = new Set<string>()): Set<string> {
  if (seen.has(file.href)) return seen
  seen.add(file.href)
  const text = readFileSync(file, 'utf8')
  for (const [, what = '', from = ''] of text.matchAll(/^(?:import|export) (?!type\b)([^\n]*?)from '([^']+)'$/gm)) {
    if (/^\{(?: *type \w+,?)+ *\} $/.test(what)) continue
    if (from.startsWith('.')) importsOf(new URL(from, file), seen)
    else seen.add(from)
  }
  return seen
}

describe('the analysis', () => {
  it('needs nothing that a browser does not have', () => {
    const found = [...importsOf(new URL('../../runtime/analysis/index.ts', import.meta.url))]
    expect(found.filter(name => !name.startsWith('file:') && !portable.has(name))).to.deep.equal([])
    expect(found.length).to.be.greaterThan(40)
  })
})
