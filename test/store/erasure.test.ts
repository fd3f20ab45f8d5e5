import { expect } from 'chai'
import { kinds } from '../../runtime/model/index.ts'
import { kind } from '../model/support.ts'
import { identifierPattern } from '../../runtime/store/erasure-sweep.ts'
import type { Erasure, NewMessage, SaveOutcome, Store } from '../../runtime/store/types.ts'
import { aMessage, aRun, aSubscription, aWrite, claimMessages, configure, dead, deliverAll, done, openTestStore, ref, rejection, type TestStore } from './support.ts'

const email = 'Ingrid.Solbakken@example.no'
const phone = '+4740000123'
const never = new AbortController().signal
const why = 'asked by mail'

/** As a system wrote it: names and addresses in its own words. */
const webhook = (fields: object): Pick<NewMessage, 'body'> => ({ body: Buffer.from(JSON.stringify({ navn: 'Ingrid Solbakken', epost: email, mobil: '400 00 123', ...fields })) })

describe('store: erasure of a customer', () => {
  let test: TestStore
  let store: Store
  beforeEach(async () => {
    test = await openTestStore()
    store = test.store
    await configure(store, [
      aSubscription('erp-customers', { kind: 'customer', system: 'erp' }), aSubscription('erp-orders', { kind: 'order', system: 'erp' }), aSubscription('pos', { kind: 'receipt', system: 'pos' }),
    ], { kinds: Object.fromEntries([...kinds].map(([name, { rules }]) => [name, rules])) })
  })
  afterEach(() => test.close())

  const customerDocument = (over: object = {}): Record<string, unknown> => ({ ...kind('customer').example, emails: [{ value: email, primary: true }], phones: [{ value: phone }], ...over })
  const orderDocument = (customer: string): Record<string, unknown> => ({ ...kind('order').example, buyer: { customer: { ref: ref('web', customer, 'customer') }, name: 'Ingrid Solbakken', email, phone } })

  const save = async (name: string, id: string, document: Record<string, unknown>, system = 'web', message: string | null = null): Promise<SaveOutcome> => {
    const [saved] = await store.save([aWrite(id, document, { kind: name, system, schema: `${name}@1`, number: id, origin: { system, message, at: new Date().toISOString() } })])
    if (!saved) throw new Error('not saved')
    return saved
  }

  /** A message, and what its flow made of it. */
  const arrive = async (key: string, body: Pick<NewMessage, 'body'>, make?: (message: string) => Promise<SaveOutcome>): Promise<string> => {
    const { id } = await store.receive(aMessage({ key, eventId: `${key} ${email}`, ...body }))
    const [claim] = await claimMessages(store)
    const [message] = claim?.messages ?? []
    if (!claim || !message) throw new Error('not claimed')
    const saved = await make?.(id)
    await store.settleMessage({ lease: claim.lease, message, result: saved ? done : dead, ...(saved && { yielded: { result: 'saved', records: [saved.record.id] } }), run: aRun(), givesBack: true })
    return saved?.record.id ?? id
  }

  /** A customer known to three systems, with an order, a receipt and a message that failed. */
  const ingrid = async (): Promise<{ customer: string, order: string, receipt: string, deadLetter: string }> => {
    const customer = await arrive('c1', webhook({}), message => save('customer', '7001', customerDocument(), 'web', message))
    await store.save([aWrite('7001', {}, { kind: 'customer', schema: 'customer@1', refs: [ref('web', '7001', 'customer'), ref('club', email, 'customer')] })])
    const order = await arrive('o1', webhook({ total: 12 }), message => save('order', '1042', orderDocument('7001'), 'web', message))
    const receipt = (await save('receipt', 'r1', { ...kind('receipt').example, customer: { id: customer }, notes: [{ text: `Ring ${phone}`, audience: 'internal' }] }, 'store')).record.id
    const deadLetter = await arrive('o2', { body: Buffer.from(`Hei, jeg heter Ingrid. ${email.toLowerCase()}, 0047 40 00 01 23 eller 400 00 123`) })
    return { customer, order, receipt, deadLetter }
  }

  /** Tables in which a word stands, as text or as bytes. */
  const tablesWith = async (word: string): Promise<string[]> => {
    const tables = await test.sql<{ name: string }>(`select relname as name from pg_class where relnamespace = 'torg'::regnamespace and relkind in ('r', 'p') and not relispartition order by 1`)
    const found: string[] = []
    for (const { name } of tables) {
      const [row] = await test.sql<{ count: number }>(`select count(*)::int as count from torg."${name}" t where t::text ilike '%' || $1 || '%' or t::text ilike '%' || encode(convert_to($1, 'UTF8'), 'hex') || '%'`, [word])
      if (row && row.count > 0) found.push(name)
    }
    return found
  }

  it('finds a phone in whatever writing, and leaves other numbers alone', async () => {
    const pattern = identifierPattern(['+4740000123', '40000123', '+46701234567', '0701234567']) ?? expect.fail('no pattern')
    const left = async (text: string) => (await test.sql<{ left: string }>(`select regexp_replace($1, $2, '#', 'gi') as left`, [text, pattern]))[0]?.left
    for (const text of ['+4740000123', '0047 40 00 01 23', '4740000123', '40 00 01 23', '40000123', '400 00 123', '070-123 45 67', '+46 (0)70-123 45 67', '0701234567', '+46 70 123 45 67']) {
      for (const [before, after] of [['', ''], ['tlf. ', ', Oslo'], ['"', '"'], ['{"phone":"', '"}'], ['Kari;', ';0150'], ['Kari,', ',0150']]) expect(await left(`${before}${text}${after}`), text).to.equal(`${before}#${after}`)
    }
    expect(await left('(070) 123 45 67')).to.equal('(#')
    for (const text of ['140000123', '400001234', 'SO-40000123', '{"id":40000123}', '{"id": 40000123, "a": 1}', '[40000123, 1]', '+45 40 00 01 23', '+4540000123', '0.40000123', '40000123.50', 'a40000123', '701234567']) expect(await left(text), text).to.equal(text)
    const [row] = await test.sql(`select torg.erased_in('{"a":[40000123,4740000123,"ring 40 00 01 23",null,true],"40000123":{"b":{}}}', $1, 'erased') as left`, [pattern])
    expect(row).to.deep.equal({ left: { a: [40000123, 'erased', 'ring erased', null, true], erased: { b: {} } } })
  })

  const end = async (): Promise<Erasure[]> => store.continueErasures(never)

  it('takes personal data out of records, messages and dead letters, keeps the amounts, and is done once every system has confirmed', async () => {
    const { customer, order, receipt, deadLetter } = await ingrid()
    await deliverAll(store)
    await deliverAll(store, 'pos.out')
    const before = await store.find('order', { id: order })
    expect(await tablesWith('ingrid.solbakken')).to.include.members(['record', 'reference', 'event'])

    await test.sql(`insert into torg.answer (caller, key, digest, status, headers, body) values ('key:1', '1', '', 200, '{}', $1)`, [JSON.stringify({ id: customer, name: 'Ingrid Solbakken' })])

    const begun = await store.erase(customer, { by: 'kari', why })
    expect(begun).to.deep.include({ customer, by: 'kari', why, records: 3, state: 'sweeping' })
    expect(begun.systems).to.deep.equal([{ system: 'club', state: 'by-hand', confirmed: null }, { system: 'erp', state: 'waiting', confirmed: null }, { system: 'pos', state: 'confirmed', confirmed: null }, { system: 'web', state: 'by-hand', confirmed: null }])
    expect((await store.find('customer', { id: customer }))?.document).to.deep.equal({ type: 'person', name: 'erased' })
    const after = await store.find('order', { id: order })
    expect(after?.document['totals']).to.deep.equal(before?.document['totals'])
    expect(after?.document['buyer']).to.deep.equal({ customer: { id: customer } })
    expect((await store.find('receipt', { id: receipt }))?.document['notes']).to.equal(undefined)

    expect(await end()).to.deep.equal([])
    expect((await store.erasure(begun.id))?.state).to.equal('waiting')
    for (const word of ['ingrid.solbakken', 'Solbakken', phone, '400 00 123', '40 00 01 23']) expect(await tablesWith(word), word).to.satisfy((tables: string[]) => tables.every(table => table === 'erasure' || table === 'reference'))
    expect((await store.deadLetter(`m-${deadLetter}`))?.input).to.have.property('body', 'Hei, jeg heter Ingrid. erased, erased eller erased')

    const delivered = await deliverAll(store)
    expect(delivered.map(({ kind: name, operation, reason }) => [name, operation, reason]).sort()).to.deep.equal([['customer', 'remove', 'erased'], ['order', 'upsert', null]])
    expect(delivered.find(({ kind: name }) => name === 'customer')?.record.refs).to.deep.include(ref('club', email, 'customer'))
    expect(await end()).to.deep.equal([])
    for (const system of ['web', 'club']) expect(await store.confirmErasure(begun.id, { system, by: 'kari', note: null })).not.to.equal(null)
    expect((await end()).map(({ id, state }) => [id, state])).to.deep.equal([[begun.id, 'done']])
    for (const word of ['ingrid.solbakken', 'Solbakken', phone]) expect(await tablesWith(word), word).to.deep.equal([])
    expect(await end()).to.deep.equal([])
  })

  it('stays erased, whatever systems still say of the customer and of what the customer bought', async () => {
    const { customer, order } = await ingrid()
    await store.erase(customer, { by: 'kari', why })
    expect(await save('customer', '7001', customerDocument({ language: 'sv' }))).to.deep.include({ outcome: 'erased', lanes: [] })
    expect((await store.find('customer', { id: customer }))?.document).to.deep.equal({ type: 'person', name: 'erased' })
    const shipped = { ...orderDocument('7001'), tags: ['shipped'] }
    expect((await save('order', '1042', shipped)).outcome).to.equal('updated')
    expect((await store.find('order', { id: order }))?.document).to.deep.include({ tags: ['shipped'], buyer: { customer: { id: customer } } })
    expect((await rejection(store.erase(customer, { by: 'kari', why }))).code).to.equal('request.conflict')
  })

  it('erases those that became part of the customer as well, and what it would take to have two again', async () => {
    const { customer } = await ingrid()
    const other = (await save('customer', '9', { type: 'person', name: 'Wilhelmine Solbakken' }, 'till')).record.id
    const bought = (await save('order', '2001', { ...orderDocument('7001'), buyer: { customer: { id: other }, name: 'Wilhelmine Solbakken' } })).record.id
    await test.sql('update torg.record set merged_into = $2 where id = $1', [other, customer])
    await test.sql(`insert into torg.merge (kind, into_id, from_id, by, why, kept) values ('customer', $1, $2, 'kari', 'the same', '{"name": "Wilhelmine Solbakken"}')`, [customer, other])
    const { records, systems } = await store.erase(other, { by: 'kari', why })
    expect(records).to.equal(5)
    expect(systems).to.deep.include({ system: 'till', state: 'by-hand', confirmed: null })
    await end()
    expect((await store.find('order', { id: bought }))?.document['buyer']).to.deep.equal({ customer: { id: other } })
    expect(await tablesWith('Wilhelmine')).to.deep.equal([])
  })

  it('erases and hands out what is a part of their orders and receipts, though it names no customer, but not what is of another', async () => {
    const { customer, order, receipt } = await ingrid()
    const pickup = (await save('fulfilment', 'f1', { ...kind('fulfilment').example, order: { id: order }, recipient: { name: 'Ingrid Solbakken', country: 'NO', phone } }, 'web')).record.id
    const giver = (await save('customer', '7010', customerDocument({ name: 'Per', emails: [], phones: [] }))).record.id
    const refund = { ...kind('refund').example, order: undefined, return: undefined, receipt: { id: receipt } }
    const ofThese = async (number: string, fields: object): Promise<string> => (await save('refund', number, { ...refund, ...fields, notes: [{ text: `Said ${email}`, audience: 'internal' }] }, 'store')).record.id
    const [own, others] = [await ofThese('rf1', { customer: undefined }), await ofThese('rf2', { customer: { id: giver } })]
    expect(Object.entries((await store.exportCustomer(customer))?.records ?? {}).map(([name, records]) => [name, records.map(({ id }) => id)])).to.deep.equal([['fulfilment', [pickup]], ['order', [order]], ['receipt', [receipt]], ['refund', [own]]])
    expect((await store.erase(customer, { by: 'kari', why })).records).to.equal(5)
    expect((await store.find('fulfilment', { id: pickup }))?.document['recipient']).to.deep.equal({ country: 'NO' })
    expect((await store.find('refund', { id: own }))?.document['notes']).to.satisfy((notes: unknown) => notes === undefined || !JSON.stringify(notes).includes(email))
    expect(JSON.stringify((await store.find('refund', { id: others }))?.document)).to.include(email)
  })

  it('waits for a person to erase where an order came from that nobody tells, and for nobody where it was told', async () => {
    const { customer } = await ingrid()
    await save('order', 'm1', { ...kind('order').example, buyer: { customer: { id: customer }, email } }, 'mailbox')
    await deliverAll(store)
    await store.save([aWrite('1042', {}, { kind: 'order', schema: 'order@1', refs: [ref('web', '1042'), ref('erp', 'SO-1042')] })])
    const { systems } = await store.erase(customer, { by: 'kari', why })
    expect(Object.fromEntries(systems.map(({ system, state }) => [system, state]))).to.deep.include({ mailbox: 'by-hand', erp: 'waiting', web: 'by-hand' }).and.not.to.have.property('store')
  })

  it('leaves others alone who share an address or phone', async () => {
    const { customer } = await ingrid()
    const other = await arrive('c2', webhook({ navn: 'Per' }), message => save('customer', '7002', customerDocument({ name: 'Per' }), 'web', message))
    const company = await save('customer', '7003', { type: 'organisation', name: 'Elvegata AS', contacts: [{ name: 'Ingrid Solbakken', customer: { id: customer } }, { name: 'Per', email }] })
    await store.erase(customer, { by: 'kari', why })
    await end()
    expect((await store.find('customer', { id: other }))?.document).to.deep.include({ name: 'Per', emails: [{ value: email, primary: true }] })
    const [message] = await test.sql<{ body: Buffer }>(`select body from torg.message where key = 'c2'`)
    expect(message?.body.toString()).to.include(email)
    expect((await store.find('customer', { id: company.record.id }))?.document['contacts']).to.deep.equal([{ name: 'Per', email }])
  })

  it('hands out everything about a customer', async () => {
    const { customer, order, receipt } = await ingrid()
    await deliverAll(store)
    const found = await store.exportCustomer(customer)
    expect(found?.customer.document).to.deep.include({ emails: [{ value: email, primary: true }] })
    expect(Object.entries(found?.records ?? {}).map(([name, records]) => [name, records.map(({ id }) => id)])).to.deep.equal([['order', [order]], ['receipt', [receipt]]])
    expect(found?.messages.map(({ body }) => body)).to.deep.equal([webhook({}), webhook({ total: 12 })].map(({ body }) => body.toString()))
    expect(found?.deliveries.filter(({ acknowledgedAt }) => acknowledgedAt !== null).map(({ system, kind: name }) => [system, name])).to.have.deep.members([['erp', 'customer'], ['erp', 'order']])
    expect(await store.exportCustomer(order)).to.equal(null)
    expect((await rejection(store.erase(order, { by: 'kari', why }))).code).to.equal('request.not-found')
  })
})
