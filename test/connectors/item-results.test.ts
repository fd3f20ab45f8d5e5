import { expect } from 'chai'
import { readItemResults } from '../../nodes/rest/item-results.ts'

describe('results of the items of a batch', () => {
  const config = { itemList: 'results', itemKey: '', itemStatus: 'status', itemDone: 'ok, created', itemAgain: 'busy', itemError: 'error', itemField: 'field' }
  const sent = [{ number: '1' }, { number: '2' }]
  const codes = (answer: unknown, over: Partial<typeof config> = {}, removing = false): (string | null | undefined)[] | null =>
    readItemResults(answer, { config: { ...config, ...over }, system: 'erp', sent, removing })?.map(said => said && (said.error?.code ?? null)) ?? null

  it('are told by HTTP status, truth or word', () => {
    const pairs: [unknown, string | null][] = [
      [200, null], ['201', null], [true, null], ['OK', null], ['created', null],
      [422, 'system.refused'], [404, 'system.refused'], [false, 'system.refused'], ['rejected', 'system.refused'], [{}, 'system.refused'],
      [503, 'system.unavailable'], [408, 'system.unavailable'], ['busy', 'system.unavailable'], [429, 'system.throttled'], [409, 'system.conflict'], [401, 'system.credentials'],
    ]
    for (const [status, code] of pairs) expect(codes({ results: [{ status }, { status: 200 }] }), String(status)).to.deep.equal([code, null])
    expect(codes({ results: [{ status: 404 }, { status: 410 }] }, {}, true)).to.deep.equal([null, null])
  })

  it('are told by the error where there is no status', () => {
    expect(codes({ results: [{ error: null }, { error: { message: 'No.' } }] }, { itemStatus: '' })).to.deep.equal([null, 'system.refused'])
    expect(codes([{}, { error: 'No.' }], { itemList: '' })).to.deep.equal([null, 'system.refused'])
  })

  it('belong to their items by order or by a field; of some nothing is said', () => {
    expect(codes({ results: [{ number: 2, status: 422 }] }, { itemKey: 'number' })).to.deep.equal([undefined, 'system.refused'])
    expect(() => codes({ results: [{ status: 422 }] })).to.throw('1 results at results for 2 items')
    expect(codes({ error: 'all of it' })).to.equal(null)
  })

  it('point at the field at fault', () => {
    const [said] = readItemResults({ results: [{ status: 422, error: 'unknown', field: 'number' }, { status: 200 }] }, { config, system: 'erp', sent, removing: false }) ?? []
    expect(said?.error).to.deep.include({ pointer: '/number', value: '1' })
    expect(said?.error?.message).to.equal('erp did not take the item: unknown')
  })
})
