import { expect } from 'chai'
import { compileFilter, filterOperators, type Filter, type FilterOperator } from '../../nodes/hub/filter.ts'
import { TorgError } from '../../runtime/errors.ts'

const document = {
  channel: 'web',
  total: '120.00',
  count: 3,
  paid: true,
  placedAt: '2026-03-01T10:00:00Z',
  postalCode: '0150',
  buyer: { email: 'Kari@Example.no', name: null },
  tags: ['vip', 'gift'],
  lines: [{ sku: 'A-1', taxes: [{ rate: '0.25' }] }, { sku: 'B-2', taxes: [{ rate: '0.15' }, { rate: '0' }] }],
  empty: [],
}

/** Each case: path, operator, value, whether it holds. */
const cases: [string, FilterOperator, Filter['rules'][number]['value'], boolean][] = [
  ['channel', 'equals', 'web', true],
  ['channel', 'equals', 'Web', false],
  ['channel', 'not equals', 'pos', true],
  ['channel', 'not equals', 'web', false],
  ['nothing', 'equals', 'web', false],
  ['nothing', 'not equals', 'web', true],
  ['channel', 'one of', ['pos', 'web'], true],
  ['channel', 'none of', ['pos', 'chat'], true],
  ['channel', 'none of', ['pos', 'web'], false],
  ['total', 'equals', '120', true],
  ['total', 'equals', 120, true],
  ['total', 'greater than', '99.5', true],
  ['total', 'greater than', '120', false],
  ['total', 'at least', '120.000', true],
  ['total', 'less than', '1000', true],
  ['count', 'at most', '3', true],
  ['count', 'less than', '3', false],
  ['paid', 'equals', true, true],
  ['paid', 'equals', 'true', true],
  ['postalCode', 'equals', '150', false],
  ['postalCode', 'equals', '0150', true],
  ['placedAt', 'at least', '2026-03-01', true],
  ['placedAt', 'less than', '2026-03-01T09:59:59Z', false],
  ['buyer.email', 'contains', 'example.NO', true],
  ['buyer.email', 'starts with', 'ola', false],
  ['buyer.name', 'present', undefined, false],
  ['buyer.name', 'missing', undefined, true],
  ['buyer.email', 'present', undefined, true],
  ['buyer', 'equals', 'x', false],
  ['tags', 'equals', 'gift', true],
  ['tags[]', 'equals', 'gift', true],
  ['tags', 'not equals', 'gift', false],
  ['tags', 'none of', ['staff'], true],
  ['lines[].sku', 'equals', 'B-2', true],
  ['lines[].sku', 'starts with', 'C', false],
  ['lines[].taxes[].rate', 'equals', '0', true],
  ['lines[].taxes[].rate', 'greater than', '0.25', false],
  ['lines.sku', 'present', undefined, false],
  ['empty[].x', 'missing', undefined, true],
  ['empty', 'present', undefined, false],
  ['constructor', 'present', undefined, false],
]

describe('filter of hub changes', () => {
  for (const [path, operator, value, holds] of cases) {
    it(`${path} ${operator} ${JSON.stringify(value) ?? ''} is ${holds}`, () => {
      expect(compileFilter({ match: 'all', rules: [{ path, operator, ...(value !== undefined && { value }) }] })(document)).to.equal(holds)
    })
  }

  it('combines rules with all or any; no rules let everything through', () => {
    const rules = [{ path: 'channel', operator: 'equals', value: 'web' }, { path: 'count', operator: 'equals', value: 4 }]
    expect(compileFilter({ match: 'all', rules })(document)).to.equal(false)
    expect(compileFilter({ match: 'any', rules })(document)).to.equal(true)
    expect(compileFilter({ match: 'any', rules: [] })(document)).to.equal(true)
  })

  it('refuses what it cannot read, naming the rule', () => {
    const refuse = (filter: unknown): string => {
      try {
        compileFilter(filter)
      } catch (error) {
        expect(error).to.be.instanceOf(TorgError)
        expect(error).to.have.property('code', 'flow.invalid')
        return String(error)
      }
      return expect.fail('it was accepted')
    }
    expect(refuse('all')).to.contain('"match"')
    expect(refuse({ match: 'some', rules: [] })).to.contain('"match"')
    expect(refuse({ match: 'all', rules: [{ path: 'a', operator: 'present' }, { path: 'b', operator: 'is like', value: 1 }] })).to.contain('rule 2')
    expect(refuse({ match: 'all', rules: [{ path: 'a b', operator: 'present' }] })).to.contain('"a b"')
    expect(refuse({ match: 'all', rules: [{ path: 'a..b', operator: 'present' }] })).to.contain('"a..b"')
    expect(refuse({ match: 'all', rules: [{ path: 'a', operator: 'equals' }] })).to.contain('no value')
  })

  it('has a case for every operator', () => {
    expect(new Set(cases.map(([, operator]) => operator))).to.deep.equal(new Set(filterOperators))
  })
})
