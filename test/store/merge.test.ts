import { expect } from 'chai'
import { compileRoles, type RoleRow } from '../../runtime/project/index.ts'
import { packProvenance, unpackProvenance } from '../../runtime/store/provenance.ts'
import type { KindRoles, Origin } from '../../runtime/store/types.ts'
import { findLinks, replaceLinks } from '../../runtime/store/links.ts'
import { merge, type Merge } from '../../runtime/store/merge.ts'
import { copyJson, findUnstorable, toJson } from '../../runtime/store/json.ts'
import { isId, newId } from '../../runtime/ids.ts'

const web = { system: 'web', message: null, at: '2026-03-01T00:00:00.000Z' }
const erp = { ...web, system: 'erp' }
const of = (over: Partial<Merge>): ReturnType<typeof merge> => merge({ document: { a: 1, b: { x: 1, y: 2 } }, provenance: { '/a': web, '/b': web }, incoming: {}, origin: erp, roles: undefined, ...over })
const rolesOf = (...rows: Omit<RoleRow, 'kind'>[]): KindRoles | undefined => compileRoles(rows.map(row => ({ kind: 'order', ...row }))).of('order')

describe('store: merge', () => {
  it('replaces what is given, removes what is null, leaves what is absent', () => {
    expect(of({ incoming: { b: { y: 3 }, c: [1] } })).to.deep.equal({
      document: { a: 1, b: { y: 3 }, c: [1] }, provenance: { '/a': web, '/b': erp, '/c': erp }, changed: true, confirmed: false, refused: [],
    })
    expect(of({ incoming: { a: null, z: null } })).to.deep.include({ document: { b: { x: 1, y: 2 } }, provenance: { '/b': web } })
  })

  it('keeps the namespaces of own fields apart, for they are of different systems', () => {
    const document = { ext: { shop: { shown: 'EUR', total: '1' }, till: { lane: 3 } } }
    const provenance = { '/ext/shop': web, '/ext/till': web }
    expect(of({ document, provenance, incoming: { ext: { till: { lane: 4 }, erp: { order: '7' } } } })).to.deep.include({
      document: { ext: { shop: { shown: 'EUR', total: '1' }, till: { lane: 4 }, erp: { order: '7' } } }, provenance: { '/ext/shop': web, '/ext/till': erp, '/ext/erp': erp },
    })
    expect(of({ document, provenance, incoming: { ext: { shop: { shown: 'EUR' }, till: null } } })).to.deep.include({ document: { ext: { shop: { shown: 'EUR' } } }, provenance: { '/ext/shop': erp } })
    expect(of({ document, provenance, incoming: { ext: { shop: { total: '1', shown: 'EUR' } } } })).to.include({ changed: false })
    expect(of({ document, provenance, incoming: { ext: null } })).to.deep.include({ document: {}, provenance: {} })
  })

  it('takes equal content for no change, whatever the order of the fields', () => {
    expect(of({ incoming: { b: { y: 2, x: 1 }, a: 1, z: null } })).to.deep.include({ changed: false, provenance: { '/a': web, '/b': web } })
    expect(of({ incoming: { b: { x: 1 } } })).to.include({ changed: true })
  })

  it('refuses fields of another master, unless they say the same', () => {
    expect(of({ incoming: { a: 2, b: { x: 1, y: 2 }, c: 3 }, roles: rolesOf({ field: 'a', masters: ['crm'] }, { field: 'b', masters: ['crm'] }) })).to.deep.include({
      document: { a: 1, b: { x: 1, y: 2 }, c: 3 }, refused: [{ pointer: '/a', master: 'crm', why: 'master', value: 2 }], changed: true,
    })
    expect(of({ incoming: { a: null }, roles: rolesOf({ masters: ['crm'] }) })).to.deep.include({ changed: false, refused: [{ pointer: '/a', master: 'crm', why: 'master', value: null }] })
  })

  it('fills a placeholder even with nothing', () => {
    expect(of({ document: null, provenance: {}, incoming: {} })).to.deep.equal({ document: {}, provenance: {}, changed: true, confirmed: false, refused: [] })
  })

  it('treats odd field names as data', () => {
    const incoming: Record<string, unknown> = JSON.parse('{"__proto__":{"x":1},"a/b":1,"constructor":2}')
    const { document, provenance } = of({ document: {}, provenance: {}, incoming })
    expect(JSON.stringify(document)).to.equal('{"__proto__":{"x":1},"a/b":1,"constructor":2}')
    expect(Object.keys(provenance)).to.include('/a~1b')
    expect(of({ document, provenance, incoming })).to.include({ changed: false })
  })
})

describe('store: merge by the role table', () => {
  const at = (system: string, minute: number): Origin => ({ system, message: null, at: `2026-03-01T00:0${minute}:00.000Z` })
  type Writes = [system: string, incoming: Record<string, unknown>, minute?: number][]
  /** Writes one after the other; what came of the document, and whose word was refused why. */
  const play = (row: Omit<RoleRow, 'kind'>[] | Omit<RoleRow, 'kind'>, writes: Writes): { document: unknown, refused: string[], sources: Record<string, string> } => {
    const roles = rolesOf(...[row].flat())
    let state: { document: Record<string, unknown> | null, provenance: Record<string, Origin> } = { document: null, provenance: {} }
    const refused: string[] = []
    writes.forEach(([system, incoming, minute], index) => {
      const merged = merge({ ...state, incoming, origin: at(system, minute ?? index), roles })
      refused.push(...merged.refused.map(({ pointer, master, why }) => `${system} ${pointer.replace(/[0-9a-f]{12}$/, '#')} ${why} ${master}`))
      // As it is stored and read again.
      if (merged.changed || merged.confirmed) state = { document: merged.document, provenance: unpackProvenance(packProvenance(merged.provenance)) }
    })
    return { document: state.document, refused, sources: Object.fromEntries(Object.entries(state.provenance).map(([pointer, { system }]) => [pointer, system])) }
  }
  const mail = (value: string, over: object = {}): object => ({ value, ...over })

  const rank = { masters: ['pim', 'erp'] }
  const newest = { masters: [['crm', 'web']], merge: 'newest' as const }
  const union = { field: 'emails', masters: ['crm', ['web', 'pos']], merge: 'union' as const }
  const cases: [string, ReturnType<typeof play>, unknown, string[]][] = [
    ['rank: the higher one stands', play(rank, [['pim', { name: 'A' }], ['erp', { name: 'B', size: 1 }]]), { name: 'A', size: 1 }, ['erp /name rank pim']],
    ['rank: the lower one may write where no higher one has', play(rank, [['erp', { name: 'B' }], ['erp', { name: 'C' }], ['pim', { name: 'A' }]]), { name: 'A' }, []],
    ['rank: what the higher one confirms is its own', play(rank, [['erp', { name: 'B' }], ['pim', { name: 'B' }], ['erp', { name: 'C' }]]), { name: 'B' }, ['erp /name rank pim']],
    ['rank: what the higher one took away is free', play(rank, [['pim', { name: 'A' }], ['pim', { name: null }], ['erp', { name: 'B' }]]), { name: 'B' }, []],
    ['rank: the lower one removes nothing of the higher', play(rank, [['pim', { name: 'A' }], ['erp', { name: null }]]), { name: 'A' }, ['erp /name rank pim']],
    ['rank: what a system wrote before it lost its place may be replaced', play({ masters: ['pim'] }, [['pim', { name: 'A' }], ['old', { name: 'B' }]]), { name: 'A' }, ['old /name master pim']],
    ['newest: by time, whoever comes first', play(newest, [['crm', { phone: '2' }, 5], ['web', { phone: '1' }, 3], ['web', { phone: '3' }, 6]]), { phone: '3' }, ['web /phone older crm']],
    ['newest: a removal stands against what is older', play(newest, [['crm', { phone: '2' }, 1], ['crm', { phone: null }, 5], ['web', { phone: '1' }, 3]]), {}, ['web /phone older crm']],
    ['newest: no master is none by being late', play(newest, [['crm', { phone: '2' }], ['pos', { phone: '1' }]]), { phone: '2' }, ['pos /phone master crm']],
    ['paths: each part has its master, what is absent stays', play([{ masters: ['crm'] }, { field: 'loyalty.points', masters: ['pos'] }], [['crm', { loyalty: { tier: 'gold', points: 1 } }], ['pos', { loyalty: { points: 7, tier: 'x' } }], ['crm', { loyalty: { tier: 'blue' } }]]),
      { loyalty: { tier: 'blue', points: 7 } }, ['crm /loyalty/points master pos', 'pos /loyalty/tier master crm']],
    ['paths: taking away the whole leaves what is another\'s', play([{ masters: ['crm'] }, { field: 'texts.nb', masters: ['pim'] }], [['pim', { texts: { nb: 'A' } }], ['crm', { texts: { sv: 'B' } }], ['crm', { texts: null }]]),
      { texts: { nb: 'A' } }, ['crm /texts/nb master pim']],
    ['paths: an object without parts left is gone', play({ field: 'texts.nb', masters: ['pim'] }, [['pim', { texts: { nb: 'A' } }], ['pim', { texts: null }]]), {}, []],
    ['union: each gives and takes its own', play(union, [['crm', { emails: [mail('a@x.no')] }], ['web', { emails: [mail('b@x.no'), mail('A@x.no ')] }], ['web', { emails: [mail('c@x.no')] }], ['crm', { emails: null }]]),
      { emails: [mail('c@x.no')] }, ['web /emails/# rank crm']],
    ['union: among equals the newest says what the element is', play(union, [['web', { emails: [mail('a@x.no')] }], ['pos', { emails: [mail('a@x.no', { verified: true })] }]]), { emails: [mail('a@x.no', { verified: true })] }, []],
    ['union: one primary', play(union, [['crm', { emails: [mail('a@x.no', { primary: true })] }], ['web', { emails: [mail('b@x.no', { primary: true })] }]]), { emails: [mail('a@x.no', { primary: true }), mail('b@x.no')] }, []],
    ['union: no master adds nothing', play(union, [['crm', { emails: [mail('a@x.no')] }], ['erp', { emails: [mail('b@x.no')] }]]), { emails: [mail('a@x.no')] }, ['erp /emails master crm']],
  ]
  for (const [name, { document, refused }, expected, refusals] of cases) {
    it(name, () => {
      expect(document).to.deep.equal(expected)
      expect(refused).to.deep.equal(refusals)
    })
  }

  it('knows the origin of each part that has a master of its own', () => {
    expect(play([{ masters: ['crm'] }, { field: 'loyalty.points', masters: ['pos'] }], [['crm', { loyalty: { tier: 'gold' }, name: 'K' }], ['pos', { loyalty: { points: 7 } }]]).sources)
      .to.deep.equal({ '/loyalty/tier': 'crm', '/name': 'crm', '/loyalty/points': 'pos' })
  })

  it('keeps each origin once', () => {
    const [crm, pos] = [at('crm', 1), at('pos', 2)]
    const packed = packProvenance({ '/a': crm, '/b': pos, '/c': crm })
    expect(packed).to.deep.equal([{ ...crm, fields: ['/a', '/c'] }, { ...pos, fields: ['/b'] }])
    expect(unpackProvenance(packed)).to.deep.equal({ '/a': crm, '/b': pos, '/c': crm })
  })
})

describe('store: links', () => {
  const customer = { system: 'web', kind: 'customer', id: '7' }
  const sku = { system: 'web', kind: 'variant', id: 's' }
  const document = { customer: { ref: customer, label: 'Kari' }, lines: [{ variant: { ref: sku } }, { variant: { id: 'known' } }, { text: 'x' }], other: { ref: customer } }
  const pointers = ['/customer', '/lines/*/variant', '/gone/deep']

  it('are found and replaced at the pointers only, in a copy', () => {
    const before = structuredClone(document)
    expect(findLinks(document, pointers)).to.deep.equal([customer, sku])
    expect(replaceLinks(document, pointers, link => `hub-${link.id}`)).to.deep.equal({
      customer: { id: 'hub-7', label: 'Kari' }, lines: [{ variant: { id: 'hub-s' } }, { variant: { id: 'known' } }, { text: 'x' }], other: { ref: customer },
    })
    expect(document).to.deep.equal(before)
  })

  it('copy nothing where there is none', () => {
    const none = { customer: { id: 'known' }, lines: [{ variant: { id: 's' } }, { text: 'x' }] }
    expect(replaceLinks(none, pointers, () => 'no')).to.equal(none)
    expect(replaceLinks({ ...none, customer: { ref: customer } }, pointers, () => 'yes').lines).to.equal(none.lines)
  })

  it('leave what is no link', () => {
    for (const value of [null, 'x', 3, [], { ref: null }, { ref: { system: 'web' } }]) {
      expect(replaceLinks({ customer: value }, ['/customer'], () => 'no')).to.deep.equal({ customer: value })
    }
    expect(replaceLinks({ customer: [{ ref: customer }] }, ['/customer'], () => 'yes')).to.deep.equal({ customer: [{ id: 'yes' }] })
  })
})

describe('store: JSON and ids', () => {
  it('finds and replaces what PostgreSQL cannot store', () => {
    expect(findUnstorable({ a: [{ b: 'x' }, { 'c/d': 'y\0' }] })).to.equal('/a/1/c~1d')
    expect(findUnstorable({ a: '\ud800' })).to.equal('/a')
    expect(findUnstorable({ 'a\0': 1 })).to.equal('/a\0')
    expect(findUnstorable({ a: '😀 \\u0000', b: null, c: 1 })).to.equal(null)
    expect(toJson({ value: 'a\0\ud800b\\u0000' })).to.equal('{"value":"a\ufffd\ufffdb\\\\u0000"}')
  })

  it('copies as JSON would', () => {
    const at = new Date(0)
    const value = { text: 'a', list: [1, undefined, { b: at, c: undefined }], nan: Number.NaN, none: null, sub: { call: () => 1 }, map: new Map([[1, 2]]) }
    const tally = { characters: 0 }
    const copy = copyJson(value, tally)
    expect(copy).to.deep.equal(JSON.parse(JSON.stringify(value)))
    expect(copy.list).not.to.equal(value.list)
    expect(tally.characters).to.equal(1)
    const named = JSON.parse('{"__proto__":{"x":[1]}}')
    expect(JSON.stringify(copyJson(named))).to.equal(JSON.stringify(named))
    expect(copyJson(named).__proto__.x).not.to.equal(named.__proto__.x)
    expect(() => copyJson({ big: 1n })).to.throw(TypeError)
  })

  it('makes UUIDv7 that rise strictly', () => {
    const ids = Array.from({ length: 20_000 }, newId)
    expect(ids.every(id => isId(id) && /^.{14}7.{4}[89ab]/.test(id))).to.equal(true)
    expect(ids.every((id, i) => i === 0 || id > (ids[i - 1] ?? ''))).to.equal(true)
    expect(parseInt((ids[0] ?? '').replace('-', '').slice(0, 12), 16)).to.be.closeTo(Date.now(), 5_000)
  })
})
