import { readdirSync, readFileSync } from 'node:fs'
import { expect } from 'chai'
import { TorgError } from '../../runtime/errors.ts'
import { compileMapping, steps } from '../../runtime/mapping/index.ts'

/** One case: rules applied to a source give a target or an error. */
interface Case {
  name: string
  rules: unknown[]
  source: unknown
  context?: Record<string, unknown>
  lookups?: Record<string, unknown>
  target?: unknown
  error?: { code: string, pointer?: string, value?: unknown, contains?: string }
}

function deepFreeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null) Object.values(Object.freeze(value)).forEach(deepFreeze)
  return value
}

async function failureOf(run: () => unknown): Promise<TorgError> {
  try { await run() } catch (thrown) {
    if (thrown instanceof TorgError) return thrown
    throw thrown
  }
  throw new Error('expected an error, got none')
}

const folder = new URL('cases/', import.meta.url)

describe('mapping', () => {
  for (const file of readdirSync(folder).filter(name => name.endsWith('.json'))) {
    describe(file.replace('.json', ''), () => {
      const cases: Case[] = JSON.parse(readFileSync(new URL(file, folder), 'utf8'))
      for (const { name, rules, source, context, lookups, target, error } of cases) {
        it(name, async () => {
          const run = () => compileMapping(deepFreeze({ from: 'any', to: 'any', rules }), { lookups: deepFreeze(lookups ?? {}) })(deepFreeze(source), deepFreeze(context ?? {}))
          if (error === undefined) {
            expect(await run()).to.deep.equal(target)
            return
          }
          const thrown = await failureOf(run)
          expect(thrown.code).to.equal(error.code)
          if (error.pointer !== undefined) expect(thrown.pointer).to.equal(error.pointer)
          if ('value' in error) expect(thrown.value).to.deep.equal(error.value)
          expect(thrown.message).to.contain(error.contains ?? '')
        })
      }
    })
  }

  describe('steps', () => {
    for (const step of steps.values()) {
      for (const { input, parameters, output } of step.examples) {
        it(`${step.name}: ${JSON.stringify(input)}${parameters ? ` with ${JSON.stringify(parameters)}` : ''} gives ${JSON.stringify(output)}`, () => {
          const map = compileMapping({ from: 'any', to: 'any', rules: [{ to: 'out', from: 'in', steps: [{ name: step.name, ...parameters }] }] })
          expect(map({ in: input })).to.deep.equal(output === undefined ? {} : { out: output })
        })
      }
      it(`${step.name} has an example and texts in three languages`, () => {
        expect(step.examples).not.to.have.length(0)
        for (const text of [step.label, step.help, ...Object.values(step.parameters).map(({ label }) => label)]) {
          expect(text).to.have.all.keys('en', 'nb', 'sv')
          expect(Object.values(text).every(words => words !== '')).to.equal(true)
        }
      })
    }
  })

  it('names everything that is wrong at once', async () => {
    const error = await failureOf(() => compileMapping({ from: 'any', to: 'any', rules: [{ to: 'a', from: 'x..' }, { to: 'b', from: 'y', steps: [{ name: 'nope' }] }] }))
    expect(error.errors?.map(({ pointer }) => pointer)).to.deep.equal(['/rules/0/from', '/rules/1/steps/0/name'])
  })

  it('is synchronous without expressions, and says so', () => {
    const plain = compileMapping({ from: 'any', to: 'any', rules: [{ to: 'a', from: 'x' }] })
    expect(plain.sync).to.equal(true)
    expect(plain({ x: 1 })).to.deep.equal({ a: 1 })
    expect(compileMapping({ from: 'any', to: 'any', rules: [{ to: 'a', expression: 'x' }] }).sync).to.equal(false)
  })

  it('shares nothing with source, context, constants and tables', () => {
    const constant = { a: 1 }, table = { x: { deep: [1] } }, source = { x: 'x', sub: { list: [{ n: 1 }] } }
    const map = compileMapping({ from: 'any', to: 'any', rules: [{ to: 'c', value: constant }, { to: 't', from: 'x', steps: [{ name: 'lookup', table: 't' }] }, { to: 's', from: 'sub' }] }, { lookups: { t: table } })
    const target = map(source)
    expect(target).to.deep.equal({ c: { a: 1 }, t: { deep: [1] }, s: { list: [{ n: 1 }] } })
    expect(target).to.have.property('c').not.equal(constant)
    expect(target).to.have.nested.property('t.deep').not.equal(table.x.deep)
    expect(target).to.have.nested.property('s.list').not.equal(source.sub.list)
  })

  it('gives the same result for messages that are mapped at the same time', async () => {
    const map = compileMapping({ from: 'any', to: 'any', rules: [{ to: 'lines[].id', from: 'items[].id' }, { to: 'lines[].twice', expression: 'id * 2' }] })
    const results = await Promise.all([1, 2, 3].map(n => map({ items: [{ id: n }, { id: n * 10 }] })))
    expect(results).to.deep.equal([1, 2, 3].map(n => ({ lines: [{ id: n, twice: n * 2 }, { id: n * 10, twice: n * 20 }] })))
  })

  it('reads local times across the change of clocks', () => {
    const map = compileMapping({ from: 'any', to: 'any', rules: [{ to: 'a', from: 'x', steps: [{ name: 'instant', zone: 'Europe/Oslo' }] }] })
    const of = (x: string) => map({ x })
    expect(of('2025-03-30T01:59:59')).to.deep.equal({ a: '2025-03-30T00:59:59.000Z' })
    expect(of('2025-03-30T03:00:00')).to.deep.equal({ a: '2025-03-30T01:00:00.000Z' })
    expect(of('2025-10-26T02:30:00')).to.deep.equal({ a: '2025-10-26T00:30:00.000Z' })
    expect(of('2025-10-26T03:00:00')).to.deep.equal({ a: '2025-10-26T02:00:00.000Z' })
    expect(of('2025-01-01')).to.deep.equal({ a: '2024-12-31T23:00:00.000Z' })
  })
})
