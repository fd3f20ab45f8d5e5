import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'
import type { Browser, Page } from 'playwright-core'
import { startAnsweringServer, type AnsweringServer } from '../../runtime/kit/conformance/answering-server.ts'
import { defaultOf, nodeTypesOf } from '../../runtime/kit/node-types.ts'
import type { FlowItem } from '../../runtime/node-red/facade.ts'
import { closeForm, launchBrowser, openEditor, openForm, type OpenEditor } from '../browser/support.ts'
import { until } from '../support/until.ts'
import { builtIn } from '../../nodes/index.ts'
import { sampler } from './sampler/index.ts'
import { startWithPalette, type Running } from './embedded.ts'

/** Set to a folder to keep pictures of every form. */
const pictures = process.env['TORG_PICTURES']

const builtInTypes = builtIn.flatMap(nodeTypesOf)

/** One node of every built-in type, as the palette would drop it. */
const builtInNodes = (): FlowItem[] => builtInTypes.map(({ type, fields, role, systemType }, index) => ({
  ...Object.fromEntries(Object.entries(fields).map(([name, field]) => [name, defaultOf(field)])),
  id: `any-${index}`, type,
  ...(role === 'system' ? { name: type, key: type } : { z: 'other', x: 160, y: 80 + index * 60, wires: [] }),
  ...(systemType && { system: `any-${builtInTypes.findIndex(other => other.type === systemType)}` }),
}))

const flows = (): FlowItem[] => [
  { id: 'other', type: 'tab', label: 'Every type', disabled: true },
  ...builtInNodes(),
  { id: 'tab', type: 'tab', label: 'Orders' },
  { id: 'sys', type: 'sampler-system', name: 'ERP', key: 'erp', url: '${DEMO_URL}', apiKey: '${DEMO_KEY}' },
  { id: 'in', z: 'tab', type: 'sampler in', name: '', system: 'sys', timeLimit: 60, x: 160, y: 80, wires: [['out']] },
  { id: 'out', z: 'tab', type: 'sampler out', name: '', system: 'sys', mode: 'upsert', event: '', batch: 10, wait: 5, notify: true, parts: ['lines'], kind: 'order', other: 'sys', note: '', headers: { accept: 'application/json' }, signingKey: '', x: 380, y: 80, wires: [[]] },
]

describe('generated forms in a real browser', function () {
  this.timeout(120_000)
  let running: Running
  let browser: Browser
  let erp: AnsweringServer
  let editor: OpenEditor | undefined

  before(async () => {
    process.env['DEMO_KEY'] = 'from the environment'
    erp = await startAnsweringServer()
    process.env['DEMO_URL'] = erp.url
    running = await startWithPalette({ connectors: [sampler, ...builtIn], flows: flows(), editor: true, pluginsDir: join(import.meta.dirname, '../../editor-plugins') })
    browser = await launchBrowser()
  })
  after(async () => {
    await browser?.close()
    await running?.stop()
    await erp?.close()
    delete process.env['DEMO_KEY']
    delete process.env['DEMO_URL']
  })
  afterEach(async () => {
    await editor?.close()
    editor = undefined
  })

  async function open(options: Parameters<typeof openEditor>[2] = {}): Promise<Page> {
    editor = await openEditor(browser, running.url, { width: 1280, ...options })
    return editor.page
  }

  async function picture(page: Page, name: string): Promise<void> {
    if (pictures === undefined) return
    mkdirSync(pictures, { recursive: true })
    await page.screenshot({ path: join(pictures, `${name}.png`) })
  }

  const nodeIds: Record<string, string> = { 'sampler-system': 'sys', 'sampler in': 'in', 'sampler out': 'out' }

  for (const language of ['en', 'nb', 'sv'] as const) {
    it(`shows palette, labels and hints in ${language}, without a complaint in the console`, async () => {
      const page = await open({ language })
      const labels = await page.locator('.red-ui-palette-node[data-palette-type^="sampler"] .red-ui-palette-label').allTextContents()
      const expected = nodeTypesOf(sampler).filter(({ role }) => role !== 'system')
      expect(labels.map(label => label.replaceAll(/\s+/g, ' ').trim()).toSorted()).to.deep.equal(expected.map(({ label }) => label[language]).toSorted())
      for (const nodeType of nodeTypesOf(sampler)) {
        await openForm(page, nodeIds[nodeType.type] ?? '')
        const form = page.locator('.torg-form').last()
        for (const [name, field] of Object.entries(nodeType.fields)) {
          const row = form.locator(`[data-torg-field="${name}"]`)
          expect(await row.locator('label, .torg-label').first().textContent(), `${nodeType.type} ${name}`).to.include(field.label[language])
          if (field.hint) expect(await row.locator(`#torg-hint-${name}`).textContent()).to.equal(field.hint[language])
        }
        await picture(page, `${nodeType.type.replace(' ', '-')}-${language}`)
        await closeForm(page)
      }
      expect(editor?.complaints).to.deep.equal([])
    })
  }

  it('opens the form of every built-in node in nb, without a complaint in the console', async () => {
    const page = await open({ language: 'nb' })
    for (const [index, { type, fields, own }] of builtInTypes.entries()) {
      await openForm(page, `any-${index}`)
      const form = page.locator('.torg-form').last()
      for (const name of own) expect(await form.locator(`[data-torg-field="${name}"]`).locator('label, .torg-label').first().textContent(), `${type} ${name}`).to.include(fields[name]?.label.nb)
      await picture(page, `${type.replace(' ', '-')}-nb`)
      await closeForm(page)
    }
    expect(editor?.complaints).to.deep.equal([])
  })

  it('looks right in the dark', async () => {
    const page = await open({ dark: true })
    for (const [type, id] of Object.entries(nodeIds)) {
      await openForm(page, id)
      await picture(page, `${type.replace(' ', '-')}-dark`)
      await closeForm(page)
    }
    expect(await page.evaluate(() => document.documentElement.classList.contains('nr-theme-dark'))).to.equal(true)
  })

  it('stores what is typed: numbers as numbers, lists in order, JSON as JSON, secrets apart', async () => {
    const page = await open()
    await openForm(page, 'out')
    const row = (name: string) => page.locator(`[data-torg-field="${name}"]`)
    await row('batch').locator('input').fill('25')
    await row('parts').getByLabel('Notes').check()
    await row('parts').getByLabel('Payments').check()
    await row('notify').locator('input').uncheck()
    await row('headers').locator('textarea').fill('{"x-shop":"no"}')
    await row('signingKey').locator('input').fill('literal secret')
    expect(await row('signingKey').locator('input').getAttribute('type')).to.equal('password')
    expect(await row('signingKey').locator('.torg-secret-hint').textContent()).to.match(/stored encrypted/)
    await page.locator('#node-dialog-ok').click()
    await page.locator('.torg-form').waitFor({ state: 'detached' })
    await deploy(page)
    const stored = running.storage.flows.find(({ id }) => id === 'out')
    expect(stored).to.deep.include({ batch: 25, wait: 5, notify: false, parts: ['lines', 'payments', 'notes'], headers: { 'x-shop': 'no' }, signingKey: '' })
    expect(JSON.stringify(running.storage.flows)).not.to.include('literal secret')
    expect(JSON.stringify(await running.storage.getCredentials())).to.include('$').and.not.to.include('literal secret')

    await openForm(page, 'out')
    expect(await row('signingKey').locator('.torg-secret-hint').textContent()).to.match(/^Stored encrypted/)
    await row('signingKey').locator('input').fill('${SIGNING_KEY}')
    expect(await row('signingKey').locator('.torg-secret-hint').textContent()).to.match(/environment variable/)
    await page.locator('#node-dialog-ok').click()
    await page.locator('.torg-form').waitFor({ state: 'detached' })
    await deploy(page)
    expect(running.storage.flows.find(({ id }) => id === 'out')).to.include({ signingKey: '${SIGNING_KEY}' })
    expect(editor?.complaints).to.deep.equal([])
  })

  it('shows a field only where it applies, and says what is wrong', async () => {
    const page = await open()
    await openForm(page, 'out')
    const event = page.locator('[data-torg-field="event"]')
    expect(await event.isVisible()).to.equal(false)
    await page.locator('#node-input-mode').selectOption('event')
    expect(await event.isVisible()).to.equal(true)
    expect(await event.locator('.torg-fault').textContent()).to.equal('Fill this in.')
    await event.locator('input').fill('Not This')
    expect(await event.locator('.torg-fault').textContent()).to.match(/expected form/)
    await event.locator('input').fill('order.paid')
    expect(await event.locator('.torg-fault').isVisible()).to.equal(false)
    await page.locator('#node-input-batch').fill('0')
    expect(await page.locator('[data-torg-field="batch"] .torg-fault').textContent()).to.equal('At least 1.')
    await page.locator('[data-torg-field="headers"] textarea').fill('{')
    expect(await page.locator('[data-torg-field="headers"] .torg-fault').textContent()).to.equal('This is not valid JSON.')
    await picture(page, 'faults')
  })

  it('asks the deployed system whether its credentials are right', async () => {
    const page = await open()
    await openForm(page, 'sys')
    const row = page.locator('.torg-check-row')
    const result = row.locator('.torg-check-result')
    await row.locator('button').click()
    await page.locator('.torg-passed').waitFor()
    expect(await result.textContent()).to.equal('The system answers and accepts the credentials.')
    expect(erp.requests.at(-1)).to.deep.equal({ method: 'GET', path: '/status' })
    erp.answer(401)
    await row.locator('button').click()
    await page.locator('.torg-failed').waitFor()
    expect(await result.textContent()).to.include('credentials')
    await picture(page, 'check')
  })

  it('shows the address of a webhook source, and its help', async () => {
    const page = await open({ language: 'nb' })
    await openForm(page, 'in')
    expect(await page.locator('.torg-address code').textContent()).to.equal(`${new URL(running.url).origin}/in/erp`)
    await closeForm(page)
    await page.evaluate(() => Reflect.get(globalThis, 'RED').sidebar.help.show('sampler in'))
    await page.locator('.red-ui-help', { hasText: 'Starter en kjøring' }).first().waitFor()
    await picture(page, 'help-nb')
  })

  async function deploy(page: Page): Promise<void> {
    const before = running.storage.flows
    await page.locator('#red-ui-header-button-deploy').click()
    // Node-RED asks, since the nodes of every type are not filled in.
    await page.locator('.red-ui-notification button', { hasText: /confirm/i }).last().click()
    await until(() => running.storage.flows !== before, { what: 'the deploy reached the storage' })
  }
})
