import { Ajv2020 } from 'ajv/dist/2020.js'
import { expect } from 'chai'
import { schemaPaths } from '../../editor-plugins/forms/schema-paths.ts'
import { createAnalyser, factsOf } from '../../runtime/analysis/index.ts'
import { builtIn } from '../../nodes/index.ts'
import { compileMapping } from '../../runtime/mapping/index.ts'
import { entitySchema } from '../../runtime/model/entity-schema.ts'
import { kinds, toEntity } from '../../runtime/model/index.ts'

const seed = Number(process.env['TORG_TEST_SEED'] ?? 12)
const mappings = 4_000

/** Numerical Recipes' linear congruential generator. */
function createRandom(start: number): <T>(list: readonly T[]) => T {
  let state = start
  return list => {
    state = (state * 1_664_525 + 1_013_904_223) % 2 ** 32
    return list[Math.floor(state / 2 ** 32 * list.length)] as (typeof list)[number]
  }
}

const row = { type: 'object', additionalProperties: false, properties: { sku: { type: 'string' }, n: { type: 'number' }, tags: { type: 'array', items: { type: 'string' } } } }
const target = {
  type: 'object', additionalProperties: false,
  properties: {
    text: { type: 'string' }, number: { type: 'number' }, flag: { type: 'boolean' }, texts: { type: 'array', items: { type: 'string' } }, either: { type: ['string', 'number'] },
    object: { type: 'object', additionalProperties: false, properties: { a: { type: 'string' }, n: { type: 'number' } } }, rows: { type: 'array', items: row },
  },
}
const targets = ['text', 'number', 'flag', 'texts', 'texts[]', 'texts[0]', 'either', 'object', 'object.a', 'object.n', 'rows[].sku', 'rows[].n', 'rows[].tags', 'rows[0].sku', 'rows[0].n']
/** But for equals, concatenate and template, which make one value of a list that is missing. */
const steps = [
  ...['text', 'number', 'decimal', 'trim', 'upper', 'first', 'last', 'count', 'join', 'split', 'unique', 'sum', 'to-json', 'omit-empty', 'quantity', 'negate'].map(name => ({ name })),
  { name: 'default', value: 'x' }, { name: 'default', value: 3 }, { name: 'default', value: ['x'] }, { name: 'item', index: 0 }, { name: 'get', path: 'amount' }, { name: 'get', path: 'value' },
  { name: 'lookup', values: { gross: 'gross', person: 1 }, default: 'x' }, { name: 'substring', length: 2 }, { name: 'round', decimals: 2 }, { name: 'multiply', by: 2 }, { name: 'money', currency: 'NOK' },
  { name: 'business-date', zone: 'Europe/Oslo' }, { name: 'filter', condition: { path: '$element', exists: true } },
]

const validate = new Ajv2020({ strict: false, allErrors: true }).compile(target)
const analyser = createAnalyser({ kinds, project: { kinds, schemas: { target }, lookups: {} }, ...factsOf(builtIn) })

const sources = ['order', 'customer', 'product', 'variant', 'receipt', 'price', 'stock', 'fulfilment'].flatMap(name => {
  const kind = kinds.get(name)
  if (!kind) return []
  const at = '2026-03-02T12:00:00.000Z'
  const document = toEntity({ id: '019cafe0-0000-7000-8000-000000000000', kind: name, schema: kind.schemaName, version: 1, number: '7', document: kind.example, refs: [{ system: 'shop', kind: name, id: '1' }], createdAt: at, updatedAt: at, deletedAt: null })
  return [{ type: `torg:${name}`, document, paths: schemaPaths(entitySchema(kind, 'read')).flatMap(path => [path, path.replace(/\[\]$/, ''), path.replaceAll('[]', '[0]')]) }]
})

/** What went wrong with the form of a value, as against its content. */
function faultOf(apply: (source: unknown) => unknown, document: unknown): string | undefined {
  try {
    return validate(apply(document)) ? undefined : validate.errors?.map(({ instancePath, message }) => `${instancePath} ${message}`).join('; ')
  } catch (thrown) {
    const message = thrown instanceof Error ? thrown.message : String(thrown)
    return /is a list, so|is no list|is not a text, number or boolean/.test(message) ? message : undefined
  }
}

describe(`random mappings (TORG_TEST_SEED=${seed})`, () => {
  it('never fail with the form of a value where the analysis says nothing', () => {
    const random = createRandom(seed)
    const faults: unknown[] = []
    let passed = 0
    for (let count = 0; count < mappings; count += 1) {
      const { type, document, paths } = random(sources)
      const chain = Array.from({ length: random([0, 1, 2, 3]) }, () => random(steps))
      const mapping = { from: type, to: 'project:target', rules: [{ to: random(targets), from: random(paths), ...chain.length > 0 && { steps: chain } }] }
      const findings = analyser.analyse([{ id: 't', type: 'tab', label: 'T' }, { id: 'map', type: 'map', z: 't', mapping, x: 0, y: 0, wires: [[]] }])
      if (findings.length > 0) continue
      let apply
      // What the compiler refuses the check of the node's configuration tells.
      try { apply = compileMapping(mapping) } catch { continue }
      passed += 1
      const fault = faultOf(apply, document)
      if (fault !== undefined) faults.push({ mapping, fault })
    }
    expect(faults, JSON.stringify(faults.slice(0, 3))).to.have.length(0)
    expect(passed).to.be.greaterThan(mappings / 12)
  })
})
