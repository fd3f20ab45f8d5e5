import { expect } from 'chai'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { kinds, type Order } from '../../runtime/model/index.ts'
import { orderExample } from '../../runtime/model/kinds/order-example.ts'
import { kind } from './support.ts'

/** A copy of the example order, changed. */
function changed(change: (order: Order) => void): Record<string, unknown> {
  const order = structuredClone(orderExample)
  change(order)
  return { ...order }
}

function first<T>(list: readonly T[] | undefined): T {
  const [item] = list ?? []
  if (item === undefined) throw new Error('the example has no such element')
  return item
}

describe('kinds', () => {
  for (const each of kinds.values()) {
    describe(each.name, () => {
      it('has a published schema that plain Ajv for draft 2020-12 accepts', () => {
        const ajv = new Ajv2020({ strict: false, validateFormats: false })
        expect(each.schema.$schema).to.equal('https://json-schema.org/draft/2020-12/schema')
        expect(each.schema.$id).to.equal(each.schemaId)
        expect(ajv.validateSchema(each.schema)).to.equal(true)
        expect(ajv.compile(each.schema)(each.example)).to.equal(true)
      })
      it('has an example that is valid and checked', () => {
        expect(each.validate(each.example)).to.deep.equal([])
        expect(each.examine(each.example)).to.deep.equal({ findings: [], fault: null })
      })
      it('is labelled in three languages', () => {
        expect(Object.values(each.label).every(text => text.length > 0)).to.equal(true)
      })
      it('points its links at places of the schema', () => {
        for (const pointer of each.rules.links) expect(pointer).to.match(/^(\/([a-zA-Z]+|\*))+$/)
      })
    })
  }

  it('marks personal data', () => {
    const { $defs } = kind('customer').schema
    expect($defs).to.have.nested.property('Email.pii', true)
    expect($defs).to.have.nested.property('Phone.pii', true)
  })
})

describe('validation of a document', () => {
  const order = kind('order')
  it('names an unknown field and the one that was meant', () => {
    expect(order.validate({ ...order.example, chanel: 'web' })).to.deep.equal([{ detail: 'The document has an unknown field chanel. Did you mean channel?', pointer: '/chanel', value: 'web', rule: 'additionalProperties' }])
  })
  it('finds everything at once, each with pointer and value', () => {
    const found = order.validate({ channel: 'web', currency: 'nok', taxMode: 'gros', totals: { net: { amount: 1, currency: 'NOK' }, tax: { amount: '1,00', currency: 'NOK' } } })
    expect(found.map(({ pointer }) => pointer)).to.have.members(['/currency', '/taxMode', '/totals/gross', '/totals/net/amount', '/totals/tax/amount'])
    expect(found.find(({ pointer }) => pointer === '/taxMode')?.detail).to.equal('/taxMode is "gros"; it must be one of gross, net. Did you mean gross?')
    expect(found.find(({ pointer }) => pointer === '/totals/net/amount')?.detail).to.contain('an amount written as text')
  })
  it('keeps ext open inside a namespace, and only there', () => {
    expect(order.validate({ ...order.example, ext: { acme: { anything: [1, { deep: null }] } } })).to.deep.equal([])
    expect(order.validate({ ...order.example, ext: { acme: 'text' } })).to.have.length(1)
    expect(order.validate({ ...order.example, ext: { 'No Namespace': {} } }).length).to.be.greaterThan(0)
  })
  it('takes a link by id or by reference, not both', () => {
    const withCustomer = (customer: unknown) => order.validate({ ...order.example, buyer: { customer } })
    expect(withCustomer({ id: '0199f3a0-0000-7000-8000-000000000001' })).to.deep.equal([])
    expect(withCustomer({ ref: { system: 'crm', kind: 'customer', id: '7' } })).to.deep.equal([])
    expect(withCustomer({}).length).to.equal(1)
    expect(withCustomer({ id: '0199f3a0-0000-7000-8000-000000000001', ref: { id: '7' } }).length).to.equal(1)
  })
  it('refuses what is no object', () => {
    for (const value of [null, [], 'order', 7]) expect(order.validate(value)).to.have.length(1)
  })
})

describe('sums of an order', () => {
  const { examine } = kind('order')
  const checked = (document: Record<string, unknown>) => {
    const { findings, fault } = examine(document)
    expect(findings).to.deep.equal([])
    return fault
  }
  it('asks for none of a document that does not fit', () => {
    const { findings, fault } = examine({ ...changed(order => { first(order.lines).totals.gross.amount = '1050.00' }), currency: 'nok' })
    expect(findings).to.have.length(1)
    expect(fault).to.equal(null)
  })

  it('refuses a line that does not add up, with pointer, value and what it should be', () => {
    const error = checked(changed(order => { first(order.lines).totals.gross.amount = '1050.00' }))
    expect(error).to.include({ code: 'model.totals', pointer: '/lines/0/totals/gross/amount', value: '1050.00' })
    expect(error?.message).to.contain('1039.20 NOK').and.contain('a difference of 10.80')
  })
  it('tolerates one minor unit per rounding, and no more', () => {
    expect(checked(changed(order => { order.totals.gross.amount = '1385.21' }))).to.equal(null)
    expect(checked(changed(order => { order.totals.gross.amount = '1385.24' }))?.code).to.equal('model.totals')
  })
  it('counts discounts, and says so', () => {
    const error = checked(changed(order => { delete first(order.lines).discounts; delete order.totals.discount }))
    expect(error).to.include({ code: 'model.totals', pointer: '/lines/0/totals/gross/amount' })
  })
  it('checks the discount of the whole against lines and charges', () => {
    expect(checked(changed(order => { order.totals.discount = { amount: '100.00', currency: 'NOK' } }))).to.include({ pointer: '/totals/discount/amount' })
  })
  it('checks a tax total against its rows', () => {
    expect(checked(changed(order => { first(first(order.lines).taxes).amount.amount = '200.00' }))).to.include({ pointer: '/lines/0/totals/tax/amount' })
  })
  it('refuses a second currency wherever it stands', () => {
    expect(checked(changed(order => { first(order.payments).authorised = { amount: '1.00', currency: 'SEK' } }))).to.include({ code: 'model.totals', pointer: '/payments/0/authorised/currency', value: 'SEK' })
  })
  it('leaves money in ext alone', () => {
    expect(checked(changed(order => { order.ext = { acme: { paid: { amount: '1.00', currency: 'SEK' } } } }))).to.equal(null)
  })
  it('refuses totals with more decimals than the currency has', () => {
    const isk = (amount: string) => ({ amount, currency: 'ISK' })
    const order = { channel: 'web', currency: 'ISK', taxMode: 'gross', totals: { net: isk('800.5'), tax: isk('199.5'), gross: isk('1000') } }
    expect(checked(order)?.message).to.contain('at most 0 decimals')
  })
  it('adds net prices up, with a tax for the whole order on top', () => {
    const usd = (amount: string) => ({ amount, currency: 'USD' })
    const order = (tax: string, gross: string) => ({
      channel: 'web', currency: 'USD', taxMode: 'net',
      lines: [{ id: '1', name: 'Cup', quantity: { value: '3', unit: 'H87' }, unitPrice: usd('33.333'), totals: { net: usd('100.00'), tax: usd('0.00'), gross: usd('100.00') } }],
      taxes: [{ rate: '0.06', amount: usd('6.00') }],
      totals: { net: usd('100.00'), tax: usd(tax), gross: usd(gross) },
    })
    expect(checked(order('6.00', '106.00'))).to.equal(null)
    expect(checked(order('0.00', '100.00'))).to.include({ code: 'model.totals', pointer: '/totals/tax/amount' })
  })
  it('takes a tax for the whole order out of gross prices', () => {
    const sek = (amount: string) => ({ amount, currency: 'SEK' })
    expect(checked({
      channel: 'web', currency: 'SEK', taxMode: 'gross',
      lines: [{ id: '1', name: 'Kopp', quantity: { value: '1', unit: 'H87' }, unitPrice: sek('125.00'), totals: { net: sek('125.00'), tax: sek('0.00'), gross: sek('125.00') } }],
      taxes: [{ rate: '0.25', amount: sek('25.00') }],
      totals: { net: sek('100.00'), tax: sek('25.00'), gross: sek('125.00') },
    })).to.equal(null)
  })
  it('checks only net + tax where the source gives no lines', () => {
    const eur = (amount: string) => ({ amount, currency: 'EUR' })
    const order = (gross: string) => ({ channel: 'web', currency: 'EUR', taxMode: 'net', totals: { net: eur('80.00'), tax: eur('20.00'), gross: eur(gross) } })
    expect(checked(order('100.00'))).to.equal(null)
    expect(checked(order('120.00'))?.code).to.equal('model.totals')
  })
  it('does not lose precision with large amounts', () => {
    const nok = (amount: string) => ({ amount, currency: 'NOK' })
    const order = (gross: string) => ({ channel: 'web', currency: 'NOK', taxMode: 'gross', totals: { net: nok('999999999999999.01'), tax: nok('0.00'), gross: nok(gross) } })
    expect(checked(order('999999999999999.01'))).to.equal(null)
    expect(checked(order('999999999999999.04'))?.code).to.equal('model.totals')
  })
  it('refuses a fulfilment of a line that is not there, and a state its type does not have', () => {
    expect(checked(changed(order => { first(first(order.fulfilments).lines).line = '9' }))).to.include({ code: 'validation.schema', pointer: '/fulfilments/0/lines/0/line' })
    expect(checked(changed(order => { first(order.fulfilments).state = 'collected' }))).to.include({ code: 'validation.schema', pointer: '/fulfilments/0/state' })
  })
})

describe('states of an order', () => {
  const order = kind('order')
  const after = (change: (order: Order) => void) => order.checkChange(order.example, changed(change))
  it('derives the status', () => {
    expect(order.status(order.example)).to.deep.equal({ order: 'confirmed', payment: 'authorised', fulfilment: 'partial' })
    expect(order.status(changed(draft => { delete draft.placedAt; delete draft.confirmedAt; delete draft.fulfilments; delete draft.payments }))).to.deep.equal({ order: 'draft', payment: 'none', fulfilment: 'none' })
    expect(order.status(changed(done => { first(done.fulfilments).lines = [{ line: '1', quantity: { value: '1', unit: 'H87' } }, { line: '2', quantity: { value: '3', unit: 'H87' } }] }))?.fulfilment).to.equal('complete')
  })
  it('derives it from an order of an earlier schema, and from nothing that says something else', () => {
    const { lines, payments, fulfilments, confirmedAt } = changed(() => undefined)
    expect(order.status({ confirmedAt, lines, payments, fulfilments, once: 'a field' })).to.deep.equal({ order: 'confirmed', payment: 'authorised', fulfilment: 'partial' })
    expect(order.status({ confirmedAt, payments: 'captured' })).to.equal(null)
  })
  it('lets a system skip steps, but not go back', () => {
    expect(after(next => { first(next.payments).state = 'refunded' })).to.equal(null)
    expect(after(next => { first(next.fulfilments).state = 'picking' })).to.include({ code: 'model.transition', pointer: '/fulfilments/0/state' })
    expect(after(next => { delete next.confirmedAt })?.message).to.contain('from confirmed to placed')
  })
  it('does not cancel what is already handed over', () => {
    expect(after(next => { next.cancelledAt = '2025-11-04T10:00:00Z' })).to.include({ code: 'model.transition', pointer: '/cancelledAt' })
  })
})
