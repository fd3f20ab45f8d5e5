import { expect } from 'chai'
import type { Browser, Locator, Page } from 'playwright-core'
import { ask } from '../faults/hub-process.ts'
import { createTestDatabase } from '../support/database.ts'
import { startReferenceHub, type ReferenceHub } from '../support/reference-hub.ts'
import { until } from '../support/until.ts'
import { launchBrowser, openEditor, type OpenEditor } from './support.ts'

/** What it shows is asked every three seconds, and the machine may be busy. */
const soon = { timeout: 20_000 }

describe('the Deliveries sidebar in the editor', function () {
  this.timeout(120_000)
  let reference: ReferenceHub
  let browser: Browser
  let editor: OpenEditor | undefined
  /** The order that the webshop placed, and one that the ERP refused. */
  let number = ''
  let refused = ''
  /** Two prices, that order, and its customer. */
  let failed = 0

  const post = (url: string, body?: unknown): Promise<Response> => ask(url, { method: 'POST', redirect: 'manual', headers: { 'content-type': 'application/json' }, ...(body !== undefined && { body: JSON.stringify(body) }) })
  const twin = (system: string): string => reference.twins[system] ?? ''
  const hubSays = async (path: string): Promise<Record<string, unknown>> => (await ask(`${reference.hub.url}/api/v1${path}`)).json() as Promise<Record<string, unknown>>
  const letters = async (): Promise<{ id: string, type: string, node: string }[]> => (await hubSays('/dead-letters'))['items'] as { id: string, type: string, node: string }[]
  const buy = async (): Promise<string> => {
    await post(`${twin('webshop-no')}/place?collect=false`)
    const { orders } = await (await ask(`${twin('webshop-no')}/orders.json`)).json() as { orders: { order_number: number }[] }
    return String(orders.at(-1)?.order_number)
  }
  const salesDocument = async (of: string): Promise<unknown> => {
    const { collections } = await (await ask(`${twin('erp')}/_twin/state`)).json() as { collections: Record<string, { id: string }[]> }
    return collections['sales-documents']?.find(({ id }) => id === of)
  }
  const tellPrice = (id: string, price: string): Promise<Response> => post(`${twin('erp')}/_twin/edit/prices/${id}`, { PriceNo: id, ItemNo: id, UnitPrice: price, CurrencyCode: 'NOK', Contact: 'Kari Nordmann' })

  before(async () => {
    browser = await launchBrowser()
    const { url } = await createTestDatabase()
    reference = await startReferenceHub({ databaseUrl: url, seed: 4 })
    number = await buy()
    await until(async () => await salesDocument(number) !== undefined, { what: 'the ERP has the order' })
    await post(`${twin('erp')}/_twin/fail`, { status: 422 })
    refused = await buy()
    await tellPrice('P-1', 'much')
    await tellPrice('P-2', 'more')
    const waiting = async (): Promise<number> => ((await hubSays('/lanes'))['items'] as { pending: number }[]).reduce((sum, { pending }) => sum + pending, 0)
    await until(async () => (await letters()).length >= 3 && await waiting() === 0, { what: 'two prices and what goes to the ERP have failed' })
    failed = (await letters()).length
    await post(`${twin('erp')}/_twin/fail`, null)
  })
  after(async () => {
    await browser?.close()
    await reference?.stop()
  })
  afterEach(async () => {
    await editor?.close()
    editor = undefined
  })

  const openSidebar = async (options: Parameters<typeof openEditor>[2] = {}): Promise<OpenEditor> => {
    editor = await openEditor(browser, `${reference.hub.url}/editor/`, options)
    await editor.page.evaluate(() => Reflect.get(globalThis, 'RED').actions.invoke('torg:show-deliveries'))
    await editor.page.locator('.torg-node').first().waitFor(soon)
    return editor
  }
  const nodeRow = (page: Page, name: string): Locator => page.locator('.torg-node', { has: page.getByRole('button', { name, exact: true }) })
  const trayStands = async (page: Page): Promise<void> => {
    await page.waitForFunction(() => {
      const tray = [...document.querySelectorAll('.red-ui-tray')].at(-1)
      return tray !== undefined && tray.getAnimations({ subtree: true }).length === 0 && tray.contains(document.activeElement)
    })
  }
  const trayGone = (page: Page): Promise<void> => page.locator('.red-ui-tray').waitFor({ state: 'detached' })
  const find = async (page: Page, sought: string): Promise<void> => {
    await page.locator('.torg-search input').fill(sought)
    await page.locator('.torg-search input').press('Enter')
  }

  it('shows what failed where; a dead letter is opened, mended and runs to success, the other by keyboard and selection', async () => {
    const { page, complaints } = await openSidebar()
    await page.locator('.torg-summary button', { hasText: `${failed} failed` }).waitFor(soon)
    expect(await nodeRow(page, 'ERP prices').locator('.torg-count-failed').textContent()).to.equal('2')
    await page.getByRole('button', { name: 'ERP prices', exact: true }).click()
    await page.waitForFunction(() => Reflect.get(globalThis, 'RED').workspaces.active() === 'prices-from-erp')
    await page.locator('.torg-failed-badge:not(.hide)', { hasText: '2' }).waitFor()

    await nodeRow(page, 'ERP prices').locator('.torg-count-failed').click()
    await page.locator('.torg-letter', { hasText: 'P-1 from erp' }).click()
    await trayStands(page)
    const fault = page.locator('.torg-line-faulty', { hasText: 'UnitPrice' })
    await fault.waitFor()
    expect(await page.locator('.torg-json-view').textContent()).to.include('Xxxx Xxxxxxxx').and.not.to.include('Kari')
    await page.locator('.torg-input-head button', { hasText: 'Mend' }).click()
    const area = page.locator('.torg-mend')
    await area.waitFor()
    const received = await area.inputValue()
    expect(received).to.include('Kari Nordmann')
    expect(await area.evaluate((element) => element instanceof HTMLTextAreaElement ? element.value.slice(element.selectionStart, element.selectionEnd) : ''), 'what is wrong is selected').to.include('"UnitPrice": "much"')
    await area.fill(received.replace('"much"', '129.90,,'))
    await page.locator('.torg-line-fault', { hasText: 'is no JSON' }).waitFor()
    await page.locator('#torg-letter-run').click()
    await page.locator('.torg-tray .torg-refusal', { hasText: 'not JSON' }).waitFor()
    await area.fill(received.replace('"much"', '129.90'))
    await page.locator('#torg-letter-run', { hasText: 'Run the mended one' }).click()
    await trayGone(page)
    await until(async () => ((await hubSays('/prices?ref=erp/price/P-1'))['items'] as unknown[]).length === 1, { what: 'the mended price is saved' })
    await page.locator('.torg-letter', { hasText: 'P-1' }).waitFor({ state: 'detached' })

    await page.locator('.torg-letters input').focus()
    await page.keyboard.press('Space')
    await page.locator('.torg-bar button', { hasText: 'Dismiss' }).press('Enter')
    await page.keyboard.type('Entered by hand.')
    await page.keyboard.press('Enter')
    await page.locator('.torg-says', { hasText: '1 dismissed.' }).waitFor()
    await page.locator('.torg-empty', { hasText: 'Nothing failed here.' }).waitFor()
    const closed = (await hubSays('/dead-letters?closed=true'))['items'] as { id: string }[]
    expect(await hubSays(`/dead-letters/${String(closed[0]?.id)}`)).to.have.nested.property('closed.by', 'admin')
    await page.locator('.torg-page-title').press('Escape')
    await page.locator('.torg-summary button', { hasText: `${failed - 2} failed` }).waitFor(soon)
    expect(complaints.filter((complaint) => !complaint.includes('400')), 'but for what was refused').to.deep.equal([])
  })

  it('delivers again what a system refused', async () => {
    const { page } = await openSidebar()
    await page.locator('.torg-summary button', { hasText: `${failed - 2} failed` }).click(soon)
    await page.locator('.torg-letter', { hasText: `Order ${refused} to erp` }).click()
    await trayStands(page)
    await page.locator('.torg-reason', { hasText: '422' }).waitFor()
    await page.locator('#torg-letter-run', { hasText: 'Deliver again' }).click()
    await trayGone(page)
    await until(async () => await salesDocument(refused) !== undefined, { what: 'the ERP has the order' })
    await page.locator('.torg-letter', { hasText: `Order ${refused}` }).waitFor({ state: 'detached' })
    if (failed > 3) {
      await page.locator('.torg-bar input').check()
      await page.locator('.torg-bar button', { hasText: 'Run again' }).click()
    }
    await until(async () => (await letters()).length === 0, { what: 'nothing is dead' })
  })

  it('pauses a lane with a reason, shows it to everybody, and resumes it', async () => {
    const { page, complaints } = await openSidebar()
    await page.getByRole('button', { name: 'Pause erp.out' }).press('Enter')
    await page.keyboard.type('stocktaking until noon')
    await page.keyboard.press('Enter')
    const lane = page.locator('.torg-lane-paused')
    await lane.locator('.torg-state', { hasText: 'stocktaking until noon' }).waitFor(soon)
    const waiting = await buy()
    await page.locator('.torg-node', { has: page.getByRole('button', { name: 'Orders', exact: true }) }).locator('[data-part="pending"]', { hasText: '1' }).waitFor(soon)
    expect(await salesDocument(waiting)).to.equal(undefined)
    await lane.getByRole('button', { name: /Resume/ }).click()
    await lane.waitFor({ state: 'detached', ...soon })
    await until(async () => await salesDocument(waiting) !== undefined, { what: 'the ERP has the order' })
    expect(complaints).to.deep.equal([])
  })

  it('says where an order is: received, saved, sent, and with what', async () => {
    const { page, complaints } = await openSidebar()
    await find(page, `order ${number}`)
    await trayStands(page)
    const events = page.locator('.torg-event')
    await events.first().waitFor()
    const kinds = await events.evaluateAll((items) => items.map((item) => item instanceof HTMLElement ? `${item.dataset['what'] ?? ''} ${item.dataset['system'] ?? ''}` : ''))
    expect(kinds.slice(0, 2)).to.deep.equal(['received webshop-no', 'saved webshop-no'])
    expect(kinds).to.include('delivery erp')
    const toErp = page.locator('.torg-event[data-what="delivery"][data-system="erp"]').last()
    await toErp.locator('summary', { hasText: 'What was sent' }).click()
    const sent = toErp.locator('.torg-json-view').first()
    await sent.waitFor()
    expect(await sent.textContent()).to.include(`"DocumentNo": "${number}"`).and.to.match(/"CustomerName": "[Xx .-]+"/)
    await page.locator('.torg-event').first().locator('summary', { hasText: 'The message' }).click()
    await page.locator('.torg-event').first().locator('.torg-json-view').waitFor()
    await page.keyboard.press('Escape')
    await trayGone(page)
    await find(page, '99999999')
    await page.locator('.torg-empty', { hasText: 'Nothing is known of “99999999”' }).waitFor()
    expect(complaints).to.deep.equal([])
  })

  it('asks nothing while nobody sees it, and says in place that the hub does not answer', async () => {
    const { page } = await openSidebar()
    await page.clock.install()
    await page.waitForResponse('**/api/v1/lanes')
    await page.evaluate(() => Reflect.get(globalThis, 'RED').actions.invoke('core:show-help-tab'))
    await page.locator('.torg-deliveries').waitFor({ state: 'hidden' })
    const asked: string[] = []
    page.on('request', (request) => { if (request.url().endsWith('/api/v1/lanes')) asked.push(request.url()) })
    await page.clock.fastForward(60_000)
    expect(asked, 'of a hidden sidebar').to.deep.equal([])
    await page.route('**/api/v1/lanes', (route) => route.abort())
    await page.evaluate(() => Reflect.get(globalThis, 'RED').actions.invoke('torg:show-deliveries'))
    await page.locator('.torg-fault-place .torg-refusal', { hasText: 'The hub does not answer.' }).waitFor()
    expect(await page.locator('.torg-node').count(), 'what was known stays').to.be.greaterThan(5)
    await page.unroute('**/api/v1/lanes')
  })

  it('speaks Norwegian and Swedish, in a small dark window, and nothing sticks out', async () => {
    for (const [language, failed] of [['nb', 'Ingenting feilet'], ['sv', 'Inget misslyckades']] as const) {
      const { page, complaints, close } = await openSidebar({ language, dark: true, width: 1024 })
      await page.locator('.torg-summary button', { hasText: failed }).waitFor(soon)
      expect(await page.locator('.torg-deliveries').innerText()).not.to.match(/__|torg-nodes|\b(?:column|direction|letters)\./)
      const out = await page.locator('.torg-deliveries').evaluate((sidebar) => [...sidebar.querySelectorAll('*')].filter((part) => part.getBoundingClientRect().right > sidebar.getBoundingClientRect().right + 1).map((part) => part.className))
      expect(out).to.deep.equal([])
      expect(complaints).to.deep.equal([])
      await close()
    }
  })
})
