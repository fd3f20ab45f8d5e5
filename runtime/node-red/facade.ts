/**
 * The part of Node-RED 5 we use, typed. The published types describe Node-RED 1.3, so they are not used; what stands
 * here was read from `node_modules/@node-red/{runtime,util,editor-api}/lib`.
 *
 * Documentation: https://nodered.org/docs/api/hooks/messages/, https://nodered.org/docs/api/storage/
 */
import { createRequire } from 'node:module'
import type { EventEmitter } from 'node:events'
import type { Server } from 'node:http'
import type { Express, RequestHandler } from 'express'
import type { FlowMessage } from '../runs/types.ts'
import type { NodeStatus } from '../hub.ts'

/** One object of a flow array: a tab, subflow, group, config node or node. */
export interface FlowItem {
  id: string
  type: string
  z?: string
  name?: string
  d?: boolean
  wires?: string[][]
  [key: string]: unknown
}

export type InputHandler = (this: FlowNode, msg: FlowMessage, send: (messages: unknown) => void, done: (error?: unknown) => void) => void

/** A running node. */
export interface FlowNode {
  readonly id: string
  readonly type: string
  readonly name?: string
  /** Id of the tab, or of the subflow instance, that holds the node. */
  readonly z?: string
  /** Inside a subflow instance: the id of the node in the subflow's definition. */
  readonly _alias?: string
  readonly _flow: { getNode(id: string): unknown, path?: string }
  /** How many input handlers take a `done`. None: the node never completes a message. */
  readonly _expectedDoneCount: number
  readonly _wireCount: number
  _inputCallback: InputHandler | null
  readonly _inputCallbacks: InputHandler[] | null
  send(messages: unknown): void
  receive(msg: object): void
  error(error: unknown, msg?: object): void
  warn(text: unknown): void
  log(text: unknown): void
  status(status: NodeStatus): void
  on(event: 'input', handler: InputHandler): void
  on(event: 'close', handler: (removed: boolean, done: () => void) => void): void
  removeListener(event: 'input', handler: InputHandler): void
}

/** Passed to `preRoute`, `preDeliver` and `postDeliver`. */
export interface SendEvent {
  msg: FlowMessage
  readonly source: { readonly id: string, readonly node: FlowNode, readonly port: number }
  /** `node` is set from `preDeliver` on. */
  readonly destination: { readonly id: string, readonly node?: FlowNode }
}

/** Passed to `onReceive` and `postReceive`: the same object to both. */
export interface ReceiveEvent {
  readonly msg: FlowMessage
  readonly destination: { readonly id: string, readonly node: FlowNode }
}

export interface CompleteEvent {
  readonly msg: FlowMessage
  readonly error?: unknown
  readonly node: { readonly id: string, readonly node: FlowNode }
}

interface HookEvents {
  onSend: SendEvent[]
  preRoute: SendEvent
  preDeliver: SendEvent
  postDeliver: SendEvent
  onReceive: ReceiveEvent
  postReceive: ReceiveEvent
  onComplete: CompleteEvent
}

export interface Hooks {
  /** A handler of one parameter runs synchronously; `false` stops the message. */
  add<Name extends keyof HookEvents>(name: `${Name}.${string}`, handler: (event: HookEvents[Name]) => void | false): void
  /** `*.<label>` removes all hooks of a label. */
  remove(name: `${string}.${string}`): void
}

/** What Node-RED hands to a log handler. */
export interface LogRecord {
  /** 10 fatal, 20 error, 30 warn, 40 info, 50 debug, 60 trace. */
  level: number
  msg: unknown
  id?: string
  type?: string
  name?: string
  z?: string
  path?: string
  timestamp: number
}

/** Where flows, credentials and editor settings live: https://nodered.org/docs/api/storage/methods/ */
export interface StorageModule {
  init(settings: Record<string, unknown>, runtime: unknown): Promise<void>
  getFlows(): Promise<FlowItem[]>
  saveFlows(flows: FlowItem[], user?: unknown): Promise<void>
  getCredentials(): Promise<Record<string, unknown>>
  saveCredentials(credentials: Record<string, unknown>): Promise<void>
  getSettings(): Promise<Record<string, unknown> | null>
  saveSettings(settings: Record<string, unknown>): Promise<void>
  getSessions(): Promise<Record<string, unknown>>
  saveSessions(sessions: Record<string, unknown>): Promise<void>
  getLibraryEntry(type: string, name: string): Promise<unknown>
  saveLibraryEntry(type: string, name: string, meta: unknown, body: unknown): Promise<void>
}

/** What a node's file receives as `RED`. */
export interface NodeApi {
  nodes: {
    createNode(node: object, config: object): void
    registerType(type: string, constructor: (this: FlowNode, config: FlowItem) => void, options?: object): void
    getNode(id: string): FlowNode | null
  }
  settings: Record<string, unknown>
}

export interface NodeRed {
  init(server: Server, settings: Record<string, unknown>): void
  start(): Promise<void>
  stop(): Promise<void>
  readonly httpAdmin?: Express
  readonly httpNode: Express
  readonly events: EventEmitter
  readonly hooks: Hooks
  readonly log: {
    /** A text of Node-RED's runtime catalogue. */
    _(key: string): string
  }
  readonly nodes: {
    getNode(id: string): FlowNode | null
    /** Constructor of a node type; undefined where no module provides it. */
    getType(type: string): unknown
    eachNode(visit: (config: FlowItem) => void): void
  }
  readonly settings: { [key: string]: unknown, reset(): void }
  /** Middleware that knows the editor's sessions. */
  readonly auth: { needsPermission(permission: string): RequestHandler }
  readonly runtime: {
    flows: {
      getFlows(options: object): Promise<{ flows: FlowItem[], rev: string } | null>
      setFlows(options: { flows?: { flows: FlowItem[], credentials?: Record<string, unknown>, rev?: string }, deploymentType: DeployType, user?: { username: string } }): Promise<{ rev?: string }>
    }
  }
}

/** `full` restarts every node; `flows` and `nodes` only what changed; `reload` takes what the storage has. */
export type DeployType = 'full' | 'flows' | 'nodes' | 'reload'

/** Node-RED itself: one per process. */
export const nodeRed: NodeRed = createRequire(import.meta.url)('node-red')
