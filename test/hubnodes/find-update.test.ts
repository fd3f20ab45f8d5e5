import { expect } from 'chai'
import { kinds } from '../../runtime/model/index.ts'
import type { RunOutcome } from '../../runtime/runs/types.ts'
import { until } from '../support/until.ts'
import { probe, start, useHub } from './support.ts'

type Json = Record<string, unknown>

/** An order that is placed and not confirmed. */
function order(number: string): Json {
  const { buyer: _buyer, confirmedAt: _confirmed, fulfilments: _fulfilments, ...rest } = structuredClone(kinds.get('order')?.example ?? expect.fail('no kind order'))
  return { ...rest, number, refs: [{ id: `shop-${number}` }] }
}

function refusal(outcome: RunOutcome, code: string): string {
  if (outcome.outcome !== 'failed') return expect.fail(`expected ${code}, the run is ${outcome.outcome}`)
  expect(outcome.error.code, outcome.error.message).to.equal(code)
  return outcome.error.message
}

describe('hub find and hub update', function () {
  this.timeout(60_000)
  const hub = useHub()
  const save = { id: 'save', type: 'hub save', kind: 'order', operation: 'upsert', origin: '', wires: [[]] }
  const find = (fields: Json = {}) => ({ id: 'find', type: 'hub find', kind: 'order', by: 'number', system: '', value: 'payload.number', target: 'payload', otherwise: 'output', wires: [['probe'], ['missing']], ...fields })
  const update = (fields: Json = {}) => ({ id: 'update', type: 'hub update', kind: 'order', by: 'number', system: '', value: 'number', change: 'payload', state: '', version: '', origin: '', otherwise: 'output', wires: [['probe'], ['missing']], ...fields })
  const got = (id = 'probe') => hub.probes.get(id) ?? []
  const stored = (number: string) => hub.store.find('order', { number }).then(record => record ?? expect.fail(`no order ${number}`))
  /** Saves orders, then deploys what is tested. */
  const having = async (numbers: string[], ...nodes: Parameters<typeof hub.deploy>): Promise<void> => {
    await hub.deploy(start('save'), save)
    for (const number of numbers) expect(await hub.receive(order(number))).to.include({ outcome: 'done' })
    await hub.deploy(...nodes, probe(), probe('missing'))
  }

  describe('hub find', () => {
    it('finds by number, a system\'s id and the hub\'s id, and puts the record where it is wanted', async () => {
      await having(['F-1'], start('find'), find({ target: 'found' }))
      await hub.receive({ number: 'F-1' })
      const { id } = await stored('F-1')
      expect(got()[0]).to.have.nested.property('found.id', id)
      expect(got()[0]?.payload).to.deep.equal({ number: 'F-1' })
      expect(got()[0]).to.have.nested.property('found.status.order', 'placed')
      await hub.deploy(start('find'), find({ by: 'reference', value: 'payload' }), probe(), probe('missing'))
      await hub.receive('shop-F-1')
      await hub.deploy(start('find'), find({ by: 'reference', system: 'webshop', value: 'payload' }), probe(), probe('missing'))
      await hub.receive('shop-F-1', { system: 'erp' })
      await hub.deploy(start('find'), find({ by: 'id', value: 'payload' }), probe(), probe('missing'))
      await hub.receive(id)
      expect(got().map(({ payload }) => Reflect.get(Object(payload), 'id'))).to.deep.equal([undefined, id, id, id])
      await until(() => hub.statusOf('find') === 'order F-1 v1')
    })

    it('sends what is not there to the second output, a deleted record and an empty value too', async () => {
      await having(['F-2'], start('find'), find())
      await hub.save({ kind: 'order', schema: 'order@1', operation: 'remove', refs: [{ system: 'webshop', kind: 'order', id: 'shop-F-2' }], number: null, document: {}, origin: { system: 'webshop', message: null, at: '2026-03-01T10:00:00.000Z' }, sourceTime: null })
      for (const number of ['none', 'F-2', '', null]) expect(await hub.receive({ number })).to.include({ outcome: 'done' })
      expect(got()).to.deep.equal([])
      expect(got('missing').map(({ payload }) => payload)).to.deep.equal([{ number: 'none' }, { number: 'F-2' }, { number: '' }, { number: null }])
    })

    it('finds by what it has in common, in whatever form it is written, and nothing where several have it', async () => {
      const customer = (id: string, email: string, phone: string): Json => ({ type: 'person', name: id, refs: [{ id }], emails: [{ value: email }], phones: [{ value: phone }] })
      await hub.deploy(start('save'), { ...save, kind: 'customer' })
      await hub.receive(customer('K-1', 'Kari@Example.no', '+4790000001'))
      await hub.receive(customer('K-2', 'ola@example.no', '+4790000001'))
      await hub.deploy(start('find'), find({ kind: 'customer', by: 'match', value: 'payload' }), probe(), probe('missing'))
      await hub.receive({ emails: [{ value: 'kari@example.no' }] })
      expect(got().map(({ payload }) => Reflect.get(Object(payload), 'name'))).to.deep.equal(['K-1'])
      for (const payload of [{ emails: [{ value: 'nobody@example.no' }] }, { name: 'K-1' }, { phones: [{ value: '+4790000001' }] }]) await hub.receive(payload)
      expect(got('missing')).to.have.length(3)
      expect(refusal(await hub.receive('kari@example.no'), 'validation.schema')).to.contain('no object with fields of the kind')
    })

    it('fails the run where that is wanted, and where the value names nothing', async () => {
      await having([], start('find'), find({ otherwise: 'fail' }))
      expect(refusal(await hub.receive({ number: 'none' }), 'model.not-found')).to.contain('There is no order none.')
      expect(refusal(await hub.receive({ number: { a: 1 } }), 'validation.schema')).to.contain('msg.payload.number')
    })
  })

  describe('hub update', () => {
    const change = (number: string, payload: unknown, rest: Json = {}) => hub.receive({ number, change: payload, ...rest })
    const byPayload = { value: 'payload.number', change: 'payload.change' }

    it('changes the fields that are named, takes null away, and leaves the rest', async () => {
      await having(['U-1'], start('update'), update(byPayload))
      const before = await stored('U-1')
      expect(await change('U-1', { tags: ['urgent'], language: null })).to.have.nested.property('saved[0].stale', false)
      const after = await stored('U-1')
      const { language: _language, ...rest } = before.document
      expect(after.document).to.deep.equal({ ...rest, tags: ['urgent'] })
      expect(after.provenance['/tags']).to.include({ system: 'webshop' })
      expect(got()[0]).to.deep.include({ saved: { outcome: 'updated', refused: [] } })
      await change('U-1', { tags: ['urgent'] })
      expect(got()[1]).to.deep.include({ saved: { outcome: 'unchanged', refused: [] } })
    })

    it('brings an order into a state once, at the time of the message', async () => {
      await having(['U-2'], start('update'), update({ ...byPayload, change: '', state: 'confirmed' }))
      await change('U-2', {})
      expect((await stored('U-2')).document).to.include({ confirmedAt: '2026-03-01T10:00:00.000Z' })
      await hub.receive({ number: 'U-2' }, { receivedAt: '2026-03-02T10:00:00.000Z' })
      expect((await stored('U-2'))).to.include({ version: 2 })
      await until(() => hub.statusOf('update') === 'order U-2 v2 unchanged')
    })

    it('gives the reason of a cancellation with it, and refuses the way back', async () => {
      await having(['U-3'], start('update'), update({ ...byPayload, state: 'cancelled' }))
      await change('U-3', { cancelReason: 'Out of stock' })
      expect((await stored('U-3')).document).to.include({ cancelReason: 'Out of stock', cancelledAt: '2026-03-01T10:00:00.000Z' })
      await hub.deploy(start('update'), update({ ...byPayload }), probe(), probe('missing'))
      expect(refusal(await change('U-3', { cancelledAt: null, cancelReason: null }), 'model.transition')).to.contain('cancelled is final')
      expect(await stored('U-3')).to.include({ version: 2 })
    })

    it('refuses what would not be valid, naming the place', async () => {
      await having(['U-4'], start('update'), update(byPayload))
      expect(refusal(await change('U-4', { chanel: 'web' }), 'validation.schema')).to.contain('Did you mean channel?')
      expect(refusal(await change('U-4', { channel: null }), 'validation.schema')).to.contain('lacks the field channel')
      expect(refusal(await change('U-4', 'all'), 'validation.schema')).to.contain('is not an object')
      expect(await stored('U-4')).to.include({ version: 1 })
    })

    it('insists on a version where one is named', async () => {
      await having(['U-5'], start('update'), update({ ...byPayload, version: 'payload.version' }))
      expect(await change('U-5', { tags: ['a'] }, { version: 1 })).to.include({ outcome: 'done' })
      expect(refusal(await change('U-5', { tags: ['b'] }, { version: '1' }), 'request.conflict')).to.contain('is at version 2, not 1')
      expect(await change('U-5', { tags: ['a'] }, { version: 1 }), 'said already').to.include({ outcome: 'done' })
      expect(refusal(await change('U-5', { tags: ['b'] }), 'validation.schema')).to.contain('msg.payload.version')
    })

    it('loses nothing where many change one record at once', async () => {
      await having(['U-6'], start('update'), update(byPayload))
      const fields = [{ tags: ['a'] }, { language: 'sv' }, { market: 'se' }, { location: 'oslo' }]
      const outcomes = await Promise.all(fields.map(given => change('U-6', given)))
      expect(outcomes.map(({ outcome }) => outcome)).to.deep.equal(['done', 'done', 'done', 'done'])
      expect((await stored('U-6')).document).to.deep.include(Object.assign({}, ...fields) as Json)
    })

    it('sends what is not there to the second output', async () => {
      await having([], start('update'), update(byPayload))
      await change('none', {})
      expect(got('missing')).to.have.length(1)
    })

    for (const [title, fields, says] of [
      ['a state the kind does not have', { state: 'shipped' }, '"shipped" is no state of the kind order that can be chosen'],
      ['nothing to change', { change: '' }, 'changes nothing'],
    ] as const) {
      it(`refuses ${title}`, async () => {
        await having([], start('update'), update({ ...byPayload, ...fields }))
        expect(refusal(await change('U-7', {}), 'flow.invalid')).to.contain(says)
      })
    }
  })
})
