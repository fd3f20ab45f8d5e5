/** What is deployed: nodes register themselves when Node-RED constructs them and take themselves away when it closes them. */
import { TorgError } from './errors.ts'
import type { RegisteredSource, RegisteredSubscription, RegisteredSystem } from './hub.ts'

export function createRegistry() {
  const systems = new Map<string, RegisteredSystem>()
  const sources = new Map<string, RegisteredSource>()
  const subscriptions = new Map<string, RegisteredSubscription>()

  /** Removes only what it added: Node-RED may construct a node's successor before it closes the node. */
  const add = <T>(map: Map<string, T>, id: string, item: T): (() => void) => {
    map.set(id, item)
    return () => { if (map.get(id) === item) map.delete(id) }
  }

  return {
    systems: systems as ReadonlyMap<string, RegisteredSystem>,
    sources: sources as ReadonlyMap<string, RegisteredSource>,
    subscriptions: subscriptions as ReadonlyMap<string, RegisteredSubscription>,
    registerSystem(system: RegisteredSystem): () => void {
      const other = systems.get(system.key)
      if (other && other.nodeId !== system.nodeId) {
        throw new TorgError('flow.invalid', `Two systems have the key "${system.key}": ${other.label} (${other.nodeId}) and ${system.label} (${system.nodeId}). A key names one system.`)
      }
      return add(systems, system.key, system)
    },
    registerSource: (source: RegisteredSource) => add(sources, source.nodeId, source),
    registerSubscription: (subscription: RegisteredSubscription) => add(subscriptions, subscription.nodeId, subscription),
    sourcesOf: (key: string) => [...sources.values()].filter(({ system }) => system.key === key),
  }
}

export type Registry = ReturnType<typeof createRegistry>
