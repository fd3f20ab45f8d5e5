/**
 * Pictures of the editor and of forms, to look at: `node test/browser/screenshots.ts [folder]`. The picture of the README is
 * `editor-1400-light.png` of these, kept as `flows/editor.png`.
 */
import { mkdirSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { closeForm, launchBrowser, nodesOfType, openEditor, openForm, showTab } from './support.ts'
import { startReferenceHub } from '../support/reference-hub.ts'

const folder = resolve(process.argv[2] ?? 'pictures')
mkdirSync(folder, { recursive: true })
const forms = ['map', 'hub changes', 'hub save', 'shopify in', 'rest out', 'shopify-system', 'rest-system', 'hub roles']
const reference = await startReferenceHub()
const browser = await launchBrowser()
try {
  for (const width of [1400, 1024]) {
    for (const dark of [false, true]) {
      const { page, close } = await openEditor(browser, `${reference.hub.url}/editor/`, { width, dark })
      await showTab(page, 'Orders from the webshop')
      const name = (what: string): string => join(folder, `${what.replaceAll(' ', '-')}-${width}-${dark ? 'dark' : 'light'}.png`)
      // The demo places orders; the picture shows the nodes at work, after a few of them.
      await page.waitForFunction(() => [...document.querySelectorAll('.red-ui-flow-node-status-label')].some(({ textContent }) => Number.parseInt(textContent ?? '', 10) > 5), undefined, { timeout: 120_000 })
      // The whole flow at once, without the sidebar and without an empty half of canvas.
      await page.setViewportSize({ width, height: 600 })
      await page.evaluate(() => {
        const { actions } = Reflect.get(globalThis, 'RED')
        actions.invoke('core:toggle-sidebar')
        actions.invoke('core:zoom-fit')
      })
      await page.waitForTimeout(800)
      await page.screenshot({ path: name('editor') })
      await page.evaluate(() => Reflect.get(globalThis, 'RED').actions.invoke('core:toggle-sidebar'))
      await page.setViewportSize({ width, height: 900 })
      for (const type of forms) {
        const [id] = await nodesOfType(page, type)
        if (id === undefined) throw new Error(`The reference project has no ${type} node`)
        await openForm(page, id)
        await page.screenshot({ path: name(type) })
        await closeForm(page)
      }
      await close()
    }
  }
} finally {
  await browser.close()
  await reference.stop()
}
