/** Node-RED's storage on deployments: the database is what runs, the project's files are what people edit. */
import type { Logger } from 'pino'
import { failAt } from '../fail-points.ts'
import type { FlowItem, StorageModule } from '../node-red/facade.ts'
import type { Deployment, Store } from '../store/types.ts'
import { deployFacts } from './deployer.ts'
import { isObject } from './json.ts'
import { changedTabs, revisionOf } from './revision.ts'
import { writeProject } from './write.ts'
import type { Project } from './types.ts'

export interface StorageOptions {
  store: Pick<Store, 'activeDeployment' | 'deploy' | 'cursor' | 'saveCursor'>
  project: Pick<Project, 'folder'>
  /** Whether a deploy is written to the project's files. */
  development: boolean
  log: Logger
  /** Throws `flow.invalid` where flows may not be deployed; nothing has changed then. */
  checkFlows(flows: readonly unknown[]): void
  /** Closes the intake and waits for open runs. */
  beforeDeploy?(): Promise<void>
  /** The deploy failed after `beforeDeploy`: the old flows go on. */
  deployFailed?(): void
  /** Told after the deployment was stored, before Node-RED stops and starts nodes. */
  deployed?(deployment: Deployment): void
}

const settingsCursor = 'node-red/settings'
const libraryCursor = (type: string): string => `node-red/library/${type}`

/**
 * Node-RED's storage module. Flows and encrypted credentials are those of the active deployment, settings and the library
 * stand in the database too. Sessions stay in memory: their tokens are secrets, and a restart asks for the password again.
 */
export function createStorage({ store, project, development, log, checkFlows, beforeDeploy, deployFailed, deployed }: StorageOptions): StorageModule {
  /** Node-RED hands over credentials before the flows they belong to, and only when they changed. */
  let pendingCredentials: Record<string, unknown> | null = null
  let sessions: Record<string, unknown> = {}

  const deploy = async (flows: FlowItem[], user: unknown): Promise<void> => {
    const { by, from, note } = deployFacts(user)
    checkFlows(flows)
    await beforeDeploy?.()
    failAt('deploy-drained')
    try {
      const active = await store.activeDeployment()
      const deployment = await store.deploy({ revision: revisionOf(flows), by, from, note, flows, credentials: pendingCredentials ?? active?.credentials ?? {} })
      failAt('deploy-stored')
      pendingCredentials = null
      const tabs = active ? changedTabs(active.flows, flows) : []
      log.info({ deployment: deployment.id, by, tabs }, `Deployed${tabs.length === 0 ? '' : `: ${tabs.join(', ')}`}`)
      deployed?.(deployment)
    } catch (thrown) {
      deployFailed?.()
      throw thrown
    }
    if (development) await writeFiles(flows)
  }

  const writeFiles = async (flows: FlowItem[]): Promise<void> => {
    try {
      const { written, removed } = await writeProject(project.folder, flows)
      if (written.length + removed.length > 0) log.info({ written, removed }, `Wrote the project's files: ${[...written, ...removed].join(', ')}`)
    } catch (thrown) {
      // What runs is deployed already. A file that cannot be written must not look like a failed deploy.
      log.error({ err: thrown, folder: project.folder }, 'The deploy runs, but its files could not be written. Make the project folder writable and deploy again, or export the flows.')
    }
  }

  const getLibrary = async (type: string): Promise<Record<string, LibraryEntry>> => asObject(await store.cursor(libraryCursor(type))) as Record<string, LibraryEntry>

  return {
    init: async () => {},
    getFlows: async () => asFlows((await store.activeDeployment())?.flows ?? []),
    saveFlows: async (flows, user) => { await deploy(flows, user) },
    getCredentials: async () => (await store.activeDeployment())?.credentials ?? {},
    saveCredentials: async credentials => { pendingCredentials = credentials },
    getSettings: async () => asObject(await store.cursor(settingsCursor)),
    saveSettings: async settings => { await store.saveCursor(settingsCursor, settings) },
    getSessions: async () => sessions,
    saveSessions: async saved => { sessions = saved },
    getLibraryEntry: async (type, path) => findLibraryEntry(await getLibrary(type), path),
    saveLibraryEntry: async (type, path, meta, body) => {
      await store.saveCursor(libraryCursor(type), { ...await getLibrary(type), [trim(path)]: { meta, body } })
    },
  }
}

/** For a process that deploys nothing: everything it would store stays in its memory, what it reads is what the hub stored. */
export function createReadOnlyStorage(store: Pick<Store, 'activeDeployment' | 'cursor'>): StorageModule {
  const refuse = async (): Promise<never> => { throw new Error('Only the hub deploys.') }
  return {
    init: async () => {},
    getFlows: async () => asFlows((await store.activeDeployment())?.flows ?? []),
    saveFlows: refuse,
    getCredentials: async () => (await store.activeDeployment())?.credentials ?? {},
    saveCredentials: async () => {},
    getSettings: async () => asObject(await store.cursor(settingsCursor)),
    saveSettings: async () => {},
    getSessions: async () => ({}),
    saveSessions: async () => {},
    getLibraryEntry: refuse,
    saveLibraryEntry: refuse,
  }
}

interface LibraryEntry { meta: Record<string, unknown>, body: unknown }

/** The body of an entry, or what a folder holds: names of folders, then entries with their file name as `fn`. */
function findLibraryEntry(library: Readonly<Record<string, LibraryEntry>>, path: string): unknown {
  const name = trim(path)
  const entry = library[name]
  if (entry !== undefined) return entry.body
  const prefix = name === '' ? '' : `${name}/`
  const below = Object.entries(library).filter(([key]) => key.startsWith(prefix)).map(([key, { meta }]) => ({ rest: key.slice(prefix.length).split('/'), meta }))
  if (below.length === 0 && name !== '') throw Object.assign(new Error(`There is no library entry ${name}`), { code: 'not_found' })
  const folders = new Set(below.filter(({ rest }) => rest.length > 1).map(({ rest }) => rest[0] ?? ''))
  return [...folders, ...below.filter(({ rest }) => rest.length === 1).map(({ rest, meta }) => ({ ...meta, fn: rest[0] }))]
}

const trim = (path: string): string => path.replaceAll(/^\/+|\/+$/g, '')
const asObject = (value: unknown): Record<string, unknown> => isObject(value) ? { ...value } : {}

/** As checked when they were deployed: every entry has id and type. The order of keys stays, for the revision. */
const asFlows = (flows: readonly Record<string, unknown>[]): FlowItem[] => flows.map(node => ({ ...node, id: String(node['id']), type: String(node['type']) }))
