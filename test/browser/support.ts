/** A real browser on the editor of a hub. */
import { existsSync } from 'node:fs'
import { chromium, type Browser, type Page } from 'playwright-core'
import type { Language } from '../../runtime/kit/definition.ts'

/** Starts Chromium from `CHROMIUM`, or where Debian puts it. */
export async function launchBrowser(): Promise<Browser> {
  const executablePath = process.env['CHROMIUM'] ?? '/usr/bin/chromium'
  if (!existsSync(executablePath)) throw new Error(`The browser tests need Chromium and there is none at ${executablePath}. Install it (Debian: apt-get install chromium) or name it in CHROMIUM.`)
  return chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'] })
}

const locales: Record<Language, string> = { en: 'en-US', nb: 'nb-NO', sv: 'sv-SE' }

export interface OpenEditor {
  readonly page: Page
  /** Errors and warnings of the console, uncaught exceptions, refused requests. */
  readonly complaints: string[]
  close(): Promise<void>
}

/** Opens the editor at this address and waits until its flows are drawn. */
export async function openEditor(browser: Browser, url: string, { language = 'en', dark = false, width = 1400, height = 900 }: { language?: Language, dark?: boolean, width?: number, height?: number } = {}): Promise<OpenEditor> {
  const context = await browser.newContext({ locale: locales[language], viewport: { width, height } })
  // Node-RED's own switch, which it keeps in the browser.
  if (dark) await context.addInitScript(() => { localStorage.setItem('view-dark-theme', 'dark') })
  const page = await context.newPage()
  const complaints: string[] = []
  page.on('console', (message) => { if (message.type() === 'error' || message.type() === 'warning') complaints.push(message.text()) })
  page.on('pageerror', (error) => { complaints.push(String(error)) })
  page.on('response', (response) => { if (response.status() >= 400) complaints.push(`${response.status()} ${response.url()}`) })
  await page.goto(url)
  await page.waitForFunction(() => document.querySelectorAll('.red-ui-flow-node').length > 0 && document.querySelectorAll('.red-ui-palette-node').length > 10)
  await page.waitForFunction(() => {
    const loading = document.querySelector('#red-ui-loading-progress')
    return loading === null || loading.getClientRects().length === 0
  })
  return { page, complaints, close: () => context.close() }
}

/** Shows the tab with this label. */
export async function showTab(page: Page, label: string): Promise<void> {
  await page.evaluate((wanted) => {
    const { nodes, workspaces } = Reflect.get(globalThis, 'RED')
    nodes.eachWorkspace((tab: { id: string, label: string }) => { if (tab.label === wanted) workspaces.show(tab.id) })
  }, label)
}

/** Ids of the nodes of a type, config nodes too, in the order of the flow. */
export function nodesOfType(page: Page, type: string): Promise<string[]> {
  return page.evaluate((wanted) => {
    const { nodes } = Reflect.get(globalThis, 'RED')
    const found: string[] = nodes.filterNodes({ type: wanted }).map(({ id }: { id: string }) => id)
    nodes.eachConfig(({ id, type }: { id: string, type: string }) => { if (type === wanted) found.push(id) })
    return found
  }, type)
}

/** Opens the form of a node as a double click would, and waits until it stands still. */
export async function openForm(page: Page, id: string): Promise<void> {
  await page.evaluate((nodeId) => {
    const { nodes, editor } = Reflect.get(globalThis, 'RED')
    const node = nodes.node(nodeId)
    if (node._def.category === 'config') editor.editConfig('', node.type, nodeId)
    else editor.edit(node)
  }, id)
  await formStands(page)
}

/**
 * Waits until an opened form has come to rest. The editor moves the keyboard to a form's first field
 * some time after the form is seen: a key pressed before would go there.
 */
export async function formStands(page: Page): Promise<void> {
  await page.locator('.red-ui-editor .torg-form').last().waitFor()
  await page.waitForFunction(() => {
    const tray = [...document.querySelectorAll('.red-ui-tray')].at(-1)
    return tray !== undefined && tray.getAnimations({ subtree: true }).length === 0 && tray.getBoundingClientRect().right <= innerWidth + 1
      && tray.querySelector('.red-ui-tray-body')?.contains(document.activeElement)
  })
}

/** Closes the open form, with or without keeping what was changed. */
export async function closeForm(page: Page, how: 'cancel' | 'ok' = 'cancel'): Promise<void> {
  await page.locator(`#node-dialog-${how}, #node-config-dialog-${how}`).last().click()
  await page.locator('.torg-form').waitFor({ state: 'detached' })
}
