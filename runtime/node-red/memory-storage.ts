/** A storage module that keeps flows in memory: for tests, and for checking a project without a database. */
import type { FlowItem, StorageModule } from './facade.ts'

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
