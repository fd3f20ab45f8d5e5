import { expect } from 'chai'
import { rulesTo } from '../../runtime/mapping/format.ts'
import { explain } from '../../runtime/project/index.ts'
import type { Contender, Origin } from '../../runtime/store/types.ts'

const crm: Origin = { system: 'crm', message: 'm-1', at: '2026-03-01T10:00:00.000Z', node: 'save', mapping: 'map' }
const pos: Origin = { system: 'pos', message: null, at: '2026-03-02T10:00:00.000Z', node: 'gone' }
const lost = (over: Partial<Contender>): Contender => ({ pointer: '/phones', system: 'web', message: 'm-2', at: '2026-03-03T10:00:00.000Z', value: ['+4790000000'], why: 'rank', master: 'crm', ...over })
const flows = [
  { id: 'map', type: 'map', name: 'CRM contact', mapping: { from: 'any', to: 'torg:customer', rules: [{ to: 'phones[].value', from: 'mobile', steps: [{ name: 'trim' }] }, { to: 'name', from: 'full_name' }] } },
  { id: 'save', type: 'hub save', name: 'Save customer' },
]
const of = (field?: string, contenders: Contender[] = [lost({})]): ReturnType<typeof explain> => explain({
  record: { kind: 'customer', number: 'K1', deletedAt: null, document: { name: 'Kari', phones: ['+4791234567'], loyalty: { points: 7, tier: 'gold' } }, provenance: { '/name': crm, '/phones': crm, '/loyalty': crm, '/loyalty/points': pos, '/number': crm } },
  contenders, flows, rulesTo, ...(field !== undefined && { field }),
  roles: [{ kind: 'customer', masters: ['crm', 'web'] }, { kind: 'customer', field: 'loyalty.points', masters: ['pos'], readers: ['crm'] }, { kind: 'order', masters: ['web'] }],
})

describe('explaining a field', () => {
  it('says which system, message, mapping, rule and row set it, and which lost why', () => {
    const [phones] = of('/phones')
    expect(phones?.text).to.deep.equal([
      'phones is ["+4791234567"]: as said by crm at 2026-03-01T10:00:00.000Z, in message m-1.',
      'Mapped by map "CRM contact": phones[].value <- mobile | trim.',
      'Saved by hub save "Save customer".',
      'Role table, as it is now: customer: masters by rank: crm, then web.',
      'Not applied: ["+4790000000"], said by web at 2026-03-03T10:00:00.000Z, in message m-2: crm is ranked higher and has said something.',
    ])
    expect(phones).to.deep.include({ field: '/phones', origin: crm, mapping: 'map "CRM contact"', rules: ['phones[].value <- mobile | trim'] })
  })
  it('names the mapping that made the value, not the one that only passes it on', () => {
    const rule = (to: string, from: string, over: object = {}) => ({ to, from, ...over })
    const map = (id: string, rules: object[], next: string, over: object = {}) => ({ id, type: 'map', name: id, mapping: { from: 'any', to: 'torg:customer', rules }, wires: [[next]], ...over })
    const chain = [
      map('first', [rule('name', 'full_name'), rule('phones[].value', 'mobiles[]'), rule('language', 'lang')], 'ask'),
      map('aside', [rule('name', 'other')], 'ask', { target: 'aside' }),
      { id: 'ask', type: 'switch', wires: [['out'], []] }, { id: 'out', type: 'link out', links: ['in'], wires: [] }, { id: 'in', type: 'link in', wires: [['second']] },
      map('second', [rule('name', 'name'), rule('phones[all].value', 'phones[].value'), rule('language', 'language', { steps: [{ name: 'lower' }] }), rule('tags', 'tags')], 'third'),
      map('third', [rule('$', '$')], 'save'),
      { id: 'save', type: 'hub save', name: 'Save customer', wires: [[]] },
    ]
    const made = { ...crm, mapping: 'third' }
    const explained = explain({ record: { kind: 'customer', number: null, deletedAt: null, document: {}, provenance: { '/name': made, '/phones': made, '/language': made, '/tags': made, '/ext': made } }, contenders: [], roles: [], flows: chain, rulesTo })
    expect(explained.map(({ field, mapping, rules }) => [field, mapping, rules])).to.deep.equal([
      ['/ext', 'map "third"', ['$ <- $']], ['/language', 'map "second"', ['language <- language | lower']], ['/name', 'map "first"', ['name <- full_name']],
      ['/phones', 'map "first"', ['phones[].value <- mobiles[]']], ['/tags', 'map "second"', ['tags <- tags']],
    ])
    const two = [...chain, map('other', [rule('name', 'called')], 'second')]
    expect(explain({ record: { kind: 'customer', number: null, deletedAt: null, document: {}, provenance: { '/name': made } }, contenders: [], roles: [], flows: two, rulesTo })[0]).to.include({ mapping: 'map "other" or map "first"' })
  })
  it('goes through all fields, the parts that have an origin of their own apart', () => {
    expect(of().map(({ field, value }) => [field, value])).to.deep.equal([['/loyalty', { points: 7, tier: 'gold' }], ['/loyalty/points', 7], ['/name', 'Kari'], ['/number', 'K1'], ['/phones', ['+4791234567']]])
    expect(of('/loyalty').map(({ field }) => field)).to.deep.equal(['/loyalty', '/loyalty/points'])
  })
  it('of a part that has no origin of its own is that of the whole', () => {
    const [tier, ...others] = of('/loyalty/tier')
    expect(tier).to.deep.include({ field: '/loyalty/tier', value: 'gold', origin: crm })
    expect(others).to.deep.equal([])
  })
  it('tells the rows from the narrowest to the widest, and nodes that are gone', () => {
    expect(of('/loyalty/points')[0]?.text).to.deep.equal([
      'loyalty.points is 7: as said by pos at 2026-03-02T10:00:00.000Z.', 'Saved by node gone, which is not deployed any more.',
      'Role table, as it is now: customer, field loyalty.points: masters by rank: pos; read by crm.', 'Role table, as it is now: customer: masters by rank: crm, then web.',
    ])
  })
  it('leaves out what a system said and was taken at its word for later', () => {
    const contenders = [lost({ system: 'crm', at: '2026-02-01T00:00:00.000Z' }), lost({ system: 'erp', value: null, why: 'master' }), lost({ system: 'shop', why: 'older', sourceTime: '2026-01-01T00:00:00.000Z' })]
    expect(of('/phones', contenders)[0]?.text.slice(4)).to.deep.equal([
      'Not applied: to remove it, said by erp at 2026-03-03T10:00:00.000Z, in message m-2: it is no master of the field; crm is.',
      'Not applied: ["+4790000000"], said by shop at 2026-01-01T00:00:00.000Z, in message m-2: what crm said is newer.',
    ])
  })
  it('of what does not stand says that, and nothing of what nobody ever said', () => {
    expect(of('/emails', [lost({ pointer: '/emails', value: 'x' })])[0]?.text[0]).to.equal('emails: no value stands.')
    expect(of('/vatNumber')).to.deep.equal([])
  })
})
