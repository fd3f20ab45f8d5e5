import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect } from 'chai'
import type { Browser, Locator, Page } from 'playwright-core'
import { createTestDatabase } from '../support/database.ts'
import { startReferenceHub, type ReferenceHub } from '../support/reference-hub.ts'
import { closeForm, formStands, launchBrowser, openEditor, type OpenEditor } from './support.ts'

describe('the role table in the editor', function () {
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

  const openTable = async (options: Parameters<typeof openEditor>[2] = {}): Promise<OpenEditor> => {
    editor = await openEditor(browser, `${reference.hub.url}/editor/`, options)
    await editor.page.locator('#red-ui-header-button-sidemenu').click()
    await editor.page.locator('#menu-item-torg-roles').click()
    await editor.page.locator('.torg-roles .torg-role').first().waitFor()
    await formStands(editor.page)
    return editor
  }
  const fileRows = async (): Promise<unknown[]> => JSON.parse(await readFile(join(reference.project, 'roles.json'), 'utf8')) as unknown[]
  const rowsOf = (page: Page): Locator => page.locator('.torg-role')
  /** The ranks of a row, as a person reads them. */
  const ranksOf = (row: Locator): Promise<string[]> => row.locator('.torg-rank').evaluateAll((ranks) => ranks.map((rank) => [...rank.querySelectorAll('.torg-chip')].map((chip) => (chip.textContent ?? '').trim()).join(' = ')))
  /** Chooses in the list of what can be added to a part of the row. */
  const add = (row: Locator, part: string, choice: string): Promise<unknown> => row.locator(`[data-part="${part}"] .torg-adder`).selectOption(choice)

  it('is found in the menu, edited by keyboard and mouse, and deployed to roles.json', async () => {
    const { page, complaints } = await openTable()
    const before = await fileRows()
    const rows = rowsOf(page)
    expect(await rows.count()).to.equal(before.length)
    await page.locator('.torg-roles > button').focus()
    await page.keyboard.press('Enter')
    const row = rows.nth(before.length)
    await row.waitFor()
    await row.locator('[data-part="kind"]').selectOption('customer')
    await row.locator('[data-part="field"]').focus()
    await page.keyboard.type('emails')
    await page.keyboard.press('Tab')
    expect(await row.locator('[data-part="merge"] option').evaluateAll((options) => options.map((option) => option.getAttribute('value')))).to.deep.equal(['rank', 'newest', 'union'])
    await row.locator('[data-part="merge"]').selectOption('union')
    for (const system of ['crm', 'webshop-no', 'erp']) await add(row, 'masters', system)
    expect(await ranksOf(row)).to.deep.equal(['crm', 'webshop-no', 'erp'])
    await row.locator('[data-system="erp"]').focus()
    await page.keyboard.press('Alt+ArrowUp')
    expect(await ranksOf(row), 'side by side').to.deep.equal(['crm', 'webshop-no = erp'])
    await page.keyboard.press('Alt+ArrowUp')
    await page.keyboard.press('Alt+ArrowUp')
    expect(await ranksOf(row)).to.deep.equal(['crm = erp', 'webshop-no'])
    await row.locator('[data-system="erp"]').dragTo(row.locator('.torg-rank-gap').first())
    expect(await ranksOf(row)).to.deep.equal(['erp', 'crm', 'webshop-no'])
    await row.locator('[data-system="erp"]').focus()
    await page.keyboard.press('Delete')
    await add(row, 'scope', 'country')
    await page.keyboard.type('NO')
    await row.locator('[data-part="readers"] select').first().selectOption('some')
    await add(row, 'readers', 'crm')
    await row.locator('[data-part="kind"]').focus()
    await page.keyboard.press('Alt+ArrowUp')
    expect(await rows.nth(before.length - 1).locator('[data-part="field"]').inputValue()).to.equal('emails')
    await closeForm(page, 'ok')
    const answer = page.waitForResponse((response) => response.request().method() === 'POST' && response.url().endsWith('/flows'))
    await page.locator('#red-ui-header-button-deploy:not(.disabled)').click()
    expect((await answer).status(), await (await answer).text()).to.equal(200)
    expect(await fileRows()).to.deep.equal([...before.slice(0, -1), { kind: 'customer', field: 'emails', scope: { country: 'NO' }, masters: ['crm', 'webshop-no'], readers: ['crm'], merge: 'union' }, ...before.slice(-1)])
    expect(complaints).to.deep.equal([])
  })

  it('says at the row what is wrong with it, in the language of the editor, in a small dark window', async () => {
    const { page, complaints } = await openTable({ language: 'nb', dark: true, width: 1024 })
    const row = rowsOf(page).first()
    await row.locator('[data-part="field"]').fill('emials')
    await row.locator('.torg-rule-fault', { hasText: 'det finnes ikke noe felt "emials"' }).waitFor()
    expect(await row.getAttribute('class')).to.contain('torg-rule-faulty')
    const parts = await page.locator('.torg-roles').evaluate((form) => {
      const edge = Math.min(form.getBoundingClientRect().right, [...document.querySelectorAll('.red-ui-tray')].at(-1)?.getBoundingClientRect().right ?? 0)
      return [...form.querySelectorAll('*')].filter((part) => part.getBoundingClientRect().right > edge + 1).map((part) => part.className)
    })
    expect(parts, 'what sticks out').to.deep.equal([])
    expect(await page.locator('#red-ui-editor-config-scope').isVisible(), 'the choice of a tab').to.equal(false)
    expect(await page.locator('.torg-form').last().textContent()).not.to.match(/\broles\.|__/)
    expect(complaints).to.deep.equal([])
  })

  it('shows after a deploy what is seldom meant, and leads back to the table', async () => {
    const { page, complaints } = await openTable()
    const row = rowsOf(page).first()
    const kind = await row.locator('[data-part="kind"]').inputValue()
    await row.locator('[data-part="field"]').fill('notes')
    await page.locator('.torg-roles-warnings', { hasText: `Nobody is master of these fields of ${kind}` }).waitFor()
    await closeForm(page, 'ok')
    await page.locator('#red-ui-header-button-deploy:not(.disabled)').click()
    const notice = page.locator('.red-ui-notification', { hasText: `Nobody is master of these fields of ${kind}` })
    await notice.waitFor()
    await notice.locator('button', { hasText: 'Open the role table' }).click()
    await page.locator('.torg-roles-warnings', { hasText: 'Nobody is master' }).waitFor()
    await closeForm(page)
    expect(complaints).to.deep.equal([])
  })

  it('is not there twice when flows with the same table are imported', async () => {
    const { page } = await openTable()
    await closeForm(page)
    const count = await page.evaluate(() => {
      const { nodes } = Reflect.get(globalThis, 'RED')
      const found = (): { type: string }[] => nodes.createCompleteNodeSet().filter(({ type }: { type: string }) => type === 'hub roles')
      nodes.import(found(), { generateIds: true })
      return found().length
    })
    expect(count).to.equal(1)
  })

  it('is put back by its entry in the menu where somebody deleted it', async () => {
    const { page } = await openTable()
    await page.locator('.red-ui-tray-toolbar button', { hasText: 'Delete' }).last().click()
    await page.locator('.torg-roles').waitFor({ state: 'detached' })
    await page.evaluate(() => Reflect.get(globalThis, 'RED').actions.invoke('torg:show-role-table'))
    await page.locator('.torg-roles').waitFor()
    expect(await rowsOf(page).count()).to.equal(0)
    expect(await page.evaluate(() => Reflect.get(globalThis, 'RED').nodes.createCompleteNodeSet().find(({ type }: { type: string }) => type === 'hub roles'))).to.include({ id: 'hub-roles' })
  })
})
