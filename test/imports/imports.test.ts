import { expect } from 'chai'
import { compileRoles } from '../../runtime/project/index.ts'
import { pino } from 'pino'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { kinds } from '../../runtime/model/index.ts'
import { createRemovalDuty } from '../../runtime/imports/index.ts'
import type { Import } from '../../runtime/store/import-types.ts'
import type { EntityWrite, SaveOutcome } from '../../runtime/store/types.ts'
import { TorgError } from '../../runtime/errors.ts'
import { call, startApi, type Answer, type RunningApi } from '../api/harness.ts'
import { aSubscription, aWrite, claimDeliveries, configure, deliverAll, openTestStore, type TestStore } from '../store/support.ts'
import { torg } from '../support/torg.ts'
import { until } from '../support/until.ts'
import { importsIn } from './support.ts'

const ndjson = { 'content-type': 'application/x-ndjson' }
const csv = { 'content-type': 'text/csv' }
const plain = { 'content-type': 'application/json' }

const location = (id: string, over: object = {}): object => ({ refs: [{ id }], code: `store-${id}`, type: 'store', name: `Store ${id}`, ...over })
const lines = (...rows: (object | string)[]): string => rows.map(row => typeof row === 'string' ? row : JSON.stringify(row)).join('\n')

describe('imports', () => {
  let test: TestStore
  let api: RunningApi
  let duty: AbortController
  let failing: ((write: EntityWrite) => boolean) | undefined
  const save = async (writes: EntityWrite[]): Promise<SaveOutcome[]> => {
    if (writes.some(write => failing?.(write))) throw new TorgError('system.refused', 'Not this one.')
    return test.store.save(writes)
  }
  before(async () => {
    test = await openTestStore()
    const { store } = test
    const flows = [{ id: 'n1', type: 'map', name: 'Stores', mapping: { from: 'any', to: 'torg:location', rules: [{ to: 'refs[0].id', from: 'nr' }, { to: 'code', from: 'nr' }, { to: 'type', value: 'store' }, { to: 'name', from: 'navn' }] } }]
    api = await startApi({ store, imports: importsIn(store, save, { flows }) })
    duty = new AbortController()
    void createRemovalDuty({ store, save, log: pino({ level: 'silent' }) }).run(duty.signal)
  })
  after(async () => {
    duty.abort()
    await api.close()
    await test.close()
  })
  beforeEach(async () => {
    failing = undefined
    await configure(test.store, [aSubscription('erp', { kind: 'location' }), aSubscription('pos', { kind: 'location' })], { kinds: { location: { fact: false, links: [] } } })
    await test.sql('truncate torg.record, torg.reference, torg.delivery, torg.work, torg.import, torg.import_error, torg.import_seen, torg.import_absent cascade')
  })

  const send = (query: string, body: string | Buffer, headers: Record<string, string> = ndjson): Promise<Answer> => call(`${api.url}/api/v1/imports?${query}`, { method: 'POST', headers, body })
  const again = (id: string, body: string): Promise<Answer> => call(`${api.url}/api/v1/imports/${id}/lines`, { method: 'POST', headers: { 'content-type': 'application/octet-stream' }, body })
  const declare = async (over: object = {}): Promise<Record<string, unknown>> =>
    (await call(`${api.url}/api/v1/imports`, { method: 'POST', headers: plain, body: JSON.stringify({ kind: 'location', system: 'erp', mode: 'partial', ...over }) })).json()
  const act = (id: unknown, action: string): Promise<Answer> => call(`${api.url}/api/v1/imports/${String(id)}/${action}`, { method: 'POST' })
  const errorsOf = async (id: unknown): Promise<unknown[]> => {
    const { items } = (await call(`${api.url}/api/v1/imports/${String(id)}/errors`)).json()
    return Array.isArray(items) ? items.map(({ line, error }: { line: number, error: { code: string, pointer?: string } }) => [line, error.code, error.pointer]) : []
  }
  const full = 'kind=location&system=erp&mode=full'
  const partial = 'kind=location&system=erp&mode=partial'
  const ended = async (id: unknown): Promise<Import> => {
    await until(async () => (await test.store.import(String(id)))?.state === 'done')
    return await test.store.import(String(id)) ?? expect.fail('it is gone')
  }
  const living = async (): Promise<string[]> => (await test.sql<{ id: string }>('select external_id as id from torg.reference f join torg.record r on r.id = f.record_id where r.deleted_at is null order by 1')).map(({ id }) => id)
  const many = (count: number): object[] => Array.from({ length: count }, (_, index) => location(String(index + 1).padStart(3, '0')))

  it('takes files of a key\'s own system and kinds, and tells it of no others', async () => {
    const headersFor = async (scopes: string[], system?: string): Promise<Record<string, string>> => {
      const { key } = (await call(`${api.url}/api/v1/keys`, { method: 'POST', headers: plain, body: JSON.stringify({ name: 'One', scopes, ...(system !== undefined && { system }) }) })).json()
      return { authorization: `Bearer ${String(key)}` }
    }
    const line = JSON.stringify({ ...kinds.get('location')?.example, refs: [{ system: 'erp', kind: 'location', id: 'L1' }] })
    const [erp, wms, reader] = [await headersFor(['write:location'], 'erp'), await headersFor(['write:*'], 'wms'), await headersFor(['read:*'])]
    const sent = await send('kind=location&mode=partial', line, { ...ndjson, ...erp })
    expect(sent.json()).to.include({ state: 'done', system: 'erp', created: 1 })
    const { id } = sent.json()
    const at = (path: string, headers: Record<string, string>, method = 'GET'): Promise<Answer> => call(`${api.url}/api/v1/imports${path}`, { method, headers })
    expect((await at(`/${String(id)}`, erp)).json()).to.include({ id, rows: 1 })
    for (const path of [`/${String(id)}`, `/${String(id)}/errors`]) {
      expect((await at(path, wms)).status, path).to.equal(404)
      expect((await at(path, reader)).status, path).to.equal(403)
    }
    expect((await at(`/${String(id)}/cancel`, wms, 'POST')).status).to.equal(404)
    for (const headers of [erp, wms, reader]) {
      expect((await at('', headers)).status).to.equal(403)
      expect((await at(`/${String(id)}/confirm`, headers, 'POST')).status).to.equal(403)
    }
    expect((await send('kind=location&system=wms&mode=partial', line, { ...ndjson, ...erp })).json()).to.include({ status: 403, detail: 'This key sends the files of erp only.' })
    expect((await send('kind=price&mode=partial', line, { ...ndjson, ...erp })).json()).to.include({ status: 403, detail: 'This key lacks the scope write:price.' })
    expect((await call(`${api.url}/api/v1/imports`, { method: 'POST', headers: { ...plain, ...erp }, body: JSON.stringify({ kind: 'location', mode: 'partial', mapping: { from: 'any', to: 'torg:location', rules: [] } }) })).status).to.equal(403)
  })

  it('save good lines, and keep bad ones with line, place and reason', async () => {
    failing = ({ refs }) => refs[0]?.id === '4'
    const { status, json } = await send(partial, lines(location('1'), 'nonsense', location('2', { naem: 'x' }), '', location('3'), location('4'), { ...location('5'), refs: [] }))
    expect(status).to.equal(201)
    expect(json()).to.include({ state: 'done', line: 7, rows: 6, created: 2, failed: 4, unreadable: 2, mode: 'partial', by: 'admin' })
    expect(await errorsOf(json()['id'])).to.deep.equal([[2, 'message.not-json', undefined], [3, 'validation.schema', '/naem'], [6, 'system.refused', undefined], [7, 'model.no-reference', '/refs']])
    expect(await living()).to.deep.equal(['1', '3'])
  })

  it('raise deliveries for others, and none for what they did not change; the message of a change is the import', async () => {
    const first = (await send(partial, lines(...many(3)))).json()
    expect((await deliverAll(test.store, 'pos.out')).map(({ messageId }) => messageId)).to.deep.equal([first['id'], first['id'], first['id']])
    expect(await claimDeliveries(test.store, 'erp.out')).to.deep.equal([])
    const second = (await send(partial, lines(...many(2), location('003', { name: 'New' }), { refs: [{ id: '001' }], deletedAt: '2026-01-01T00:00:00Z' }))).json()
    expect(second).to.include({ created: 0, updated: 1, unchanged: 2, removed: 1, failed: 0 })
    expect((await deliverAll(test.store, 'pos.out')).map(({ operation, record }) => [operation, record.refs[0]?.id]).sort()).to.deep.equal([['remove', '001'], ['upsert', '003']])
  })

  it('take gzip, CSV by its header, and CSV through the mapping of a node', async () => {
    expect((await send(partial, gzipSync(lines(location('1'))), { ...ndjson, 'content-encoding': 'gzip' })).json()).to.include({ created: 1 })
    expect((await send(partial, 'refs[0].id;code;type;name\n2;b;store;Å\n', csv)).json()).to.include({ created: 1, failed: 0 })
    expect((await send(`${partial}&mapping=Stores`, 'nr,navn\n3,Cæ\n', csv)).json()).to.include({ created: 1, failed: 0 })
    expect((await test.store.find('location', { ref: { system: 'erp', kind: 'location', id: '3' } }))?.document['name']).to.equal('Cæ')
    expect((await send(partial, Buffer.from('no gzip at all'), { ...ndjson, 'content-encoding': 'gzip' })).status).to.be.greaterThanOrEqual(400)
  })

  it('refuse wrong declarations', async () => {
    const cases: [over: object, code: string, pointer: string][] = [
      [{ kind: 'locatoin' }, 'request.invalid', '/kind'], [{ mode: 'whole' }, 'request.invalid', '/mode'], [{ system: 'epr' }, 'system.unknown', '/system'], [{ format: 'xml' }, 'request.invalid', '/format'],
      [{ kind: 'receipt', mode: 'full' }, 'request.invalid', '/mode'], [{ mapping: 'Shops' }, 'request.invalid', '/mapping'], [{ mapping: { rules: 1 } }, 'mapping.invalid', ''], [{ dryrun: true }, 'request.invalid', '/dryrun'],
    ]
    for (const [over, code] of cases) expect(await declare(over)).to.include({ code })
    for (const [over, , pointer] of cases.slice(0, 6)) expect(await declare(over)).to.include({ pointer })
    expect((await send(partial, 'code,nmae\n', csv)).json()).to.include({ code: 'request.invalid' })
    expect(await test.store.imports({ limit: 10 })).to.have.length(1)
  })

  it('are one at a time for a kind and system', async () => {
    const { id } = await declare()
    expect(await declare()).to.include({ code: 'request.conflict', status: 409 })
    expect(await declare({ system: 'wms' })).to.include({ state: 'waiting' })
    expect((await act(id, 'cancel')).json()).to.include({ state: 'cancelled' })
    expect((await act(id, 'cancel')).status).to.equal(409)
    expect((await again(String(id), '')).status).to.equal(409)
    expect(await declare()).to.include({ state: 'waiting' })
  })

  it('go on behind the last settled line when the same file is sent again, and refuse another file', async () => {
    const rows = many(1_200)
    const { id } = await declare()
    const { store } = test
    const cut = importsIn(store, save)
    // The connection ends in the middle of the second batch.
    async function* broken(): AsyncGenerator<Buffer> {
      yield Buffer.from(`${lines(...rows.slice(0, 500))}\n`)
      throw new Error('aborted')
    }
    await cut.receive(String(id), broken()).then(() => expect.fail('it went on'), () => undefined)
    expect(await store.import(String(id))).to.include({ state: 'waiting', line: 500, created: 500, reason: 'aborted' })
    expect((await again(String(id), lines(location('000'), ...rows.slice(1)))).json()).to.include({ code: 'request.conflict' })
    expect((await again(String(id), lines(...rows.slice(0, 10)))).json()).to.include({ code: 'request.conflict' })
    const done = (await again(String(id), lines(...rows))).json()
    expect(done).to.include({ state: 'done', line: 1_200, rows: 1_200, created: 1_200, unchanged: 0 })
    expect((await living()).length).to.equal(1_200)
  })

  it('are taken up again at once by the next process where the one that received was killed', async () => {
    const { id } = await declare()
    await test.store.receiveImport({ id: String(id), receiver: crypto.randomUUID() }, 60_000)
    expect((await again(String(id), lines(location('1')))).json()).to.include({ code: 'request.conflict' })
    await test.sql('update torg.import set held_until = now() - interval \'1 second\'')
    expect((await call(`${api.url}/api/v1/imports/${String(id)}`)).json()).to.include({ state: 'waiting', reason: 'The hub that received it was stopped.' })
    expect((await again(String(id), lines(location('1')))).json()).to.include({ state: 'done', created: 1 })
  })

  it('say why their thread ended, once its hold has run out', async () => {
    const { id } = await declare()
    const { store } = test
    const ending: TorgError[] = [new TorgError('request.conflict', 'Somebody else has it.'), new TorgError('hub.unavailable', 'The thread ended: out of memory.')]
    const imports = { ...importsIn(store, save), receive: async () => { throw ending.pop() } }
    const own = await startApi({ store, imports })
    try {
      await store.receiveImport({ id: String(id), receiver: crypto.randomUUID() }, 60_000)
      for (const status of [503, 409]) expect((await call(`${own.url}/api/v1/imports/${String(id)}/lines`, { method: 'POST', body: 'x' })).status).to.equal(status)
      expect(await store.import(String(id))).to.include({ state: 'receiving', reason: null })
      await test.sql('update torg.import set held_until = now() - interval \'1 second\'')
      expect(await store.import(String(id))).to.include({ state: 'waiting', reason: 'The thread ended: out of memory.' })
      expect((await again(String(id), lines(location('1')))).json()).to.include({ state: 'done', reason: null })
    } finally {
      await own.close()
    }
  })

  describe('of full files', () => {
    it('remove what is absent, but neither what others saved, nor what is newer, nor refused lines', async () => {
      await send(partial, lines(...many(10)))
      await test.store.save([aWrite('w1', { code: 'w' }, { kind: 'location', system: 'wms', refs: [{ system: 'wms', kind: 'location', id: 'w1' }] })])
      await deliverAll(test.store, 'pos.out')
      const { id } = (await send(full, lines(...many(8), location('009', { naem: 1 })))).json()
      expect(await ended(id)).to.include({ removed: 1, absent: 1, known: 10, failed: 1, kept: 0 })
      expect(await living()).to.deep.equal(['001', '002', '003', '004', '005', '006', '007', '008', '009', 'w1'])
      expect((await deliverAll(test.store, 'pos.out')).map(({ operation }) => operation)).to.deep.equal(['remove'])
      expect(await test.sql('select 1 from torg.import_seen union all select 1 from torg.import_absent')).to.deep.equal([])
    })

    it('wait for a person where too much is absent', async () => {
      await send(partial, lines(...many(10)))
      const waiting = (await send(full, lines(...many(7)))).json()
      expect(waiting).to.include({ state: 'confirm', absent: 3, known: 10, removed: 0 })
      expect(waiting['reason']).to.include('3 of 10 records, more than 20 %')
      expect(await declare()).to.include({ code: 'request.conflict' })
      expect((await act(waiting['id'], 'confirm')).json()).to.include({ state: 'removing' })
      expect(await ended(waiting['id'])).to.include({ removed: 3, endedBy: 'admin' })
      expect((await act(waiting['id'], 'confirm')).status).to.equal(409)
    })

    it('wait for a person where a line could not be read', async () => {
      await send(partial, lines(...many(10)))
      expect((await send(full, lines(...many(9), '{'))).json()).to.include({ state: 'confirm', absent: 1, unreadable: 1 })
    })

    it('leave what its system may not remove', async () => {
      await configure(test.store, [], { roles: compileRoles([{ kind: 'location', field: 'deletedAt', masters: ['wms'] }]), kinds: { location: { fact: false, links: [] } } })
      await send(partial, lines(...many(10)))
      expect(await ended((await send(full, lines(...many(9)))).json()['id'])).to.include({ removed: 0, kept: 1 })
      expect((await living()).length).to.equal(10)
    })

    it('change nothing in a dry run, and say what they would remove', async () => {
      await send(partial, lines(...many(10)))
      expect((await send(`${full}&dryRun=true`, lines(...many(2), location('011', { naem: 1 })))).json()).to.include({ state: 'done', rows: 3, failed: 1, created: 0, absent: 8, removed: 0 })
      expect((await living()).length).to.equal(10)
    })
  })

  describe('by torg', () => {
    let folder: string
    beforeEach(async () => { folder = await mkdtemp(join(tmpdir(), 'torg imports ')) })
    afterEach(async () => { await rm(folder, { recursive: true, force: true }) })
    const run = (...args: string[]) => torg(args, { env: { PUBLIC_URL: api.url } })

    it('are sent as a file, shown, and confirmed', async () => {
      const [file, mapping] = [join(folder, 'stores.csv.gz'), join(folder, 'mapping.json')]
      await writeFile(file, gzipSync('nr,navn\n1,A\n2,B\n3\n'))
      await writeFile(mapping, JSON.stringify({ from: 'any', to: 'torg:location', rules: [{ to: 'refs[0].id', from: 'nr' }, { to: 'code', from: 'nr' }, { to: 'type', value: 'store' }, { to: 'name', from: 'navn' }] }))
      const sent = await run('import', file, '--kind', 'location', '--system', 'erp', '--mapping', mapping)
      expect(sent).to.include({ code: 1, err: '' })
      expect(sent.out).to.match(/3 lines: 2 created, 0 updated, 0 unchanged, 1 refused/)
      const [id = ''] = /[0-9a-f]{8}-[0-9a-f-]{27}/.exec(sent.out) ?? []
      expect((await run('imports', 'show', id)).out).to.include('line 4: Line 4 has 1 cells, but the header has 2 columns.')
      const less = join(folder, 'stores.ndjson')
      await writeFile(less, lines(location('1')))
      const full = await run('import', less, '--kind', 'location', '--system', 'erp', '--full', '--json')
      const waiting = JSON.parse(full.out) as Import
      expect({ ...waiting, code: full.code }).to.include({ code: 1, state: 'confirm', absent: 1, known: 2 })
      expect((await run('imports', 'confirm', waiting.id)).code).to.equal(0)
      expect(await ended(waiting.id)).to.include({ removed: 1 })
    })

    it('link references', async () => {
      await send(partial, lines(location('1'), location('2')))
      const file = join(folder, 'ids.csv')
      await writeFile(file, 'id,ref.system,ref.id\nW1,erp,1\nW9,erp,9\n')
      const { code, out } = await run('refs', 'import', file, '--kind', 'location', '--system', 'wms')
      expect(code).to.equal(1)
      expect(out).to.include('2 lines: 1 linked, 0 known already, 1 refused.').and.include('line 3: There is no location 9 of erp.')
      expect(await test.store.find('location', { ref: { system: 'wms', kind: 'location', id: 'W1' } })).to.nested.include({ 'document.code': 'store-1' })
    })
  })
})
