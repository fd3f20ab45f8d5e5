import { expect } from 'chai'
import { kinds } from '../../runtime/model/index.ts'
import type { RunOutcome } from '../../runtime/runs/types.ts'
import type { TorgError } from '../../runtime/errors.ts'
import { until } from '../support/until.ts'
import { probe, start, useHub } from './support.ts'

/** Without its link to a customer, which the store would turn into an id. */
function example(): Record<string, unknown> {
  const { buyer: _buyer, ...order } = structuredClone(kinds.get('order')?.example ?? expect.fail('no kind order'))
  return order
}
const entity = (id: string, change: Record<string, unknown> = {}): Record<string, unknown> => ({ ...example(), number: id, refs: [{ id }], ...change })

function failure(outcome: RunOutcome, code: string, node: string): TorgError {
  if (outcome.outcome !== 'failed') return expect.fail(`expected ${code}, the run is ${outcome.outcome}`)
  expect(outcome.error.code, outcome.error.message).to.equal(code)
  expect(outcome.error.node?.id, outcome.error.message).to.equal(node)
  return outcome.error
}

describe('hub nodes on a real Node-RED and store', function () {
  this.timeout(60_000)
  const hub = useHub()
  const done = { outcome: 'done', references: [] }

  describe('hub save', () => {
    const save = (fields: Record<string, unknown> = {}) => ({ id: 'save', type: 'hub save', kind: 'order', operation: 'upsert', origin: '', wires: [['probe']], ...fields })

    it('stores the entity under the reference of the message\'s system and passes the record on', async () => {
      await hub.deploy(start('save'), save(), probe())
      expect(await hub.receive(entity('A-1'))).to.deep.include(done).and.to.have.nested.property('saved[0].stale', false)
      const [msg] = hub.probes.get('probe') ?? []
      expect(msg?.payload).to.include({ number: 'A-1', version: 1, schema: 'order@1' })
      expect(msg?.['saved']).to.deep.equal({ outcome: 'created', refused: [] })
      expect(msg?.torg?.message?.system).to.equal('webshop')
      const record = await hub.store.find('order', { ref: { system: 'webshop', kind: 'order', id: 'A-1' } })
      expect(record?.document).to.deep.equal(example())
      expect(record?.provenance).to.have.nested.property('/currency.message', '0198a000-0000-7000-8000-00000000000a')
      expect(record?.provenance).to.have.nested.property('/currency.at', '2026-03-01T10:00:00.000Z')
      await until(() => hub.statusOf('save') === 'order A-1 v1 created')
    })

    it('makes no version of equal content, one of changed content, and none of what is older', async () => {
      await hub.deploy(start('save'), save(), probe())
      await hub.receive(entity('A-2'), { sourceTime: '2026-03-01T10:00:00.000Z' })
      await hub.receive(entity('A-2'), { sourceTime: '2026-03-01T10:00:01.000Z' })
      await hub.receive(entity('A-2', { notes: [{ text: 'hi', audience: 'internal' }] }), { sourceTime: '2026-03-01T10:00:02.000Z' })
      await hub.receive(entity('A-2', { notes: [{ text: 'old', audience: 'internal' }] }), { sourceTime: '2026-03-01T09:00:00.000Z' })
      expect((hub.probes.get('probe') ?? []).map(({ saved, payload }) => [Reflect.get(Object(saved), 'outcome'), Reflect.get(Object(payload), 'version')]))
        .to.deep.equal([['created', 1], ['unchanged', 1], ['updated', 2], ['stale', 2]])
      await until(() => hub.statusOf('save') === 'order A-2 v2 stale')
    })

    it('shows a record without a number by the id its writer knows, not by another system\'s', async () => {
      await hub.deploy(start('save'), save({ kind: 'customer' }), probe())
      const customer = (name: string, others: object[] = []) => ({ type: 'person', name, refs: [{ id: 'C-1' }, ...others] })
      await hub.receive(customer('Kari', [{ system: 'crm', kind: 'customer', id: 'long-id-of-the-crm' }]))
      await hub.receive(customer('Kari N'))
      await until(() => hub.statusOf('save') === 'customer C-1 v2 updated')
    })

    it('refuses what does not fit with pointer, value and every finding', async () => {
      await hub.deploy(start('save'), save(), probe())
      const error = failure(await hub.receive(entity('A-3', { currency: 'kroner', taxMode: 'maybe' })), 'validation.schema', 'save')
      expect(error.class).to.equal('permanent')
      expect(error.message).to.contain('the order A-3')
      expect(error.errors?.map(({ pointer, value }) => [pointer, value])).to.have.deep.members([['/currency', 'kroner'], ['/taxMode', 'maybe']])
      expect(error).to.include({ pointer: error.errors?.[0]?.pointer, value: error.errors?.[0]?.value })
      expect(hub.probes.get('probe')).to.equal(undefined)
      expect(await hub.store.find('order', { number: 'A-3' })).to.equal(null)
    })

    it('refuses an entity without a reference, and totals that do not add up', async () => {
      await hub.deploy(start('save'), save(), probe())
      failure(await hub.receive(entity('A-4', { refs: [] })), 'model.no-reference', 'save')
      failure(await hub.receive('no entity'), 'validation.schema', 'save')
      const totals = { net: { amount: '1', currency: 'NOK' }, tax: { amount: '1', currency: 'NOK' }, gross: { amount: '3', currency: 'NOK' } }
      const error = failure(await hub.receive(entity('A-4', { totals })), 'model.totals', 'save')
      expect(error.pointer).to.match(/^\/totals/)
    })

    it('marks as deleted with no more than a reference', async () => {
      await hub.deploy(start('remove'), save({ id: 'remove', operation: 'remove' }), probe())
      await hub.save({ kind: 'order', schema: 'order@1', operation: 'upsert', refs: [{ system: 'webshop', kind: 'order', id: 'A-5' }], number: 'A-5', document: example(), origin: { system: 'webshop', message: null, at: '2026-03-01T10:00:00.000Z' }, sourceTime: null })
      expect(await hub.receive({ refs: [{ id: 'A-5' }] })).to.deep.include(done)
      const record = await hub.store.find('order', { ref: { system: 'webshop', kind: 'order', id: 'A-5' } })
      expect(record?.deletedAt).to.be.a('string')
      await until(() => hub.statusOf('remove') === 'order A-5 v2 deleted')
    })

    it('works outside of runs, with the origin of the field or "manual"', async () => {
      await hub.deploy(start('save'), save(), probe())
      hub.inject(entity('A-6'), { kept: 1 })
      await until(() => hub.probes.has('probe'))
      expect(hub.probes.get('probe')?.[0]).to.include({ kept: 1 })
      expect(await hub.store.find('order', { ref: { system: 'manual', kind: 'order', id: 'A-6' } })).to.include({ number: 'A-6' })
      await hub.deploy(start('save'), save({ origin: 'crm' }), probe())
      hub.inject(entity('A-7'))
      await until(async () => await hub.store.find('order', { ref: { system: 'crm', kind: 'order', id: 'A-7' } }) !== null)
    })

    it('refuses a kind that does not exist, and says so on the node', async () => {
      await hub.deploy(start('save'), save({ kind: 'oder' }), probe())
      failure(await hub.receive(entity('A-8')), 'flow.invalid', 'save')
      expect(hub.statusOf('save')).to.contain('oder')
    })
  })

  describe('hub changes', () => {
    const changes = (fields: Record<string, unknown> = {}) => ({ id: 'changes', type: 'hub changes', kind: 'order', system: 'erp-system', filter: { match: 'all', rules: [{ path: 'currency', operator: 'equals', value: 'NOK' }] }, timeLimit: 30, wires: [['upserts'], ['removals']], ...fields })
    const stored = async (id: string) => (await hub.save({ kind: 'order', schema: 'order@1', operation: 'upsert', refs: [{ system: 'webshop', kind: 'order', id }], number: id, document: example(), origin: { system: 'webshop', message: null, at: '2026-03-01T10:00:00.000Z' }, sourceTime: null })).record

    it('sends the record with its envelope on the first output, removals on the second', async () => {
      await hub.deploy(changes(), probe('upserts'), probe('removals'))
      const record = await stored('B-1')
      expect(await hub.deliver('changes', { record, operation: 'upsert' })).to.deep.include(done)
      expect(hub.probes.has('removals')).to.equal(false)
      const [msg] = hub.probes.get('upserts') ?? []
      expect(msg?.payload).to.deep.include({ ...example(), id: record.id, number: 'B-1', version: 1, schema: 'order@1', refs: record.refs })
      expect(msg).to.include({ topic: 'order/upsert' })
      expect(msg?.torg?.delivery).to.include({ system: 'erp', operation: 'upsert', reference: null })
      expect(msg?.torg?.delivery?.idempotencyKey).to.match(/^[0-9a-f]{40}$/)
      expect(await hub.deliver('changes', { record, operation: 'remove', reason: 'filter' })).to.deep.include(done)
      expect(hub.probes.get('upserts')).to.have.length(1)
      expect(hub.probes.get('removals')?.[0]?.torg?.delivery).to.include({ operation: 'remove', reason: 'filter' })
    })

    it('wants what fits its filter', async () => {
      await hub.deploy(changes())
      expect(hub.matches('changes', { currency: 'NOK' })).to.equal(true)
      expect(hub.matches('changes', { currency: 'SEK' })).to.equal(false)
    })

    it('wants of what has a period only what is in effect, unless told to want all', async () => {
      const price = { currency: 'NOK', validFrom: '2026-03-02T00:00:00Z', validTo: '2026-03-03T00:00:00Z' }
      const wants = () => ['2026-03-01T23:59:59.999Z', '2026-03-02T00:00:00.000Z', '2026-03-03T00:00:00.000Z'].map(at => hub.matches('changes', price, at))
      await hub.deploy(changes({ kind: 'price' }))
      expect(wants()).to.deep.equal([false, true, false])
      await hub.deploy(changes({ kind: 'price', effect: 'all' }))
      expect(wants()).to.deep.equal([true, true, true])
    })

    it('asks of what tells of articles that they be listed where it says, and of nothing else', async () => {
      const offers = (place: Record<string, unknown>) => hub.needs('changes')?.met([{ offer: 'buyable', ...place }], '2026-03-02T00:00:00Z')
      await hub.deploy(changes({ kind: 'price', listed: 'channel', place: 'web-no', market: 'no' }))
      expect([{ channel: 'web-no' }, { market: 'no' }, { channel: 'web-se' }, { store: 'web-no' }].map(offers)).to.deep.equal([true, true, false, false])
      await hub.deploy(changes({ kind: 'stock', listed: 'store', place: 'oslo' }))
      expect([{ store: 'oslo' }, { market: 'no' }, { channel: 'oslo' }].map(offers)).to.deep.equal([true, false, false])
      for (const fields of [{ kind: 'price' }, { kind: 'order', listed: 'channel', place: 'web-no' }]) {
        await hub.deploy(changes(fields))
        expect(hub.needs('changes')).to.equal(undefined)
      }
    })

    it('shows what is missing and subscribes to nothing', async () => {
      for (const [fields, text] of [[{ system: '' }, 'system'], [{ system: 'gone' }, 'gone'], [{ kind: '' }, 'kind'], [{ filter: { match: 'all', rules: [{ path: 'a', operator: 'equals' }] } }, 'rule 1']] as const) {
        await hub.deploy(changes(fields))
        expect(hub.statusOf('changes')).to.contain(text)
        expect(() => hub.matches('changes', {})).to.throw('no hub changes node')
      }
    })
  })

  describe('hub settle', () => {
    const settle = (fields: Record<string, unknown>) => ({ id: 'settle', type: 'hub settle', decision: 'dead-letter', after: 300, reason: '', reasonProperty: '', ...fields })

    it('parks with the reason of the form or of the message', async () => {
      await hub.deploy(start('settle'), settle({ reason: 'the customer is blocked' }))
      const error = failureOf(await hub.receive({}))
      expect(error).to.include({ code: 'settle.dead-letter', class: 'permanent', message: 'the customer is blocked' })
      await hub.deploy(start('settle'), settle({ reason: 'the customer is blocked', reasonProperty: 'msg.payload.why' }))
      expect(failureOf(await hub.receive({ why: 'no stock' })).message).to.equal('no stock')
      expect(failureOf(await hub.receive({ why: { code: 7 } })).message).to.equal('{"code":7}')
      expect(failureOf(await hub.receive({})).message).to.equal('the customer is blocked')
    })

    it('asks for a later attempt', async () => {
      await hub.deploy(start('settle'), settle({ decision: 'retry', after: 90 }))
      expect(failureOf(await hub.receive({}))).to.include({ code: 'settle.retry', class: 'transient', retryAfterMs: 90_000 })
    })

    it('after a Catch, done outweighs the error that was caught; without it the error stands', async () => {
      const flow = (decision: string) => [start('map'), { id: 'map', type: 'map', mapping: { from: 'any', to: 'any', rules: [{ to: 'a', from: 'a', steps: [{ name: 'required' }] }] }, source: 'payload', target: 'payload' }, { id: 'catch', type: 'catch', scope: null, uncaught: false, wires: [[decision]] }]
      await hub.deploy(...flow('settle'), settle({ decision: 'done' }))
      expect(await hub.receive({})).to.deep.equal({ ...done, decided: true })
      await hub.deploy(...flow('probe'), probe())
      failure(await hub.receive({}), 'mapping.failed', 'map')
      expect(hub.probes.get('probe')).to.have.length(1)
    })

    it('warns outside of a run', async () => {
      await hub.deploy(start('settle'), settle({ decision: 'done' }))
      hub.inject({})
      await until(() => hub.statusOf('settle') === 'not in a run')
      expect(hub.warnings.join()).to.contain('belongs to no durable run')
    })
  })

  describe('validate', () => {
    const validate = (fields: Record<string, unknown> = {}) => ({ id: 'validate', type: 'validate', against: 'project:note', property: 'payload', otherwise: 'fail', wires: [['valid'], ['invalid']], ...fields })

    it('lets through what fits: a kind, a connector\'s type, a schema of the project', async () => {
      for (const [against, payload] of [['torg:order', entity('C-1')], ['torg:order', example()], ['probe:note', { text: 1 }], ['project:note', { text: 'hi' }]] as const) {
        hub.probes.clear()
        await hub.deploy(start('validate'), validate({ against }), probe('valid'), probe('invalid'))
        expect(await hub.receive(payload)).to.deep.include(done)
        expect(hub.probes.get('valid')?.[0]?.payload, against).to.deep.equal(payload)
      }
    })

    it('fails the run, or sends to the second output with the findings', async () => {
      await hub.deploy(start('validate'), validate({ property: 'payload.note' }), probe('valid'), probe('invalid'))
      const error = failure(await hub.receive({ note: { text: 7 } }), 'validation.schema', 'validate')
      expect(error).to.include({ pointer: '/text', value: 7 })
      expect(error.message).to.contain('msg.payload.note as project:note')
      await hub.deploy(start('validate'), validate({ against: 'torg:order', otherwise: 'output' }), probe('valid'), probe('invalid'))
      expect(await hub.receive(entity('C-2', { currency: 'kroner' }))).to.deep.include(done)
      expect(hub.probes.has('valid')).to.equal(false)
      expect(hub.probes.get('invalid')?.[0]).to.have.nested.property('invalid.pointer', '/currency')
      await until(() => hub.statusOf('validate') === '0 valid, 1 invalid')
    })

    it('refuses a type that does not exist', async () => {
      for (const against of ['torg:oder', 'project:toString', 'nothing']) {
        await hub.deploy(start('validate'), validate({ against }))
        failure(await hub.receive({}), 'flow.invalid', 'validate')
        expect(hub.statusOf('validate')).to.contain(against)
      }
    })
  })

  describe('map', () => {
    const map = (rules: unknown[], fields: Record<string, unknown> = {}) => ({ id: 'map', type: 'map', mapping: { from: 'any', to: 'any', rules }, source: 'payload', target: 'payload', wires: [['probe']], ...fields })

    it('reads and writes the named properties, leaves the source alone, sees context and lookups', async () => {
      const rules = [
        { to: 'number', from: 'name' },
        { to: 'system', from: '$context.system' },
        { to: 'topic', from: '$context.topic' },
        { to: 'carrier', from: 'carrier', steps: [{ name: 'lookup', table: 'carriers' }] },
        { to: 'upper', expression: '$uppercase(name)' },
      ]
      await hub.deploy(start('map'), map(rules, { source: 'payload.order', target: 'mapped.order' }), probe())
      const payload = { order: { name: 'x1', carrier: 'Bring' } }
      expect(await hub.receive(payload)).to.deep.include(done)
      const [msg] = hub.probes.get('probe') ?? []
      expect(msg?.payload).to.deep.equal(payload)
      expect(msg?.['mapped']).to.deep.equal({ order: { number: 'x1', system: 'webshop', topic: 'orders/create', carrier: 'bring', upper: 'X1' } })
    })

    it('fails with rule, pointer and value', async () => {
      await hub.deploy(start('map'), map([{ to: 'lines[].qty', from: 'items[].qty', steps: [{ name: 'number' }] }]), probe())
      const error = failure(await hub.receive({ items: [{ qty: '2' }, { qty: 'two' }] }), 'mapping.failed', 'map')
      expect(error).to.include({ class: 'permanent', pointer: '/items/1/qty', value: 'two' })
      expect(error.message).to.contain('lines[].qty')
    })

    it('refuses a mapping that cannot be compiled, naming the rule', async () => {
      await hub.deploy(start('map'), map([{ to: 'a', from: 'a' }, { to: 'b', from: 'b', steps: [{ name: 'upcase' }] }]), probe())
      expect(hub.statusOf('map')).to.contain('Rule 2')
      expect(failure(await hub.receive({}), 'mapping.invalid', 'map').message).to.contain('upcase')
    })

    it('refuses a property that is none', async () => {
      for (const target of ['payload..x', '__proto__', 'a b']) {
        await hub.deploy(start('map'), map([], { target }), probe())
        expect(failure(await hub.receive({}), 'flow.invalid', 'map').pointer).to.equal('/target')
      }
    })
  })
})

function failureOf(outcome: RunOutcome): TorgError {
  return outcome.outcome === 'failed' ? outcome.error : expect.fail(`the run is ${outcome.outcome}`)
}
