import { expect } from 'chai'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { TorgError } from '../../runtime/errors.ts'
import { kinds } from '../../runtime/model/index.ts'
import { createAnalyser } from '../../runtime/analysis/index.ts'
import { describeFinding, revisionOf, writeProject } from '../../runtime/project/index.ts'
import { openStore } from '../../runtime/store/index.ts'
import type { Store } from '../../runtime/store/types.ts'
import { createTestLog, startApi, type RunningApi } from '../api/harness.ts'
import { createTestDatabase } from '../support/database.ts'

const cli = join(import.meta.dirname, '../../runtime/cli.ts')
const tab = (id: string, label: string, more: object = {}) => ({ id, type: 'tab', label, ...more })

describe('torg deploy', () => {
  let database: Awaited<ReturnType<typeof createTestDatabase>>
  let store: Store
  let api: RunningApi
  let folder: string
  beforeEach(async () => {
    database = await createTestDatabase()
    store = await openStore({ databaseUrl: database.url, log: createTestLog('silent').log })
    folder = await mkdtemp(join(tmpdir(), 'torg test deploy '))
    api = await startApi({
      store,
      checkFlows: flows => {
        const bad = flows.filter(node => JSON.stringify(node).includes('broken')).map(node => ({ detail: `bad: ${JSON.stringify(node)}` }))
        if (bad[0]) throw new TorgError('flow.invalid', { detail: `${bad[0].detail} (and ${bad.length - 1} more)`, errors: bad })
      },
      deploy: async ({ flows, user }) => {
        const { revision } = await store.deploy({ revision: revisionOf(flows), by: user.username, from: 'api', note: null, ...user.deploy, flows, credentials: {} })
        return { revision, warnings: createAnalyser({ kinds }).analyse(flows).filter(({ severity }) => severity === 'warning').map(describeFinding) }
      },
    })
  })
  afterEach(async () => {
    await api.close()
    await store.close()
    await database.drop()
    await rm(folder, { recursive: true, force: true })
  })

  async function deploy(...args: string[]): Promise<{ code: number, text: string }> {
    const child = spawn(process.execPath, [cli, 'deploy', folder, ...args], { env: { PATH: process.env['PATH'], PUBLIC_URL: api.url } })
    let text = ''
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => { text += chunk.toString() })
    const [code] = await once(child, 'close') as [number]
    return { code, text }
  }
  const inEditor = (flows: Record<string, unknown>[]) => store.deploy({ revision: revisionOf(flows), by: 'kari', from: 'editor', note: null, flows, credentials: {} })

  it('deploys the tabs that differ, with a note, and says when none do', async () => {
    await writeProject(folder, [tab('t1', 'Orders'), tab('t2', 'ERP')])
    expect(await deploy('--dry-run')).to.deep.equal({ code: 0, text: 'Would change: ERP, Orders\n' })
    expect(await store.activeDeployment()).to.equal(null)
    const { code, text } = await deploy('--note', 'first')
    expect({ code, text }).to.deep.equal({ code: 0, text: 'Changes: ERP, Orders\nDeployed as deployment 1. The new flows run.\n' })
    expect(await store.activeDeployment()).to.include({ by: 'admin', from: 'files', note: 'first' })
    expect(await deploy()).to.deep.equal({ code: 0, text: 'Nothing to deploy: deployment 1 says the same as the files.\n' })
  })

  it('brings the role table, with warnings about it, and refuses to undo rows changed in the editor', async () => {
    const erp = { id: 's', type: 'rest-system', key: 'erp' }
    const table = (field: string) => ({ id: 'hub-roles', type: 'hub roles', rows: [{ kind: 'order', field, masters: ['erp'] }] })
    await writeProject(folder, [erp, table('payments')])
    const { code, text } = await deploy()
    expect(code).to.equal(0)
    expect(text).to.match(/^Changes: roles, systems\nDeployed as deployment 1\. The new flows run\.\nLook at: roles\.json: nobody is master of these fields of order, .*lines/)
    await inEditor([erp, table('notes')])
    await writeProject(folder, [erp, table('lines')])
    const refused = await deploy()
    expect(refused.code).to.equal(1)
    expect(refused.text).to.match(/last by kari at .*: roles\.\n.*--force/)
  })

  it('never undoes edits of the editor unless it is told to', async () => {
    await writeProject(folder, [tab('t1', 'Orders'), tab('t2', 'ERP'), tab('t3', 'CRM')])
    await deploy()
    const edited = [tab('t1', 'Orders'), tab('t2', 'ERP', { info: 'edited' }), tab('t3', 'CRM')]
    const { id } = await inEditor(edited)
    await writeProject(folder, [tab('t1', 'Orders', { info: 'new' }), tab('t2', 'ERP'), tab('t3', 'CRM')])
    const refused = await deploy()
    expect(refused.code).to.equal(1)
    expect(refused.text).to.match(/last by kari at .*: ERP\.\n.*--force/)
    expect((await deploy('--dry-run')).code).to.equal(1)
    expect((await store.activeDeployment())?.id).to.equal(id)

    await writeProject(folder, [tab('t1', 'Orders', { info: 'new' }), tab('t2', 'ERP', { info: 'edited' }), tab('t3', 'CRM')])
    expect(await deploy(), 'the files have the edits').to.include({ code: 0, text: 'Changes: Orders\nDeployed as deployment 3. The new flows run.\n' })

    await inEditor(edited)
    expect((await deploy()).code, 'an editor that put the old state back').to.equal(1)
    expect((await deploy('--force')).code).to.equal(0)
    expect(await store.activeDeployment()).to.include({ from: 'files', id: 5 })
  })

  it('prints every finding of files and of the hub', async () => {
    await writeProject(folder, [tab('t1', 'Orders', { info: 'broken' }), tab('t2', 'ERP', { info: 'broken' })])
    const byHub = await deploy()
    expect(byHub.code).to.equal(1)
    expect(byHub.text).to.match(/bad: .*"t1".*and 1 more\)\n- bad: .*"t2"/)
    await writeProject(folder, [tab('t1', 'Orders'), { id: 'a', type: 'debug', z: 't1', wires: [['gone'], ['lost']] }])
    const byFiles = await deploy()
    expect(byFiles.code).to.equal(1)
    expect(byFiles.text).to.contain('tabs/orders.json').and.contain('gone').and.contain('lost')
    expect(await store.activeDeployment()).to.equal(null)
  })
})
