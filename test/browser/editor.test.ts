import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect } from 'chai'
import type { Browser, Page } from 'playwright-core'
import { builtIn } from '../../nodes/index.ts'
import { languages } from '../../runtime/kit/definition.ts'
import { nodeTypesOf } from '../../runtime/kit/node-types.ts'
import { createTestDatabase } from '../support/database.ts'
import { closeForm, launchBrowser, nodesOfType, openEditor, openForm, showTab, type OpenEditor } from './support.ts'
import { startReferenceHub, type ReferenceHub } from '../support/reference-hub.ts'

const nodeTypes = builtIn.flatMap((connector) => nodeTypesOf(connector))

describe('the editor of a running hub', function () {
  this.timeout(120_000)
  let reference: ReferenceHub
  let browser: Browser
  let editor: OpenEditor | undefined

  before(async () => {
    browser = await launchBrowser()
    const { url } = await createTestDatabase()
    reference = await startReferenceHub({ databaseUrl: url })
  })
  after(async () => {
    await browser?.close()
    await reference?.stop()
  })
  afterEach(async () => {
    await editor?.close()
    editor = undefined
  })
  async function open(options: Parameters<typeof openEditor>[2] = {}): Promise<OpenEditor> {
    editor = await openEditor(browser, `${reference.hub.url}/editor/`, options)
    return editor
  }

  for (const dark of [false, true]) {
    it(`loads without a complaint, all nodes valid, ${dark ? 'dark' : 'light'}`, async () => {
      const { page, complaints } = await open({ dark })
      const invalid = await page.evaluate(() => Reflect.get(globalThis, 'RED').nodes.filterNodes({}).filter(({ valid }: { valid?: boolean }) => valid === false).map(({ id }: { id: string }) => id))
      expect(invalid).to.deep.equal([])
      expect(complaints).to.deep.equal([])
    })
  }

  it('shows the logo of Torg, in header and tab', async () => {
    const { page } = await open()
    const addresses = await page.evaluate(() => [document.querySelector('.red-ui-header-logo img')?.getAttribute('src'), document.querySelector('link[rel=icon]')?.getAttribute('href')])
    expect(addresses).to.deep.equal(['theme/header/logo.svg', 'theme/favicon/favicon.png'])
    for (const address of addresses) expect((await page.request.get(`${reference.hub.url}/editor/${address}`)).status(), String(address)).to.equal(200)
  })

  it('offers Norwegian and Swedish in the menu; texts of ours and of the editor follow', async () => {
    const { page } = await open()
    const offered = await page.evaluate(() => {
      const { settings, _ } = Reflect.get(globalThis, 'RED')
      return settings.theme('languages').map((code: string) => `${code} ${_(`languages.${code}`)}`)
    })
    expect(offered).to.include.members(['nb Norsk bokmål', 'sv Svenska', 'en-US English'])
    for (const [language, deploy] of [['nb', 'Rull ut'], ['sv', 'Driftsätt']] as const) {
      await page.evaluate((chosen) => { localStorage.setItem('editor-language', chosen) }, language)
      await page.reload()
      await page.locator('#red-ui-header-button-deploy', { hasText: deploy }).waitFor()
      const [id = ''] = await nodesOfType(page, 'hub save')
      await openForm(page, id)
      const label = await page.locator('.torg-form .form-row label, .torg-form .torg-label').allTextContents()
      expect(label.join(' ')).to.contain(nodeTypes.find(({ type }) => type === 'hub save')?.fields['kind']?.label[language])
      await closeForm(page)
    }
  })

  it('offers every node of ours in the palette, first, with an icon that loads', async () => {
    const { page } = await open()
    for (const { type, role } of nodeTypes) {
      if (role === 'system' || role === 'config') continue
      const entry = page.locator(`.red-ui-palette-node[data-palette-type="${type}"]`)
      await entry.waitFor()
      const icon = await entry.locator('.red-ui-palette-icon').evaluate((element) => getComputedStyle(element).backgroundImage)
      const [, address = ''] = /url\("([^"]+)"\)/.exec(icon) ?? []
      const answer = await page.request.get(address)
      expect(answer.status(), `${type}: ${icon}`).to.equal(200)
      expect(await answer.text(), type).to.contain('<svg')
    }
    const above = await page.evaluate(() => {
      const top = (id: string): number => document.getElementById(`red-ui-palette-container-${id}`)?.getBoundingClientRect().top ?? Number.NaN
      return top('Torg_hub') < top('common') && top('Torg_systems') < top('common')
    })
    expect(above).to.equal(true)
  })

  for (const language of languages) {
    it(`opens the form of every node with its labels, and shows its help, in ${language}`, async () => {
      const { page, complaints } = await open({ language })
      for (const { type, label, fields, own } of nodeTypes) {
        const id = await someNode(page, type)
        await openForm(page, id)
        const form = page.locator('.torg-form').last()
        for (const name of own) {
          const row = form.locator(`[data-torg-field="${name}"]`)
          expect(await row.count(), `${type}.${name}`).to.equal(1)
          expect(await row.locator('label, .torg-label').first().textContent(), `${type}.${name}`).to.contain(fields[name]?.label[language])
        }
        expect(await form.textContent(), `${type} shows a key instead of a text`).not.to.match(/torg-nodes|node\.[a-z]+\.field|\bforms:/)
        await closeForm(page)
        const help = await page.evaluate((wanted) => String(Reflect.get(globalThis, 'RED').nodes.getNodeHelp(wanted)), type)
        expect(help.length, `help of ${type} (${label.en})`).to.be.above(100)
      }
      expect(complaints).to.deep.equal([])
    })
  }

  it('shows the help of a node in the sidebar', async () => {
    const { page } = await open()
    await page.evaluate(() => Reflect.get(globalThis, 'RED').actions.invoke('core:show-help-tab'))
    await page.evaluate(() => Reflect.get(globalThis, 'RED').sidebar.help.show('hub save'))
    await page.locator('.red-ui-help', { hasText: 'model.totals' }).first().waitFor()
  })

  it('shows what the flows do while orders arrive', async () => {
    const { page } = await open()
    await showTab(page, 'Orders from the webshop')
    await page.locator('.red-ui-flow-node-status-label', { hasText: /order \d+ v\d+ (created|updated|unchanged)/ }).first().waitFor()
  })

  it('edits a mapping by mouse, keyboard and text, names a fault at its rule, and deploys to the project\'s files', async () => {
    const { page, complaints } = await open()
    await openForm(page, 'webshop-customer')
    const rules = page.locator('.torg-rule')
    const before = await rules.count()
    await page.locator('.torg-mapping button', { hasText: 'Add a rule' }).click()
    const added = rules.nth(before)
    await added.locator('input').first().fill('notes')
    await added.locator('select').first().selectOption('value')
    await added.locator('input').nth(1).fill('hello')
    await page.keyboard.press('Alt+ArrowUp')
    expect(await rules.nth(before - 1).locator('input').first().inputValue()).to.equal('notes')
    await rules.nth(before - 1).locator('input').first().fill('a..b')
    await page.locator('.torg-rule-faulty, .torg-input-faulty').first().waitFor()
    await page.locator('.torg-mapping button', { hasText: 'Text' }).click()
    const area = page.locator('.torg-mapping-text')
    const text = await area.inputValue()
    expect(text.split('\n')).to.have.length(before + 1)
    await area.fill(`${text.replace('a..b = "hello"', 'homeStore = "oslo-torg"')}\nbroken <- `)
    await page.locator('.torg-mapping-faults li', { hasText: String(before + 2) }).waitFor()
    await area.fill(text.replace('a..b = "hello"', 'homeStore = "oslo-torg"'))
    await page.locator('.torg-mapping-faults').waitFor({ state: 'hidden' })
    await closeForm(page, 'ok')
    const file = join(reference.project, 'tabs', 'orders-from-webshop.json')
    expect(await readFile(file, 'utf8')).not.to.contain('oslo-torg')
    const answer = page.waitForResponse((response) => response.request().method() === 'POST' && response.url().endsWith('/flows'))
    await page.locator('#red-ui-header-button-deploy:not(.disabled)').click()
    expect((await answer).status(), await (await answer).text()).to.equal(200)
    expect(await readFile(file, 'utf8')).to.contain('oslo-torg')
    await page.locator('#red-ui-header-button-deploy.disabled').waitFor()
    expect(complaints).to.deep.equal([])
  })

  it('refuses to deploy over what somebody else deployed meanwhile', async () => {
    const first = await openEditor(browser, `${reference.hub.url}/editor/`)
    const second = await open()
    try {
      const [node] = await nodesOfType(first.page, 'shopify in')
      const revision = await second.page.evaluate(() => String(Reflect.get(globalThis, 'RED').nodes.version()))
      await rename(first.page, node ?? '', 'Orders, renamed')
      await first.page.locator('#red-ui-header-button-deploy:not(.disabled)').click()
      await first.page.locator('#red-ui-header-button-deploy.disabled').waitFor()
      const answer = await second.page.evaluate(async (rev) => {
        const flows = Reflect.get(globalThis, 'RED').nodes.createCompleteNodeSet()
        const response = await fetch('flows', { method: 'POST', headers: { 'content-type': 'application/json', 'node-red-api-version': 'v2' }, body: JSON.stringify({ flows, rev }) })
        return { status: response.status, body: await response.text() }
      }, revision)
      expect(answer.status, answer.body).to.equal(409)
      expect(answer.body, answer.body).to.contain('Orders from the webshop')
    } finally {
      await first.close()
    }
  })
})

/** A node of the type in the flows, or a new one beside them. */
async function someNode(page: Page, type: string): Promise<string> {
  const [known] = await nodesOfType(page, type)
  if (known !== undefined) return known
  return page.evaluate((wanted) => {
    const { nodes, workspaces } = Reflect.get(globalThis, 'RED')
    let found: string | undefined
    nodes.eachConfig((node: { id: string, type: string }) => { if (node.type === wanted) found = node.id; return true })
    if (found !== undefined) return found
    const definition = nodes.getType(wanted)
    const node = { id: nodes.id(), type: wanted, z: workspaces.active(), x: 200, y: 500, _def: definition, _config: {}, inputs: definition.inputs, outputs: definition.outputs, wires: [], changed: true, users: [] }
    Object.assign(node, Object.fromEntries(Object.entries<{ value: unknown }>(definition.defaults).map(([name, { value }]) => [name, structuredClone(value)])), { _: definition._ })
    return String(nodes.add(node).id)
  }, type)
}

async function rename(page: Page, id: string, name: string): Promise<void> {
  await openForm(page, id)
  await page.locator('#node-input-name').fill(name)
  await closeForm(page, 'ok')
}
