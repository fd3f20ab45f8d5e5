/** Runs Node-RED in this process: with its editor, or headless. */
import { writeFile } from 'node:fs/promises'
import type { Server } from 'node:http'
import { join } from 'node:path'
import type { Express } from 'express'
import type { Logger } from 'pino'
import { TorgError } from '../errors.ts'
import { nodeRed, type FlowItem, type NodeRed, type StorageModule } from './facade.ts'
import { createLogBridge } from './log.ts'

export interface NodeRedOptions {
  /** The HTTP server whose WebSocket upgrades the editor and its nodes use. Mounting the two apps is the caller's work. */
  server: Server
  storage: StorageModule
  /** Module folders with a `package.json` naming `node-red.nodes`. */
  nodesDirs: string[]
  /** Node-RED's own working folder; must exist. */
  userDir: string
  /** False: headless, without editor and admin API. */
  editor: boolean
  log: Logger
  /** Further keys that nodes read from `RED.settings`, for example `torg` and `torgNodes`. */
  settings?: Record<string, unknown>
  /** @defaultValue `/editor` */
  adminRoot?: string
  /** @defaultValue `/http` */
  nodeRoot?: string
  /** Node-RED's login settings, see https://nodered.org/docs/user-guide/runtime/securing-node-red */
  adminAuth?: Record<string, unknown>
  editorTheme?: Record<string, unknown>
  /** Encrypts the secrets typed in the editor. */
  credentialSecret: string
}

export interface DeployOptions {
  /** Refused where the running flows have another one. */
  revision?: string
  /** Node-RED's: `{ $: '…' }` encrypted, or by node id. */
  credentials?: Record<string, unknown>
  /** Given to the storage. */
  user?: { username: string }
}

export interface EmbeddedNodeRed {
  red: NodeRed
  /** Editor and admin API, to mount at `adminRoot`; undefined when headless. */
  adminApp: Express | undefined
  /** Routes of `http in` nodes, to mount at `nodeRoot`. */
  nodeApp: Express
  /** Resolves when the flows given by the storage run; rejects with `flow.invalid` where node types are missing. */
  started: Promise<void>
  /**
   * Replaces the flows and waits until the new ones run.
   * @throws TorgError `flow.invalid` where a node type is missing (the running flows stay), or the storage's refusal.
   */
  deploy(flows: FlowItem[], options?: DeployOptions): Promise<{ revision: string }>
  /** Loads the flows of the storage again and waits until they run. */
  reload(): Promise<void>
  /** Stops all nodes. Mounted apps stay mounted and answer 404. */
  stop(): Promise<void>
}

let running = false

/**
 * Starts Node-RED. There is one per process; it can be started again after `stop()`.
 * @throws Error while another one runs.
 */
export async function startNodeRed(options: NodeRedOptions): Promise<EmbeddedNodeRed> {
  if (running) throw new Error('Node-RED runs already in this process; there can be only one. Stop the first before starting another.')
  running = true
  try {
    await ensurePackageFile(options.userDir)
    nodeRed.init(options.server, toSettings(options))
    const { started } = watchStart()
    await nodeRed.start()
    return {
      red: nodeRed,
      adminApp: options.editor ? nodeRed.httpAdmin : undefined,
      nodeApp: nodeRed.httpNode,
      started,
      deploy,
      reload,
      stop: async () => {
        await nodeRed.stop()
        nodeRed.settings.reset()
        running = false
      },
    }
  } catch (error) {
    running = false
    throw error
  }
}

/**
 * Refuses flows of which no module provides a type.
 * @throws TorgError `flow.invalid` naming the types
 */
export function requireTypes(flows: FlowItem[]): void {
  const structural = new Set(['tab', 'subflow', 'group'])
  const subflows = new Set(flows.filter(item => item.type === 'subflow').map(item => `subflow:${item.id}`))
  const used = new Set(flows.map(item => item.type))
  const missing = [...used].filter(type => !structural.has(type) && !subflows.has(type) && !nodeRed.nodes.getType(type)).sort()
  if (missing.length > 0) throw refusal(missing)
}

async function deploy(flows: FlowItem[], { revision, credentials, user }: DeployOptions = {}): Promise<{ revision: string }> {
  requireTypes(flows)
  return { revision: await setFlows({ flows: { flows, ...(credentials && { credentials }), ...(revision !== undefined && { rev: revision }) }, deploymentType: 'full', ...(user && { user }) }) }
}

async function reload(): Promise<void> {
  await setFlows({ deploymentType: 'reload' })
}

async function setFlows(change: Parameters<NodeRed['runtime']['flows']['setFlows']>[0]): Promise<string> {
  const { started, ignore } = watchStart()
  try {
    const { rev } = await nodeRed.runtime.flows.setFlows(change)
    // Node-RED swallows a failure to stop the old flows, and then answers without a revision.
    if (!rev) throw new TorgError('hub.internal', 'Node-RED could not stop the running flows, see the log before this line; restart the hub.')
    await started
    return rev
  } finally {
    ignore()
  }
}

function refusal(missing: string[]): TorgError {
  return new TorgError('flow.invalid', {
    detail: `The flows use node types that no installed module provides: ${missing.join(', ')}.`,
    next: 'Install the connector or palette package that provides them, or remove the nodes, and deploy again.',
  })
}

interface RuntimeState { id: string, payload?: { type?: string, error?: string, text?: string, types?: string[], modules?: { module: string, error: string }[] } }

/** The next start of flows, which Node-RED reports only by events. */
function watchStart(): { started: Promise<void>, ignore(): void } {
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  const onState = ({ id, payload }: RuntimeState) => {
    if (id !== 'runtime-state' || payload?.type !== 'warning') return
    ignore()
    const { error = payload.text ?? 'unknown reason', types, modules = [] } = payload
    const names = modules.map(({ module, error }) => ` ${module} (${error})`).join(',')
    reject(types ? refusal(types) : new TorgError('flow.invalid', `Node-RED did not start the flows: ${error}${names}. The log before this line says more.`))
  }
  const onStarted = () => {
    ignore()
    resolve()
  }
  const ignore = () => {
    nodeRed.events.removeListener('flows:started', onStarted)
    nodeRed.events.removeListener('runtime-event', onState)
  }
  nodeRed.events.on('flows:started', onStarted)
  nodeRed.events.on('runtime-event', onState)
  // It may be looked at later: an early refusal must not count as unhandled meanwhile.
  promise.catch(() => undefined)
  return { started: promise, ignore }
}

/** Node-RED logs an error where its working folder holds no package.json. */
async function ensurePackageFile(userDir: string): Promise<void> {
  const content = JSON.stringify({ name: 'torg-node-red', private: true, description: 'Working folder of Node-RED inside Torg.' }, null, 2)
  await writeFile(join(userDir, 'package.json'), content, { flag: 'wx' }).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EEXIST') throw error
  })
}

function toSettings(options: NodeRedOptions): Record<string, unknown> {
  const { editor, adminRoot = '/editor', nodeRoot = '/http', adminAuth, editorTheme, settings } = options
  return {
    userDir: options.userDir,
    nodesDir: options.nodesDirs,
    storageModule: options.storage,
    credentialSecret: options.credentialSecret,
    httpAdminRoot: editor ? adminRoot : false,
    httpNodeRoot: nodeRoot,
    ...(adminAuth && { adminAuth }),
    logging: { torg: { level: 'debug', metrics: false, audit: false, handler: () => createLogBridge(options.log) } },
    // Nothing calls out: no telemetry, no search for updates, no palette installs.
    telemetry: { enabled: false, updateNotification: false },
    externalModules: { autoInstall: false, palette: { allowInstall: false, allowUpdate: false, allowUpload: false }, modules: { allowInstall: false } },
    diagnostics: { enabled: true, ui: false },
    runtimeState: { enabled: false, ui: false },
    exportGlobalContextKeys: false,
    ...settings,
    editorTheme: { tours: false, projects: { enabled: false }, ...editorTheme },
  }
}
