import { expect } from 'chai'
import { findLinks, replaceLinks } from '../../runtime/store/links.ts'
import { merge, type Merge } from '../../runtime/store/merge.ts'
import { copyJson, findUnstorable, toJson } from '../../runtime/store/json.ts'
import { isId, newId } from '../../runtime/ids.ts'

const web = { system: 'web', message: null, at: '2026-03-01T00:00:00.000Z' }
const erp = { ...web, system: 'erp' }
const of = (over: Partial<Merge>): ReturnType<typeof merge> => merge({ document: { a: 1, b: { x: 1, y: 2 } }, provenance: { '/a': web, '/b': web }, incoming: {}, origin: erp, refusedBy: () => null, ...over })

describe('store: merge', () => {
  it('replaces what is given, removes what is null, leaves what is absent', () => {
    expect(of({ incoming: { b: { y: 3 }, c: [1] } })).to.deep.equal({
      document: { a: 1, b: { y: 3 }, c: [1] }, provenance: { '/a': web, '/b': erp, '/c': erp }, changed: true, refused: [],
    })
    expect(of({ incoming: { a: null, z: null } })).to.deep.include({ document: { b: { x: 1, y: 2 } }, provenance: { '/b': web } })
  })

  it('takes equal content for no change, whatever the order of the fields', () => {
    expect(of({ incoming: { b: { y: 2, x: 1 }, a: 1, z: null } })).to.deep.include({ changed: false, provenance: { '/a': web, '/b': web } })
    expect(of({ incoming: { b: { x: 1 } } })).to.include({ changed: true })
  })

  it('refuses fields of another master, unless they say the same', () => {
    expect(of({ incoming: { a: 2, b: { x: 1, y: 2 }, c: 3 }, refusedBy: field => field === 'c' ? null : 'crm' })).to.deep.include({
      document: { a: 1, b: { x: 1, y: 2 }, c: 3 }, refused: [{ pointer: '/a', master: 'crm' }], changed: true,
    })
    expect(of({ incoming: { a: null }, refusedBy: () => 'crm' })).to.deep.include({ changed: false, refused: [{ pointer: '/a', master: 'crm' }] })
  })

  it('fills a placeholder even with nothing', () => {
    expect(of({ document: null, provenance: {}, incoming: {} })).to.deep.equal({ document: {}, provenance: {}, changed: true, refused: [] })
  })

  it('treats odd field names as data', () => {
    const incoming: Record<string, unknown> = JSON.parse('{"__proto__":{"x":1},"a/b":1,"constructor":2}')
    const { document, provenance } = of({ document: {}, provenance: {}, incoming })
    expect(JSON.stringify(document)).to.equal('{"__proto__":{"x":1},"a/b":1,"constructor":2}')
    expect(Object.keys(provenance)).to.include('/a~1b')
    expect(of({ document, provenance, incoming })).to.include({ changed: false })
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
