/** Makes the runtime nodes of connectors from their definitions. */
import { TorgError, toTorgError } from '../errors.ts'
import type { Hub, NodeStatus, RegisteredSystem } from '../hub.ts'
import { factsOf, readConfig, type ConfigSource } from './config.ts'
import type { Config, ConnectorDefinition, Fields, NodeContext, System } from './definition.ts'
import { createHttp, type Http } from './http.ts'
import { isLimitField, limitsOf } from './limits.ts'
import { nodeTypesOf } from './node-types.ts'
import type { KitNode, NodeApi, RawConfig } from './red.ts'
import { addCheckRoute } from './register/check-route.ts'
import { showFault, withNode, type Construction } from './register/construction.ts'
import { attachCustom } from './register/custom.ts'
import { attachSource } from './register/source.ts'
import { attachStep } from './register/step.ts'

/** Registers the node types of one connector with Node-RED; what the generated stubs call. */
export type Registrar = (RED: NodeApi, connector: string) => void

/** A config node's system, or why it cannot be used. */
type SystemState =
  | { ok: true, registered: RegisteredSystem, system: System }
  | { ok: false, registered: RegisteredSystem | undefined, fault: TorgError }

/**
 * Makes a registrar for the running hub. A node whose configuration cannot be read is still there: it shows a red
 * status with the reason and refuses its work with it.
 *
 * @throws TorgError `flow.invalid` when a stub asks for a connector that is not among `connectors`.
 */
export function createRegistrar({ hub, connectors }: { hub: Hub, connectors: readonly ConnectorDefinition[] }): Registrar {
  const byName = new Map(connectors.map(connector => [connector.name, connector]))
  const systems = new WeakMap<object, SystemState>()
  let routed: NodeApi['httpAdmin']

  return (RED, name) => {
    const connector = byName.get(name)
    if (!connector) throw new TorgError('flow.invalid', `The palette names the connector "${name}", which is not loaded. Build the palette again.`)
    const originals = createOriginals(RED)
    // Every module gets a RED of its own around the one admin API.
    if (RED.httpAdmin && RED.httpAdmin !== routed) {
      routed = RED.httpAdmin
      addCheckRoute(RED, (id) => {
        const node = RED.nodes.getNode(id)
        const state = node ? systems.get(node) : undefined
        if (!state) return undefined
        const owner = state.ok ? byName.get(state.system.connector) : undefined
        return state.ok && owner ? { system: state.system, connector: owner } : state.ok ? undefined : { fault: state.fault }
      })
    }
    for (const nodeType of nodeTypesOf(connector)) {
      const secrets = Object.entries(nodeType.fields).filter(([, field]) => field.type === 'secret').map(([field]) => field)
      RED.nodes.registerType(nodeType.type, function construct(this: KitNode, raw: RawConfig) {
        RED.nodes.createNode(this, raw)
        const systemState = (id: unknown): SystemState | undefined => {
          const found = typeof id === 'string' && id !== '' ? RED.nodes.getNode(id) : null
          return found ? systems.get(found) : undefined
        }
        const source: ConfigSource = {
          nodeType, raw, credentials: this.credentials ?? {},
          original: field => originals(this._alias ?? this.id)?.[field],
          resolveSecret: reference => hub.resolveSecret(reference),
          systemKey: id => systemState(id)?.registered?.key,
        }
        if (nodeType.role === 'system') systems.set(this, constructSystem({ hub, source, connector, node: this }))
        else constructNode({ hub, source, node: this, system: systemState(raw['system']) })
      }, secrets.length > 0 ? { credentials: Object.fromEntries(secrets.map(field => [field, { type: 'password' as const }])) } : undefined)
    }
  }
}

/** Nodes as the flow file has them, collected once per burst of node creation. */
function createOriginals(RED: NodeApi): (id: string) => RawConfig | undefined {
  let cached: Map<string, RawConfig> | undefined
  return (id) => {
    if (!cached) {
      const nodes = new Map<string, RawConfig>()
      RED.nodes.eachNode((config) => { nodes.set(config.id, config) })
      cached = nodes
      setImmediate(() => { cached = undefined })
    }
    return cached.get(id)
  }
}

function constructSystem({ hub, source, connector, node }: { hub: Hub, source: ConfigSource, connector: ConnectorDefinition, node: KitNode }): SystemState {
  const refuse = (error: unknown, registered?: RegisteredSystem): SystemState => {
    const fault = withNode(toTorgError(error, 'flow.invalid'), source.raw)
    hub.log.error({ node: node.id, system: registered?.key, code: fault.code }, `${fault.message} ${fault.next}`)
    return { ok: false, registered, fault }
  }
  let registered: RegisteredSystem | undefined
  try {
    // The address and lane of a system exist as soon as its key does, so that what arrives is refused by name.
    registered = { nodeId: node.id, key: String(readSome(source, name => name === 'key')['key']), connector: connector.name, label: source.raw.name || String(source.raw['key']) }
    const unregister = hub.registerSystem(registered)
    node.on('close', (_removed, done) => { unregister(); done() })
  } catch (error) {
    return refuse(error)
  }
  try {
    registered.limits = limitsOf(readSome(source, isLimitField))
    const config = readSome(source, name => !isLimitField(name))
    const system: System = { key: registered.key, connector: connector.name, config, http: createSystemHttp({ hub, connector, config, key: registered.key }) }
    const { list } = connector.system ?? {}
    if (list) registered.list = want => list(system, want)
    return { ok: true, registered, system }
  } catch (error) {
    return refuse(error, registered)
  }
}

/** The configuration of some of a node's fields. */
function readSome(source: ConfigSource, wanted: (field: string) => boolean): Config<Fields> {
  const fields = Object.fromEntries(Object.entries(source.nodeType.fields).filter(([name]) => wanted(name)))
  return readConfig({ ...source, nodeType: { ...source.nodeType, fields } })
}

function createSystemHttp({ hub, connector, config, key }: { hub: Hub, connector: ConnectorDefinition, config: Config<Fields>, key: string }): Http {
  const options = connector.system?.http?.(config)
  if (options) return createHttp({ ...options, log: hub.log.child({ system: key }), systemKey: key })
  return { request: () => Promise.reject(new TorgError('flow.invalid', `The connector "${connector.name}" uses its system's HTTP client but does not define one. Add "http" to its system.`)) }
}

function constructNode({ hub, source, node, system }: { hub: Hub, source: ConfigSource, node: KitNode, system: SystemState | undefined }): void {
  const { nodeType, raw } = source
  const log = hub.log.child({ node: node.id, type: node.type, ...(system?.registered && { system: system.registered.key }) })
  const status = (shown: NodeStatus): void => node.status(shown)
  const construction: Construction = { hub, nodeType, node, raw, status, registeredSystem: system?.registered, context: { ok: false, fault: new TorgError('flow.invalid', '') } }
  try {
    if (nodeType.systemType && !system) throw new TorgError('system.unknown', { detail: `${raw.type} "${raw.name || raw.id}" has no system`, pointer: '/system', node: factsOf(source) })
    if (nodeType.systemType && system && !system.ok) throw system.fault
    const context: NodeContext<Fields> = {
      id: node.id, name: raw.name || undefined, config: readConfig(source), hub, log, status,
      get system(): System {
        if (system?.ok) return system.system
        throw new TorgError('system.unknown', { detail: `${raw.type} has no system of its own`, node: factsOf(source) })
      },
    }
    construction.context = { ok: true, value: context }
  } catch (error) {
    construction.context = { ok: false, fault: withNode(toTorgError(error, 'flow.invalid'), raw) }
  }
  attach(construction)
}

function attach(construction: Construction): void {
  const { nodeType: { definition }, context, hub, node } = construction
  if (!context.ok) showFault(construction, context.fault)
  if (definition?.role === 'source') attachSource(construction, definition)
  else if (definition?.role === 'custom') attachCustom(construction, definition)
  else if (definition && definition.role !== 'config') attachStep(construction, definition)
  if (!context.ok) hub.log.error({ node: node.id, type: node.type, code: context.fault.code }, `${context.fault.message} ${context.fault.next}`)
}
