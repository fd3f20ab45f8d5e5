import { expect } from 'chai'
import { kinds } from '../../runtime/model/index.ts'
import { createAnalyser, isError } from '../../runtime/analysis/index.ts'
import { compileReader, compileRoles, describeFinding, type RoleRow } from '../../runtime/project/index.ts'
import { findRoleFaults } from '../../runtime/project/role-checks.ts'
import { sayFault } from '../../runtime/project/role-faults.ts'

const systems = ['shop', 'pos', 'erp', 'crm', 'pim'].map(key => ({ id: `sys-${key}`, type: 'rest-system', key }))
const feeds = (system: string, kind: string): object => ({ id: `${kind}-${system}`, type: 'hub changes', z: 't', kind, system: `sys-${system}`, wires: [] })

describe('the role table', () => {
  const roles = compileRoles([
    { kind: 'order', masters: ['shop', ['pos', 'erp']], merge: 'newest' }, { kind: 'order', field: 'payments', masters: ['erp'] },
    { kind: 'order', field: 'payments', scope: { market: 'se' }, masters: ['pos'] }, { kind: 'order', field: 'ext.loyalty', masters: ['crm'] },
    { kind: 'product', readers: ['shop'] },
  ])
  const se = { market: 'se' }
  const cases: [what: string, actual: unknown, expected: unknown][] = [
    ['ranks masters, equal ones alike', ['shop', 'pos', 'erp', 'crm'].map(system => roles.of('order', {})?.ruleOf('/lines')?.rankOf(system)), [0, 1, 1, -1]],
    ['names the highest master', roles.of('order', {})?.ruleOf('/lines')?.master, 'shop'],
    ['is by rank where nothing else is said', roles.of('order', {})?.ruleOf('/payments')?.merge, 'rank'],
    ['prefers the row of the field', roles.of('order', {})?.ruleOf('/payments')?.master, 'erp'],
    ['and of that the one in whose scope the record is', roles.of('order', se)?.ruleOf('/payments')?.master, 'pos'],
    ['takes the scope from the first document that says it', roles.of('order', null, se)?.ruleOf('/payments')?.master, 'pos'],
    ['which is the stored one', roles.of('order', { market: 'no' }, se)?.ruleOf('/payments')?.master, 'erp'],
    ['goes below the top level where a row does', [roles.of('order', {})?.splits('/ext'), roles.of('order', {})?.splits('/payments'), roles.of('order', {})?.ruleOf('/ext/loyalty')?.master], [true, false, 'crm']],
    ['rules what is below a field by its row', roles.of('order', {})?.ruleOf('/ext/loyalty/points')?.master, 'crm'],
    ['says nothing of a kind without masters', [roles.of('customer', {}), roles.of('product', {})], [undefined, undefined]],
  ]
  for (const [what, actual, expected] of cases) it(what, () => { expect(actual).to.deep.equal(expected) })
})

describe('readers', () => {
  const entity = { id: '1', version: 2, refs: [], number: 'K1', name: 'Kari', creditLimit: 5, loyalty: { tier: 'gold', points: 7 }, country: 'NO' }
  const rows: RoleRow[] = [
    { kind: 'customer', field: 'creditLimit', readers: ['erp'] }, { kind: 'customer', field: 'loyalty.points', readers: ['pos', 'crm'] },
    { kind: 'customer', field: 'name', scope: { country: 'NO' }, readers: ['crm'] },
  ]
  const read = (system: string, over: object = {}): object | undefined => compileReader(rows, { kind: 'customer', system })?.({ ...entity, ...over })

  it('have what no row keeps from them', () => {
    expect(read('crm')).to.deep.equal({ id: '1', version: 2, refs: [], number: 'K1', name: 'Kari', loyalty: { tier: 'gold', points: 7 }, country: 'NO' })
    expect(read('erp')).to.deep.equal({ id: '1', version: 2, refs: [], number: 'K1', creditLimit: 5, loyalty: { tier: 'gold' }, country: 'NO' })
  })
  it('are those of the scope the record is in', () => {
    expect(read('erp', { country: 'SE' })).to.include({ name: 'Kari' })
  })
  it('of a whole kind still know what it is about', () => {
    const reader = compileReader([{ kind: 'customer', readers: [] }, { kind: 'customer', field: 'loyalty.tier', readers: ['pos'] }], { kind: 'customer', system: 'pos' })
    expect(reader?.(entity)).to.deep.equal({ id: '1', version: 2, refs: [], number: 'K1', loyalty: { tier: 'gold' } })
  })
  it('cost nothing where no row says anything', () => {
    expect(compileReader(rows, { kind: 'order', system: 'crm' })).to.equal(null)
    expect(compileReader([{ kind: 'order', readers: ['crm'] }], { kind: 'order', system: 'crm' })).to.equal(null)
  })
})

describe('the role table, checked', () => {
  const wrong: [what: string, rows: object[], detail: string][] = [
    ['equal ranks by rank', [{ kind: 'order', masters: [['shop', 'erp']] }], 'has systems of equal rank'],
    ['a system twice', [{ kind: 'order', masters: ['shop', ['shop']], merge: 'newest' }], 'names the system "shop" twice'],
    ['an unknown merge', [{ kind: 'order', masters: ['shop'], merge: 'last' }], 'must be one of rank, newest, union'],
    ['a scope that is none', [{ kind: 'order', masters: ['shop'], scope: 'no' }], 'must be an object like'],
    ['neither masters nor readers', [{ kind: 'order', field: 'lines' }], 'at least one system key'],
    ['the same row twice', [{ kind: 'order', field: '/lines', masters: ['shop'] }, { kind: 'order', field: 'lines', masters: ['erp'] }], 'row 2 says again what another row says about order, field lines'],
    ['an unknown kind', [{ kind: 'ordre', masters: ['shop'] }], 'there is no kind ordre'],
    ['an unknown field', [{ kind: 'customer', field: 'loyalty.ponits', masters: ['shop'] }], 'there is no field "ponits"'],
    ['a part of a list', [{ kind: 'customer', field: 'emails.value', masters: ['shop'] }], 'inside of a list'],
    ['a union of what is no list', [{ kind: 'customer', field: 'name', masters: ['shop'], merge: 'union' }], 'only lists are united'],
    ['a scope the kind has not', [{ kind: 'customer', masters: ['shop'], scope: { market: 'no' } }], 'has no scope market; there are country, homeStore'],
    ['scopes that meet', [{ kind: 'order', masters: ['shop'], scope: { market: 'no' } }, { kind: 'order', masters: ['erp'], scope: { channel: 'web' } }], 'neither is narrower'],
    ['an unknown reader', [{ kind: 'order', field: 'notes', readers: ['x'] }], 'there is no system "x"; there are crm, erp'],
  ]
  for (const [what, rows, detail] of wrong) {
    it(`refuses ${what}`, () => {
      const findings = createAnalyser({ kinds }).analyse([...systems, { id: 'hub-roles', type: 'hub roles', rows }]).filter(isError)
      expect(findings.map(found => found.detail).join('\n')).to.contain(detail)
      expect(findings).to.have.length(1)
      const [fault] = findRoleFaults(rows, { systems: new Set(['shop', 'erp', 'pos']), kinds })
      for (const language of ['nb', 'sv'] as const) expect(fault && sayFault(fault, language)).to.be.a('string').and.not.contain('__').and.not.equal(sayFault(fault ?? { name: 'list' }))
    })
  }

  it('takes everything that holds together', () => {
    const faults = findRoleFaults([
      { kind: 'customer', masters: ['crm', 'shop'] }, { kind: 'customer', field: 'emails', masters: ['crm', ['shop', 'pos']], merge: 'union' }, { kind: 'customer', field: 'loyalty.points', masters: ['pos'], readers: ['crm'] },
      { kind: 'product', field: 'name.nb', masters: ['pim', 'erp'] }, { kind: 'product', field: 'ext.acme', masters: ['erp'] }, { kind: 'stock', scope: { location: 'oslo' }, masters: ['pos'] },
      { kind: 'order', scope: { market: 'no' }, masters: ['shop'] }, { kind: 'order', scope: { market: 'no', channel: 'web' }, masters: ['erp'] }, { kind: 'order', scope: { market: 'se' }, masters: ['pos'] },
      { kind: 'order', field: 'deletedAt', masters: ['erp'] },
    ], { systems: new Set(systems.map(({ key }) => key)), kinds })
    expect(faults).to.deep.equal([])
  })

  const newest: RoleRow = { kind: 'customer', masters: ['crm', 'shop'], merge: 'newest' }
  const warned: [what: string, rows: RoleRow[], fed: object[], expected: string | null][] = [
    ['fields nobody masters', [{ kind: 'location', field: 'name', masters: ['erp'] }], [], 'nobody is master of these fields of location'],
    ['masters of one scope only', [{ kind: 'location', scope: { market: 'no' }, masters: ['erp'] }], [], 'nobody is master of these fields of location'],
    ['two that are fed and equal', [newest], [feeds('crm', 'customer'), feeds('shop', 'customer')], 'crm and shop are fed every customer'],
    ['equal ones of a union', [{ kind: 'customer', masters: ['erp'] }, { kind: 'customer', field: 'emails', masters: ['erp', ['crm', 'shop']], merge: 'union' }], [feeds('crm', 'customer'), feeds('shop', 'customer'), feeds('erp', 'customer')], 'the row of customer, field emails'],
    ['not where one of them is fed', [newest], [feeds('crm', 'customer'), feeds('shop', 'order')], null],
    ['not where they are ranked', [{ kind: 'customer', masters: ['crm', 'shop'] }], [feeds('crm', 'customer'), feeds('shop', 'customer')], null],
    ['not where a node is switched off', [newest], [feeds('crm', 'customer'), { ...feeds('shop', 'customer'), d: true }], null],
    ['not of a kind without rows', [], [feeds('crm', 'customer'), feeds('shop', 'customer')], null],
  ]
  for (const [what, rows, fed, expected] of warned) {
    it(`warns: ${what}`, () => {
      const warnings = createAnalyser({ kinds }).analyse([...systems, ...fed, { id: 'hub-roles', type: 'hub roles', rows }]).filter(({ severity }) => severity === 'warning').map(describeFinding)
      if (expected === null) expect(warnings).to.deep.equal([])
      else expect(warnings).to.have.length(1).and.to.have.nested.property('[0]').that.contains(expected)
    })
  }
})
