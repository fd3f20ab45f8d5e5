/** Imports as the hub takes them, without its threads. */
import { createImports, receiveFile, type Imports, type ReceiveOptions } from '../../runtime/imports/index.ts'
import { kinds } from '../../runtime/model/index.ts'
import type { Store } from '../../runtime/store/types.ts'

export function importsIn(store: Store, save: ReceiveOptions['save'], { systems = ['erp', 'wms', 'crm'], flows = [] }: { systems?: string[], flows?: Record<string, unknown>[] } = {}): Imports {
  return createImports({
    store, lookups: {}, systems: () => systems, flows: async () => flows,
    receive: (id, input) => receiveFile(id, input, { store, save, kinds, lookups: {}, mostAbsent: 0.2, isReady: async () => undefined }),
  })
}
