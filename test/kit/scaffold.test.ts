import { execFile } from 'node:child_process'
import { cp, mkdtemp, readFile, rm, symlink } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { promisify } from 'node:util'
import { expect } from 'chai'
import { loadConnectors } from '../../runtime/kit/load.ts'
import { addToList, scaffoldConnector } from '../../runtime/kit/scaffold.ts'
import { defineConnector } from '../../runtime/kit/definition.ts'

const run = promisify(execFile)
const root = resolve(import.meta.dirname, '../..')

describe('a scaffolded connector', function () {
  this.timeout(180_000)
  let folder: string
  before(async () => { folder = await mkdtemp(join(tmpdir(), 'torg-scaffold-')) })
  after(() => rm(folder, { recursive: true, force: true }))

  it('is added to the list of connectors', () => {
    const list = "import hub from './hub/index.ts'\nimport shopify from './shopify/index.ts'\n\nexport const builtIn = [hub, shopify].map(x => x)\n"
    expect(addToList(list, 'my-shop')).to.equal("import hub from './hub/index.ts'\nimport myShop from './my-shop/index.ts'\nimport shopify from './shopify/index.ts'\n\nexport const builtIn = [hub, shopify, myShop].map(x => x)\n")
    expect(addToList(list, 'zalando')).to.include("import shopify from './shopify/index.ts'\nimport zalando from './zalando/index.ts'\n\n")
  })

  it('refuses a name or a folder that cannot be used', async () => {
    for (const name of ['Demo', 'kit', 'new', '-x', 'a b']) {
      const error = await scaffoldConnector({ name, folder: join(folder, 'refused'), asPackage: true }).catch((thrown: unknown) => thrown)
      expect(error, name).to.have.property('code', 'request.invalid')
    }
    expect(await scaffoldConnector({ name: 'hub', folder: join(root, 'nodes/hub'), asPackage: false }).catch((thrown: unknown) => thrown)).to.have.property('message').that.includes('not empty')
  })

  it('in nodes/ passes type check, lint, unused code and the conformance suite, unchanged', async () => {
    // A copy of the hub, so that the checkout is not touched and other tests may run.
    const copy = join(folder, 'hub')
    for (const part of ['runtime', 'nodes', 'editor-plugins', 'test', 'package.json', 'tsconfig.json', 'knip.json', '.oxlintrc.json']) await cp(join(root, part), join(copy, part), { recursive: true })
    await symlink(join(root, 'node_modules'), join(copy, 'node_modules'), 'junction')
    await scaffoldConnector({ name: 'made-up-shop', folder: join(copy, 'nodes/made-up-shop'), asPackage: false })
    expect(await readFile(join(copy, 'nodes/index.ts'), 'utf8')).to.include('madeUpShop]')
    const bin = (tool: string): string => join(root, 'node_modules/.bin', tool)
    const files = (await run('find', ['nodes/made-up-shop', 'nodes/index.ts', '-name', '*.ts'], { cwd: copy })).stdout.trim().split('\n')
    const types = await run(bin('tsc'), ['--noEmit'], { cwd: copy }).catch((error: { stdout: string }) => error)
    expect(types.stdout.split('\n').filter(line => line.startsWith('nodes/made-up-shop')), 'type check').to.deep.equal([])
    await run(bin('oxlint'), ['--deny-warnings', ...files], { cwd: copy })
    const unused = await run(bin('knip'), ['--no-exit-code', '--no-progress'], { cwd: copy })
    expect(unused.stdout.split('\n').filter(line => line.includes('made-up-shop')), 'unused code').to.deep.equal([])
    const suite = await run(bin('mocha'), ['--no-config', '--reporter', 'dot', '--fgrep', 'connector made-up-shop', 'test/conformance/conformance.test.ts'], { cwd: copy })
    expect(suite.stdout).to.match(/\d\d passing/)
    // The tests of every form find it by themselves: among the others in the editor, in Chromium.
    const forms = await run(bin('mocha'), ['--no-config', '--require', 'test/support/cleanup.ts', '--reporter', 'dot', '--fgrep', 'every built-in node in nb', 'test/kit/editor.test.ts'], { cwd: copy })
    expect(forms.stdout).to.include('1 passing')
  })

  it('gets the running hub\'s kit, whatever copy lies beside it', async () => {
    const project = join(folder, 'project-two')
    const place = join(project, 'node_modules/torg-probe')
    await run('mkdir', ['-p', join(place, 'node_modules/@torg/hub')])
    const write = (path: string, content: string) => import('node:fs/promises').then(({ writeFile }) => writeFile(join(place, path), content))
    await write('node_modules/@torg/hub/package.json', JSON.stringify({ name: '@torg/hub', type: 'module', exports: { './kit': './other.js' } }))
    await write('node_modules/@torg/hub/other.js', 'export const defineConnector = () => { throw new Error("the wrong kit") }\n')
    await write('package.json', JSON.stringify({ name: 'torg-probe', type: 'module', torg: { connector: './index.js' } }))
    await write('index.js', "import { defineConnector } from '@torg/hub/kit'\nconst label = { en: 'a', nb: 'b', sv: 'c' }\nexport default defineConnector({ name: 'probe', label, help: label, color: '#000000', icon: 'x.svg', nodes: [], which: defineConnector })\n")
    const [connector] = await loadConnectors(project, ['torg-probe'])
    expect(connector).to.have.property('which', defineConnector)
  })

  it('is refused with a sentence when it is missing, not built or not a connector', async () => {
    const project = join(folder, 'project-three')
    const refusal = async (name: string): Promise<string> => {
      const error: unknown = await loadConnectors(project, [name]).catch((thrown: unknown) => thrown)
      expect(error).to.have.property('code', 'flow.invalid')
      return error instanceof Error ? error.message : ''
    }
    expect(await refusal('torg-nowhere')).to.match(/torg-nowhere.*is not installed/)
    const place = join(project, 'node_modules/torg-odd')
    await run('mkdir', ['-p', place])
    const { writeFile } = await import('node:fs/promises')
    await writeFile(join(place, 'package.json'), JSON.stringify({ name: 'torg-odd', type: 'module' }))
    expect(await refusal('torg-odd')).to.match(/has no "torg"/)
    await writeFile(join(place, 'package.json'), JSON.stringify({ name: 'torg-odd', type: 'module', torg: { connector: './dist/index.js' } }))
    expect(await refusal('torg-odd')).to.match(/does not exist/)
    await writeFile(join(place, 'index.js'), 'export default { name: "odd", icon: "x.svg", color: "#000000" }\n')
    await writeFile(join(place, 'package.json'), JSON.stringify({ name: 'torg-odd', type: 'module', torg: { connector: './index.js' } }))
    expect(await refusal('torg-odd')).to.match(/needs label in en, nb, sv/)
  })
})
