import { expect } from 'chai'
import { compileRoles } from '../../runtime/project/index.ts'
import { newId } from '../../runtime/ids.ts'
import { kindOf } from '../../runtime/model/index.ts'
import type { EntityWrite, SaveOutcome, Store } from '../../runtime/store/types.ts'
import { aSubscription, aWrite, configure, openTestStore, ref, rejection, type TestStore } from './support.ts'

const { rules, example } = kindOf('fulfilment')
const { refs: _, number: __, ...pickup } = example
const fulfilment = { kind: 'fulfilment', schema: 'fulfilment@1' }

describe('store: transitions', () => {
  let test: TestStore
  let store: Store
  let id = 0
  before(async () => {
    test = await openTestStore()
    store = test.store
    await configure(store, [aSubscription('erp', { kind: 'fulfilment' })], { kinds: { fulfilment: rules } })
  })
  after(() => test.close())
  beforeEach(() => { id += 1 })

  const write = (state: string, over: Partial<EntityWrite> & { system?: string } = {}): EntityWrite => aWrite(String(id), { ...pickup, state }, { ...fulfilment, ...over })
  const save = async (...args: Parameters<typeof write>): Promise<SaveOutcome> => {
    const [outcome] = await store.save([write(...args)])
    if (!outcome) throw new Error('no outcome')
    return outcome
  }
  const stateOf = async (): Promise<unknown> => (await store.find('fulfilment', { ref: ref('web', String(id), 'fulfilment') }))?.document.state

  it('goes on, and over what was skipped', async () => {
    await save('requested')
    expect(await save('ready')).to.include({ outcome: 'updated' })
  })

  it('refuses a way back, naming both versions, and saves nothing of that call', async () => {
    await save('ready', { number: 'F-1' })
    const message = newId()
    const error = await rejection(store.save([aWrite('other', { a: 1 }), write('requested', { origin: { system: 'pos', message, at: '2026-03-01T00:00:00.000Z' } })]))
    expect(error).to.include({ code: 'model.transition', class: 'permanent', pointer: '/state', value: 'requested' })
    expect(error.message).to.contain('from ready to requested').and.contain('version 1 of the fulfilment F-1').and.contain(`message ${message} of pos`)
    expect(await stateOf()).to.equal('ready')
    expect(await store.find('order', { ref: ref('web', 'other') })).to.equal(null)
  })

  it('takes what is older than its source said for stale, whatever its state', async () => {
    await save('ready', { sourceTime: '2026-03-01T12:00:01Z' })
    expect(await save('requested', { sourceTime: '2026-03-01T12:00:00Z' })).to.include({ outcome: 'stale' })
  })

  it('looks at what would be stored: a state that is refused is no transition', async () => {
    await configure(store, [], { kinds: { fulfilment: rules }, roles: compileRoles([{ kind: 'fulfilment', field: 'state', masters: ['pos'] }]) })
    await save('ready', { system: 'pos', refs: [ref('pos', `p${id}`, 'fulfilment'), ref('web', String(id), 'fulfilment')] })
    const outcome = await store.save([aWrite(String(id), { ...pickup, state: 'requested', handledBy: 'Marit' }, fulfilment)])
    expect(outcome[0]).to.deep.include({ outcome: 'updated', refused: [{ pointer: '/state', master: 'pos', why: 'master' }] })
    await configure(store, [], { kinds: { fulfilment: rules } })
  })

  it('takes a message that comes again for overtaken, where others have carried on what it brought', async () => {
    const first = write('requested')
    await store.save([first])
    await save('ready', { system: 'pos', refs: [ref('pos', `p${id}`, 'fulfilment'), ref('web', String(id), 'fulfilment')] })
    expect((await store.save([first]))[0]).to.include({ outcome: 'stale' })
    expect(await stateOf()).to.equal('ready')
    // Mended meanwhile, it says something else than before.
    const mended = { ...first, document: { ...first.document, handledBy: 'Marit' } }
    expect(await rejection(store.save([mended]))).to.include({ code: 'model.transition' })
  })

  it('finds a link of every line in the one look-up, and makes what was not seen a placeholder', async () => {
    const order = kindOf('order').rules
    await configure(store, [], { kinds: { order } })
    const lines = (skus: string[]): Record<string, unknown> => ({ lines: skus.map(sku => ({ id: sku, variant: { ref: ref('web', sku, 'variant') } })) })
    const [known] = await store.save([aWrite('a', { sku: 'a' }, { kind: 'variant' })])
    const [saved] = await store.save([aWrite('5', lines(['a', 'b', 'c', 'b', 'a']))])
    const linked = JSON.stringify(saved?.record.document).match(/[0-9a-f-]{36}/g) ?? []
    expect(linked[0]).to.equal(known?.record.id)
    expect(linked[1]).to.equal(linked[3])
    expect(new Set(linked).size).to.equal(3)
    expect((await store.save([aWrite('b', { sku: 'b' }, { kind: 'variant' })]))[0]?.record.id).to.equal(linked[1])
    expect((await store.save([aWrite('5', lines(['a', 'b', 'c', 'b', 'a']))]))[0]).to.include({ outcome: 'unchanged' })
  })
})
