import { cp, mkdir, mkdtemp, readFile, readdir, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { buildPalette, renderPalette } from '../../runtime/kit/palette.ts'
import { sampler } from './sampler/index.ts'

describe('the generated palette', () => {
  let folder: string
  before(async () => { folder = await mkdtemp(join(tmpdir(), 'torg-palette-')) })
  after(() => rm(folder, { recursive: true, force: true }))

  const plugin = async (name: string, files: Record<string, string>, pluginsDir = join(folder, `plugins-${name}`)): Promise<string> => {
    for (const [path, content] of Object.entries(files)) {
      await mkdir(join(pluginsDir, name, path, '..'), { recursive: true })
      await writeFile(join(pluginsDir, name, path), content)
    }
    return pluginsDir
  }

  it('is the same bytes for the same input, and left alone then', async () => {
    const outDir = join(folder, 'same')
    buildPalette({ connectors: [sampler], outDir })
    const before = (await stat(join(outDir, 'package.json'))).ino
    buildPalette({ connectors: [sampler], outDir })
    expect((await stat(join(outDir, 'package.json'))).ino).to.equal(before)
    expect([...renderPalette({ connectors: [sampler], outDir })]).to.deep.equal([...renderPalette({ connectors: [sampler], outDir })])
  })

  it('is replaced as a whole, leaving nothing else behind', async () => {
    const outDir = join(folder, 'whole', 'palette')
    buildPalette({ connectors: [sampler], outDir })
    await writeFile(join(outDir, 'stale.js'), '')
    buildPalette({ connectors: [sampler], outDir, version: '0.2.0' })
    expect(await readdir(outDir)).not.to.include('stale.js')
    expect(await readdir(join(outDir, '..'))).to.deep.equal(['palette'])
    expect(JSON.parse(await readFile(join(outDir, 'package.json'), 'utf8'))).to.include({ version: '0.2.0', type: 'module' })
  })

  it('leaves the old one in place when the new one cannot be made', async () => {
    const outDir = join(folder, 'kept')
    buildPalette({ connectors: [sampler], outDir })
    expect(() => buildPalette({ connectors: [{ ...sampler, icon: 'nowhere.svg' }], outDir })).to.throw(/no icon .*nowhere\.svg/)
    expect(await readdir(outDir)).to.include('sampler.js')
  })

  it('refuses two connectors with one node type, and names that cannot be files', () => {
    expect(() => renderPalette({ connectors: [sampler, { ...sampler, name: 'other' }], outDir: '' })).to.throw(/"sampler" and "other" both have a node type "sampler (in|out)"/)
    expect(() => renderPalette({ connectors: [{ ...sampler, name: '../x' }], outDir: '' })).to.throw(/cannot be the name/)
  })

  it('copies examples of a connector', async () => {
    const place = join(folder, 'with-examples')
    await cp(join(import.meta.dirname, 'sampler'), place, { recursive: true })
    await mkdir(join(place, 'examples'))
    await writeFile(join(place, 'examples/Send an order.json'), '[]')
    expect([...renderPalette({ connectors: [{ ...sampler, folder: place }], outDir: '' }).keys()]).to.include('examples/sampler/Send an order.json')
  })

  it('puts text into html and scripts so that none of it becomes markup', () => {
    const nasty = { en: '</script><b>', nb: '</script><b>', sv: '</script><b>' }
    const files = renderPalette({ connectors: [{ ...sampler, help: nasty, label: nasty, color: '</script>' }], outDir: '' })
    expect(String(files.get('sampler.html')).match(/<\/script>/g)?.length).to.equal(4)
    expect(String(files.get('locales/en-US/sampler.html')).match(/<\/script>/g)?.length).to.equal(3)
  })

  describe('with editor plugins', () => {
    it('holds their html, resources and texts', async () => {
      const pluginsDir = await plugin('sidebar', { 'plugin.html': '<script src="{{resources}}/main.js"></script>', 'resources/main.ts': "import { one } from './one.ts'\nconst x: number = one\nexport default x\n", 'resources/one.ts': 'export const one: number = 1\n', 'locales/nb.json': '{"title":"Tittel"}' })
      const files = renderPalette({ connectors: [sampler], outDir: '', pluginsDir })
      expect(String(files.get('plugins/sidebar.html'))).to.include('src="resources/torg-nodes/sidebar/main.js"')
      expect(String(files.get('resources/sidebar/main.js'))).to.include("from './one.js'").and.not.to.include(': number')
      expect(files.get('plugins/locales/nb/sidebar.json')).to.equal('{"title":"Tittel"}')
      expect(JSON.parse(String(files.get('package.json')))['node-red'].plugins).to.deep.equal({ kit: 'plugins/kit.html', sidebar: 'plugins/sidebar.html' })
    })

    it('may import what another plugin has', async () => {
      const pluginsDir = await plugin('first', { 'plugin.html': '<script type="module" src="{{resources}}/main.js"></script>', 'resources/main.ts': "import { one } from '../../second/resources/one.ts'\nimport '../../second/resources/two.js'\n" })
      await plugin('second', { 'plugin.html': '', 'resources/one.ts': 'export const one = 1\n', 'resources/two.js': '' }, pluginsDir)
      expect(String(renderPalette({ connectors: [sampler], outDir: '', pluginsDir }).get('resources/first/main.js'))).to.include("from '../second/one.js'").and.include("import '../second/two.js'")
    })

    it('is refused when a resource is missing: the editor would wait for it for ever', async () => {
      const missing = await plugin('missing', { 'plugin.html': '<script src="{{resources}}/gone.js"></script>' })
      expect(() => renderPalette({ connectors: [sampler], outDir: '', pluginsDir: missing })).to.throw(/"missing".*gone\.js/)
      const elsewhere = await plugin('elsewhere', { 'plugin.html': '<script src="https://cdn.example.com/x.js"></script>' })
      expect(() => renderPalette({ connectors: [sampler], outDir: '', pluginsDir: elsewhere })).to.throw(/cdn\.example\.com/)
      const deeper = await plugin('deeper', { 'plugin.html': '<script type="module" src="{{resources}}/main.js"></script>', 'resources/main.ts': "import './gone.ts'\n" })
      expect(() => renderPalette({ connectors: [sampler], outDir: '', pluginsDir: deeper })).to.throw(/gone/)
    })
  })
})
