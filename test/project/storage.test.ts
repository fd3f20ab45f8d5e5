import { expect } from 'chai'
import { mkdtemp, readFile, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { TorgError } from '../../runtime/errors.ts'
import type { FlowItem } from '../../runtime/node-red/facade.ts'
import { changedTabs, createStorage, readProject, reconcile, refuseStale, revisionOf, writeProject, type StorageOptions } from '../../runtime/project/index.ts'
import { openStore } from '../../runtime/store/index.ts'
import type { Store } from '../../runtime/store/types.ts'
import { createTestLog } from '../api/harness.ts'
import { createTestDatabase } from '../support/database.ts'

const tab = (id: string, label: string): FlowItem => ({ id, type: 'tab', label })
const node = (id: string, z: string, more: Partial<FlowItem> = {}): FlowItem => ({ id, type: 'debug', z, x: 100, y: 100, wires: [], ...more })

describe('deployments', () => {
  let database: Awaited<ReturnType<typeof createTestDatabase>>
  let store: Store
  let folder: string
  beforeEach(async () => {
    database = await createTestDatabase()
    store = await openStore({ databaseUrl: database.url, log: createTestLog('silent').log })
    folder = await mkdtemp(join(tmpdir(), 'torg-project-'))
  })
  afterEach(async () => {
    await store.close()
    await database.drop()
    await rm(folder, { recursive: true, force: true })
  })
  const make = (options: Partial<StorageOptions> = {}) => createStorage({ store, project: { folder }, development: false, log: createTestLog().log, checkFlows: () => undefined, ...options })

  describe('as Node-RED\'s storage', () => {
    it('gives back what was deployed, with the order of its keys, so that its revision holds', async () => {
      const storage = make()
      expect(await storage.getFlows()).to.deep.equal([])
      expect(await storage.getCredentials()).to.deep.equal({})
      const flows: FlowItem[] = [tab('t1', 'Æ'), { zeta: 1, id: 'a', alpha: { z: 1, a: [] }, type: 'debug', wires: [] }]
      await storage.saveCredentials({ $: 'encrypted' })
      await storage.saveFlows(flows, { username: 'kari' })
      expect(JSON.stringify(await storage.getFlows())).to.equal(JSON.stringify(flows))
      expect(await storage.getCredentials()).to.deep.equal({ $: 'encrypted' })
      expect(await store.activeDeployment()).to.include({ revision: revisionOf(flows), by: 'kari' })
      await storage.saveFlows([tab('t1', 'B')])
      expect(await storage.getCredentials(), 'kept by a deploy without credentials').to.deep.equal({ $: 'encrypted' })
      expect(await store.activeDeployment()).to.include({ by: 'editor' })
    })

    it('refuses what is not valid before anything happens', async () => {
      const calls: string[] = []
      const storage = make({ development: true, checkFlows: () => { throw new TorgError('flow.invalid', 'no') }, beforeDeploy: async () => { calls.push('drained') } })
      const thrown = await storage.saveFlows([tab('t1', 'A')]).then(() => null, (error: unknown) => error)
      expect(thrown).to.include({ code: 'flow.invalid' })
      expect(calls).to.deep.equal([])
      expect(await store.activeDeployment()).to.equal(null)
      expect(await readdir(folder)).to.deep.equal([])
    })

    it('drains first, and says when a deploy failed after that', async () => {
      const calls: string[] = []
      const failing = { ...store, deploy: async () => { calls.push('deploy'); throw new TorgError('hub.unavailable', 'gone') } }
      const storage = make({ store: failing, beforeDeploy: async () => { calls.push('drain') }, deployFailed: () => { calls.push('failed') } })
      expect(await storage.saveFlows([]).then(() => null, (error: unknown) => error)).to.include({ code: 'hub.unavailable' })
      expect(calls).to.deep.equal(['drain', 'deploy', 'failed'])
    })

    it('writes the project\'s files in development only', async () => {
      await make().saveFlows([tab('t1', 'Orders'), node('a', 't1')])
      expect(await readdir(folder)).to.deep.equal([])
      await make({ development: true }).saveFlows([tab('t1', 'Orders'), node('a', 't1')])
      expect(await readFile(join(folder, 'tabs/orders.json'), 'utf8')).to.contain('"id": "a"')
      expect((await readProject(folder)).flows).to.deep.equal([tab('t1', 'Orders'), node('a', 't1')])
    })

    it('keeps settings and library in the database, sessions in memory only', async () => {
      await make().saveSettings({ users: { admin: { x: 1 } } })
      expect(await make().getSettings()).to.deep.equal({ users: { admin: { x: 1 } } })
      const storage = make()
      await storage.saveSessions({ token: { user: 'admin' } })
      expect(await storage.getSessions()).to.deep.equal({ token: { user: 'admin' } })
      expect(await make().getSessions()).to.deep.equal({})

      await storage.saveLibraryEntry('functions', '/net/sum.js', { outputs: 1 }, 'return msg')
      await storage.saveLibraryEntry('functions', 'other.js', {}, 'x')
      expect(await storage.getLibraryEntry('functions', '/')).to.deep.equal(['net', { fn: 'other.js' }])
      expect(await storage.getLibraryEntry('functions', '/net')).to.deep.equal([{ outputs: 1, fn: 'sum.js' }])
      expect(await make().getLibraryEntry('functions', 'net/sum.js')).to.equal('return msg')
      expect(await storage.getLibraryEntry('flows', '/')).to.deep.equal([])
    })
  })

  describe('and files at start', () => {
    const start = async (development: boolean, checkFlows?: () => void) => {
      const { log, lines } = createTestLog()
      const deployment = await reconcile({ store, project: await readProject(folder), development, log, ...(checkFlows && { checkFlows }) })
      return { deployment, lines }
    }

    it('deploys the files where nothing was deployed', async () => {
      await writeProject(folder, [tab('t1', 'Orders')])
      const { deployment } = await start(false)
      expect(deployment).to.include({ by: 'files' })
      expect(await store.activeDeployment()).to.deep.equal(deployment)
    })

    it('keeps the active deployment otherwise, and names the tabs that differ', async () => {
      await writeProject(folder, [tab('t1', 'Orders'), tab('t2', 'ERP')])
      const { deployment: first } = await start(false)
      await writeProject(folder, [tab('t1', 'Orders'), { ...tab('t2', 'ERP'), disabled: true }, { id: 's', type: 'rest-system', key: 'erp' }])
      const { deployment, lines } = await start(false)
      expect(deployment.id).to.equal(first.id)
      expect(lines.filter(({ level }) => level === 40).map(({ tabs }) => tabs)).to.deep.equal([['ERP', 'systems']])
    })

    it('deploys changed files in development and keeps typed secrets; equal files change nothing', async () => {
      await writeProject(folder, [tab('t1', 'Orders')])
      await start(true)
      await make().saveCredentials({ $: 'x' })
      const storage = make()
      await storage.saveCredentials({ $: 'typed' })
      // The editor's order of nodes and keys is not that of the files; that alone is no difference.
      await storage.saveFlows([{ label: 'Orders', type: 'tab', id: 't1' }])
      const active = await store.activeDeployment()
      expect((await start(true)).deployment.id).to.equal(active?.id)
      await writeProject(folder, [tab('t1', 'Web orders')])
      const { deployment } = await start(true)
      expect(deployment).to.deep.include({ credentials: { $: 'typed' } })
      expect(deployment.id).to.be.greaterThan(active?.id ?? 0)
    })

    it('takes the role table of the files into a deployment made before it was a part of them, once, and says so', async () => {
      const files = [tab('t1', 'Orders'), { id: 's', type: 'rest-system', key: 'erp' }]
      const rows = [{ kind: 'order', masters: ['erp'] }]
      await writeProject(folder, [...files, { id: 'hub-roles', type: 'hub roles', rows }])
      await make().saveFlows([{ ...tab('t1', 'Orders'), info: 'edited' }, ...files.slice(1)], { username: 'kari' })
      const { deployment, lines } = await start(false)
      expect(deployment).to.include({ by: 'kari', from: 'editor', revision: revisionOf(deployment.flows) })
      expect(deployment.flows.map(({ id }) => id)).to.deep.equal(['t1', 's', 'hub-roles'])
      expect(lines.map(({ msg }) => msg).join()).to.contain('the 1 rows of roles.json hold')
      await make().saveFlows([...files, { id: 'hub-roles', type: 'hub roles', rows: [] }])
      const { deployment: later } = await start(false)
      expect(later.flows.at(-1)).to.deep.include({ id: 'hub-roles', rows: [] })
    })

    it('refuses files that may not be deployed; the active deployment stays', async () => {
      await writeProject(folder, [tab('t1', 'Orders')])
      const { deployment } = await start(true)
      await writeProject(folder, [tab('t1', 'Changed')])
      expect(await start(true, () => { throw new TorgError('flow.invalid', 'no') }).then(() => null, (error: unknown) => error)).to.include({ code: 'flow.invalid' })
      expect((await store.activeDeployment())?.id).to.equal(deployment.id)
    })
  })

  it('refuse a stale revision, naming the tabs changed since', async () => {
    const base = [tab('t1', 'Orders'), tab('t2', 'ERP'), node('a', 't2')]
    await make().saveFlows(base)
    await refuseStale(store, revisionOf(base))
    await make().saveFlows([tab('t1', 'Orders'), tab('t2', 'ERP'), node('a', 't2', { name: 'New name' }), tab('t3', 'CRM')], { username: 'ola' })
    const thrown = await refuseStale(store, revisionOf(base)).then(() => null, (error: unknown) => error)
    expect(thrown).to.include({ code: 'flow.stale', status: 409 })
    expect(String(thrown)).to.contain('Changed since: CRM, ERP').and.contain('by ola')
    expect(String(await refuseStale(store, 'unknown').catch((error: unknown) => error))).to.contain('not known here')
  })
})

describe('changed tabs', () => {
  it('names the tab of every node that came, went or changed, and both where it moved', () => {
    const before = [tab('t1', 'A'), tab('t2', 'B'), tab('t3', 'C'), node('a', 't1'), node('b', 't2')]
    expect(changedTabs(before, before)).to.deep.equal([])
    expect(changedTabs(before, before.filter(({ id }) => id !== 'a'))).to.deep.equal(['A'])
    expect(changedTabs(before, before.map(item => item.id === 'a' ? { ...item, z: 't2' } : item))).to.deep.equal(['A', 'B'])
    expect(changedTabs(before, before.filter(({ id }) => id !== 't3'))).to.deep.equal(['C'])
  })

  it('names the role table where its rows differ, whatever the node says besides; none is one without rows', () => {
    const table = (rows: object[], more: object = {}): object => ({ id: 'hub-roles', type: 'hub roles', rows, ...more })
    const changed = (before: object[], after: object[]): string[] => changedTabs(before.map(item => ({ ...item })), after.map(item => ({ ...item })))
    expect(changed([], [table([])])).to.deep.equal([])
    expect(changed([table([{ kind: 'order', masters: ['erp'] }])], [table([{ masters: ['erp'], kind: 'order' }], { id: 'x', info: '', z: '' })])).to.deep.equal([])
    expect(changed([table([{ kind: 'order', masters: ['erp'] }])], [])).to.deep.equal(['roles'])
  })
})
