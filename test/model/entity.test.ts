import { expect } from 'chai'
import { kinds, splitEntity, toEntity } from '../../runtime/model/index.ts'
import { TorgError } from '../../runtime/errors.ts'
import type { StoredRecord } from '../../runtime/store/types.ts'

function refused(run: () => unknown): TorgError {
  try { run() } catch (thrown) {
    if (thrown instanceof TorgError) return thrown
    throw thrown
  }
  throw new Error('nothing was thrown')
}

const split = (entity: unknown) => splitEntity('order', entity, { system: 'webshop-no' })

describe('splitEntity', () => {
  it('fills in system and kind, of references and links', () => {
    const entity = { refs: [{ id: '42' }], number: '#1042', channel: 'web', buyer: { customer: { ref: { id: 7 } } }, lines: [{ id: '1', variant: { ref: { id: '9', system: 'pim' } } }] }
    const before = structuredClone(entity)
    expect(split(entity)).to.deep.equal({
      kind: 'order', schema: 'order@1', number: '#1042', refs: [{ system: 'webshop-no', kind: 'order', id: '42' }],
      document: { channel: 'web', buyer: { customer: { ref: { system: 'webshop-no', kind: 'customer', id: '7' } } }, lines: [{ id: '1', variant: { ref: { system: 'pim', kind: 'variant', id: '9' } } }] },
    })
    expect(entity).to.deep.equal(before)
  })
  it('puts the references of the system itself first', () => {
    expect(split({ refs: [{ system: 'erp', id: 'A' }, { id: 'B' }, { kind: 'draft', id: 'C' }] }).refs.map(ref => ref.id)).to.deep.equal(['B', 'C', 'A'])
  })
  it('takes the envelope of a sent entity off again', () => {
    const { document } = split({ refs: [{ id: '1' }], id: 'x', version: 3, schema: 'order@1', createdAt: 'x', updatedAt: 'x', status: { order: 'placed' }, channel: 'web' })
    expect(document).to.deep.equal({ channel: 'web' })
  })
  it('refuses an entity without a reference of the system', () => {
    expect(refused(() => split({ channel: 'web' }))).to.include({ code: 'model.no-reference', pointer: '/refs' })
    expect(refused(() => split({ refs: [] }))).to.include({ code: 'model.no-reference' })
    expect(refused(() => split({ refs: [{ system: 'erp', id: '1' }] }))).to.include({ code: 'model.no-reference' })
    expect(refused(() => split({ refs: [{}] }))).to.include({ code: 'model.no-reference', pointer: '/refs/0/id' })
  })
  it('refuses references and numbers of the wrong form', () => {
    expect(refused(() => split({ refs: { id: '1' } }))).to.include({ code: 'validation.schema', pointer: '/refs' })
    expect(refused(() => split({ refs: [{ id: 2 ** 60 }] }))).to.include({ code: 'validation.schema', pointer: '/refs/0/id' })
    expect(refused(() => split({ refs: [{ id: '1' }], number: {} }))).to.include({ code: 'validation.schema', pointer: '/number' })
  })
  it('refuses what is no object, and a kind that does not exist', () => {
    for (const entity of [null, [], 'x', undefined]) expect(refused(() => split(entity)).code).to.equal('validation.schema')
    expect(refused(() => splitEntity('ordr', {}, { system: 'x' })).message).to.equal('There is no kind ordr. Did you mean order?')
  })
})

describe('toEntity', () => {
  it('sends document, envelope and status together, and survives a round trip', () => {
    const document = kinds.get('order')?.example ?? {}
    const record: StoredRecord = { id: '0199f3a0-0000-7000-8000-000000000001', kind: 'order', version: 2, schema: 'order@1', number: '#1042', document, refs: [{ system: 'webshop-no', kind: 'order', id: '42' }], provenance: {}, createdAt: '2025-11-03T09:30:00.000Z', updatedAt: '2025-11-03T09:31:00.000Z', deletedAt: null }
    const entity = toEntity(record)
    expect(entity).to.include({ id: record.id, version: 2, number: '#1042', channel: 'webshop-no' })
    expect(entity).to.have.nested.property('status.order', 'confirmed')
    expect(entity).not.to.have.property('deletedAt')
    const { document: again, refs, number } = split(entity)
    expect({ document: again, refs, number }).to.deep.equal({ document, refs: record.refs, number: record.number })
  })
})
