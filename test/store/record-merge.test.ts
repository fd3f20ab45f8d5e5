import { expect } from 'chai'
import { compileRoles } from '../../runtime/project/index.ts'
import type { Roles } from '../../runtime/store/types.ts'
import { joinDocuments, partDocuments, type Sourced } from '../../runtime/store/record-merge.ts'
import { openRoles } from './support.ts'

/** A document whose fields all come from one system. */
const from = (system: string, document: Record<string, unknown>): Sourced =>
  ({ document, provenance: Object.fromEntries(Object.keys(document).map(field => [`/${field}`, { system, message: null, at: '2025-11-03T10:00:00.000Z' }])) })
/** Systems that may write everything; all others are refused. */
const only = (...masters: string[]): Roles => compileRoles([{ kind: 'customer', masters }])

describe('documents of merged records', () => {
  const emails = (...values: string[]) => values.map(value => ({ value }))
  const cases: [title: string, winner: Record<string, unknown>, loser: Record<string, unknown>, expected: Record<string, unknown>, roles?: Roles][] = [
    ['takes what only the loser has', { name: 'Kari' }, { language: 'nb' }, { name: 'Kari', language: 'nb' }],
    ['keeps the winner\'s values', { name: 'Kari', loyalty: { points: 1 } }, { name: 'K', loyalty: { points: 2 } }, { name: 'Kari', loyalty: { points: 1 } }],
    ['takes those of the master', { name: 'Kari' }, { name: 'Kari Nordmann' }, { name: 'Kari Nordmann' }, only('crm')],
    ['keeps those of the master', { name: 'Kari' }, { name: 'Kari Nordmann' }, { name: 'Kari' }, only('web')],
    ['joins lists', { emails: emails('a@example.no') }, { emails: emails('A@example.no', 'b@example.no') }, { emails: emails('a@example.no', 'b@example.no') }],
    ['has one primary', { emails: [{ value: 'a', primary: true }] }, { emails: [{ value: 'b', primary: true, verified: true }] }, { emails: [{ value: 'a', primary: true }, { value: 'b', verified: true }] }],
    ['joins texts and addresses', { groups: ['club'], addresses: [{ street: 'Elvegata 1', primary: true }] }, { groups: ['staff', 'club'], addresses: [{ street: 'Elvegata 1' }] }, { groups: ['club', 'staff'], addresses: [{ street: 'Elvegata 1', primary: true }] }],
    ['adds nothing from who may not write', { emails: emails('a') }, { emails: emails('b') }, { emails: emails('a') }, only('web')],
    ['fills what nobody said, whoever says it', {}, { name: 'Kari' }, { name: 'Kari' }, only('web')],
  ]
  for (const [title, winner, loser, expected, roles = openRoles] of cases) {
    it(`${title}, and parts again`, () => {
      const before = from('web', winner)
      const joined = joinDocuments('customer', before, from('crm', loser), roles)
      expect(joined.document).to.deep.equal(expected)
      expect(partDocuments(joined, before, joined)).to.deep.equal(before)
    })
  }
  it('keeps what was written since', () => {
    const before = from('web', { name: 'Kari' })
    const joined = joinDocuments('customer', before, from('crm', { language: 'nb', country: 'NO' }), openRoles)
    const now = { document: { ...joined.document, language: 'sv', vatNumber: '1' }, provenance: { ...joined.provenance, ...from('erp', { language: '', vatNumber: '' }).provenance } }
    const parted = partDocuments(now, before, joined)
    expect(parted.document).to.deep.equal({ name: 'Kari', language: 'sv', vatNumber: '1' })
    expect(Object.keys(parted.provenance)).to.have.members(['/name', '/language', '/vatNumber'])
  })
  it('says where a value came from', () => {
    expect(joinDocuments('customer', from('web', {}), from('crm', { name: 'Kari' }), openRoles).provenance['/name']).to.include({ system: 'crm' })
  })
})
