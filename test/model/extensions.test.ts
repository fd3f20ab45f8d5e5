import { expect } from 'chai'
import { readExtension } from '../../runtime/model/extensions.ts'
import { extendKinds } from '../../runtime/model/index.ts'

type Json = Record<string, unknown>

const text = { type: 'string' }
const place = { kind: 'customer', part: '', namespace: 'acme' }

/** The kind with own fields under `ext/acme`. */
function extended(schema: Json, { kind, part, namespace } = place) {
  const { schema: read, findings } = readExtension({ part, namespace }, schema)
  expect(findings).to.deep.equal([])
  return extendKinds([{ kind, part, namespace, schema: read }]).get(kind) ?? expect.fail('no such kind')
}

describe('own fields of a kind', () => {
  const schema = {
    properties: {
      shoeSize: { type: 'integer', minimum: 15, label: { en: 'Shoe size', nb: 'Skostørrelse', sv: 'Skostorlek' } },
      spent: { $ref: '#/$defs/Money' },
      card: { type: 'object', properties: { number: { type: 'string', pii: true, searchable: true }, colour: { $ref: '#/$defs/colour' } } },
      visits: { type: 'array', items: { properties: { store: text } } },
      anything: { type: 'object', properties: {}, additionalProperties: true },
      member: { type: 'boolean', searchable: true },
      tier: { $ref: '#/$defs/Code', searchable: true },
    },
    $defs: { colour: { enum: ['gold', 'silver'] } },
  }
  const kind = extended(schema)

  const cases: [string, Json, string | null, string?][] = [
    ['what fits', { acme: { shoeSize: 42, spent: { amount: '10.00', currency: 'NOK' }, card: { number: '7', colour: 'gold' }, visits: [{ store: 'Oslo' }] } }, null],
    ['what is open on purpose', { acme: { anything: { at: ['all'] } } }, null],
    ['another namespace, and names the one that was meant', { acmee: {} }, '/ext/acmee', 'Did you mean acme?'],
    ['an unknown field, and names the one that was meant', { acme: { shoesize: 42 } }, '/ext/acme/shoesize', 'Did you mean shoeSize?'],
    ['a value of another type', { acme: { shoeSize: '42' } }, '/ext/acme/shoeSize', 'must be integer'],
    ['a value type of the model that does not fit', { acme: { spent: { amount: '10,00', currency: 'NOK' } } }, '/ext/acme/spent/amount', 'an amount written as text'],
    ['an unknown field of an object inside', { acme: { card: { numbr: '7' } } }, '/ext/acme/card/numbr', 'Did you mean number?'],
    ['a code, by what the file defines', { acme: { card: { colour: 'golden' } } }, '/ext/acme/card/colour', 'gold, silver'],
    ['an unknown field of an object in a list', { acme: { visits: [{ shop: 'Oslo' }] } }, '/ext/acme/visits/0/shop'],
  ]
  for (const [title, ext, pointer, says = ''] of cases) {
    it(`${pointer === null ? 'takes' : 'refuses'} ${title}`, () => {
      const found = kind.validate({ ...kind.example, ext })
      expect(found.map(finding => finding.pointer)).to.deep.equal(pointer === null ? [] : [pointer])
      expect(found[0]?.detail ?? '').to.contain(says)
    })
  }

  it('are searchable where they say so', () => {
    expect(kind.searchable).to.deep.equal([
      { pointer: '/ext/acme/card/number', type: 'string' }, { pointer: '/ext/acme/member', type: 'boolean' }, { pointer: '/ext/acme/tier', type: 'string' },
    ])
  })
  it('have texts that fit into an index, where they are searchable', () => {
    const longest = (number: number) => kind.validate({ ...kind.example, ext: { acme: { card: { number: 'x'.repeat(number) } } } }).length
    expect([longest(500), longest(501)]).to.deep.equal([0, 1])
    expect(kind.validate({ ...kind.example, ext: { acme: { tier: 'x'.repeat(201) } } })).to.have.length(1)
  })
  it('of lines stand in the lines', () => {
    const order = extended({ properties: { engraving: text } }, { kind: 'order', part: 'lines', namespace: 'acme' })
    const lines = (ext: Json): Json[] => (order.example['lines'] as Json[]).map(line => ({ ...line, ext }))
    expect(order.validate({ ...order.example, lines: lines({ acme: { engraving: 'K' } }).slice(0, 1) })).to.deep.equal([])
    expect(order.validate({ ...order.example, lines: lines({ acme: { engrave: 'K' } }).slice(0, 1) }).map(({ pointer }) => pointer)).to.deep.equal(['/lines/0/ext/acme/engrave'])
    expect(order.validate({ ...order.example, ext: { acme: {} } }).map(({ pointer }) => pointer)).to.deep.equal(['/ext/acme'])
  })
  it('are none where a project has none', () => {
    const bare = extendKinds([]).get('price') ?? expect.fail('no such kind')
    expect(bare.validate({ ...bare.example, ext: { acme: { a: 1 } } })[0]?.detail).to.equal('/ext has an unknown field acme. Expected none: the project has no own fields here.')
  })
  for (const each of extendKinds([]).values()) {
    it(`leave the ${each.name} as it was otherwise`, () => { expect(each.examine(each.example)).to.deep.equal({ findings: [], fault: null }) })
  }
})
