import { expect } from 'chai'
import { createServer } from 'node:http'
import type { Server } from 'node:http'
import type { RegisteredSource } from '../../runtime/hub.ts'
import { bringUp, faultOf } from './live.ts'
import type { Live } from './live.ts'

interface Item { id: number | null, changed: string }
type Poll = NonNullable<RegisteredSource['poll']>

const at = (second: number): string => new Date(Date.UTC(2026, 0, 1, 0, 0, second)).toISOString()

describe('rest poll', () => {
  let server: Server
  let base: string
  let live: Live | undefined
  let items: Item[]
  const asked: URL[] = []
  /** Two items per page, by whichever way the query asks for the next one. */
  let answer: (url: URL) => { body: unknown, headers?: Record<string, string> }

  beforeEach(async () => {
    items = []
    asked.length = 0
    answer = (url) => {
      const after = Date.parse(url.searchParams.get('updated_after') ?? '1970-01-01')
      const found = items.filter(({ changed }) => Date.parse(changed) > after).sort((a, b) => Date.parse(a.changed) - Date.parse(b.changed))
      const page = Number(url.searchParams.get('page') ?? url.searchParams.get('cursor')?.slice(1) ?? 1)
      const more = found.length > page * 2
      const next = new URLSearchParams(url.searchParams)
      next.set('page', String(page + 1))
      return { body: { data: found.slice((page - 1) * 2, page * 2), next: more ? `c${page + 1}` : null }, ...(more && { headers: { link: `<${url.pathname}?first>; rel="first", <${url.pathname}?${next}>; rel="next"` } }) }
    }
    server = createServer((request, response) => {
      const url = new URL(request.url ?? '/', 'http://localhost')
      asked.push(url)
      const { body, headers } = answer(url)
      response.writeHead(200, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body))
    })
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
    const address = server.address()
    base = `http://127.0.0.1:${typeof address === 'object' && address ? address.port : 0}/api`
  })
  afterEach(async () => {
    await live?.close()
    server.closeAllConnections()
    server.close()
  })

  const poll = (config: Record<string, unknown>): Poll => {
    live = bringUp({ connector: 'rest', type: 'rest poll', system: { baseUrl: base }, config: { path: '/orders', itemsPath: 'data', keyPath: 'id', timePath: 'changed', every: 5, overlap: 10, ...config } })
    return live.source().poll ?? expect.fail('it does not poll')
  }

  /** One round: pages until there are no more, the cursor stored as JSON between them. */
  async function round(source: Poll, cursor: unknown): Promise<{ events: (string | null)[], cursor: unknown, pages: number }> {
    const events: (string | null)[] = []
    for (let pages = 1; ; pages += 1) {
      const page = await source.next(cursor, new AbortController().signal)
      events.push(...page.items.map(({ eventId }) => eventId))
      cursor = JSON.parse(JSON.stringify(page.cursor))
      if (!page.more) return { events, cursor, pages }
    }
  }

  for (const paging of ['link', 'cursor', 'page'] as const) it(`reads every page: ${paging}`, async () => {
    items = [1, 2, 3, 4, 5].map(id => ({ id, changed: at(id) }))
    const { events, pages } = await round(poll({ paging, nextPath: 'next', nextParameter: 'cursor' }), null)
    expect(events).to.deep.equal([1, 2, 3, 4, 5].map(id => `${id}@${at(id)}`))
    expect(pages).to.equal(paging === 'page' ? 4 : 3)
    expect(asked.every(url => url.pathname === '/api/orders' && url.searchParams.get('updated_after') === '1970-01-01T00:00:00.000Z'), 'the window stays the same over all pages').to.equal(true)
  })
  it('asks again from the newest time less the overlap; what is seen again has the same event id', async () => {
    const source = poll({ paging: 'link' })
    items = [{ id: 1, changed: at(1) }, { id: 2, changed: at(30) }]
    const first = await round(source, null)
    items.push({ id: 3, changed: at(25) }, { id: 1, changed: at(40) })
    const second = await round(source, first.cursor)
    expect(asked.at(-1)?.searchParams.get('updated_after') ?? asked.at(-2)?.searchParams.get('updated_after')).to.equal(at(20))
    expect(second.events).to.deep.equal([`3@${at(25)}`, `2@${at(30)}`, `1@${at(40)}`])
  })
  it('goes on at the page where it stopped', async () => {
    const source = poll({ paging: 'link' })
    items = [1, 2, 3, 4].map(id => ({ id, changed: at(id) }))
    const first = await source.next(null, new AbortController().signal)
    expect(first.more).to.equal(true)
    await live?.close()
    const again = await round(poll({ paging: 'link' }), first.cursor)
    expect(again.events).to.deep.equal([3, 4].map(id => `${id}@${at(id)}`))
    expect(again.cursor).to.deep.include({ since: at(4), page: null })
  })
  it('keeps its place when a round finds nothing', async () => {
    const source = poll({})
    items = [{ id: 1, changed: at(50) }]
    const first = await round(source, null)
    items = []
    expect((await round(source, first.cursor)).cursor).to.deep.equal(first.cursor)
  })
  it('writes the time as the system wants it', async () => {
    for (const [cursorFormat, expected] of [['iso-seconds', '2026-01-01T00:00:00Z'], ['date', '2026-01-01'], ['seconds', '1767225600'], ['milliseconds', '1767225600000']]) {
      await round(poll({ cursorFormat, query: { since: '{cursor}', fields: 'all' }, start: '2026-01-01' }), null)
      expect(asked.at(-1)?.searchParams.get('since')).to.equal(expected)
      await live?.close()
    }
  })
  it('tells items apart by content where there is no time, and finds no key where there is none', async () => {
    const source = poll({ timePath: '' })
    items = [{ id: 1, changed: at(1) }, { id: null, changed: at(2) }]
    const first = await round(source, null)
    expect(first.events[0]).to.match(/^1@[0-9a-f]{32}$/)
    expect(first.events[1]).to.match(/^@[0-9a-f]{32}$/)
    expect((await round(source, first.cursor)).events).to.deep.equal(first.events)
    items = [{ id: 1, changed: at(3) }]
    expect((await round(source, first.cursor)).events[0]).not.to.equal(first.events[0])
  })
  it('refuses an answer without a list, a page that leads to itself, and a link to another host', async () => {
    answer = () => ({ body: { error: 'none' } })
    expect((await faultOf(() => round(poll({}), null))).code).to.equal('system.refused')
    await live?.close()
    answer = () => ({ body: { data: [], next: 'same' } })
    expect((await faultOf(() => round(poll({ paging: 'cursor' }), null))).message).to.contain('same next page')
    await live?.close()
    answer = () => ({ body: { data: [], next: 'http://127.0.0.1:9/steal' } })
    expect((await faultOf(() => round(poll({ paging: 'cursor' }), null))).message).to.contain('another host')
  })
})
