/** Node-RED's storage in memory. */
import type { FlowItem, StorageModule } from '../../runtime/node-red/facade.ts'

/** Storage that starts with these flows and forgets everything with the process. */
export function createMemoryStorage(initial: FlowItem[] = []): StorageModule & { flows: FlowItem[] } {
  let credentials: Record<string, unknown> = {}
  let settings: Record<string, unknown> = {}
  let sessions: Record<string, unknown> = {}
  const storage: StorageModule & { flows: FlowItem[] } = {
    flows: initial,
    init: async () => undefined,
    getFlows: async () => storage.flows,
    saveFlows: async flows => { storage.flows = flows },
    getCredentials: async () => credentials,
    saveCredentials: async saved => { credentials = saved },
    getSettings: async () => settings,
    saveSettings: async saved => { settings = saved },
    getSessions: async () => sessions,
    saveSessions: async saved => { sessions = saved },
    getLibraryEntry: async () => [],
    saveLibraryEntry: async () => undefined,
  }
  return storage
}
