/** Imports of files, as the HTTP surface uses them. See README.md. */
import type { Deployment } from '../store/types.ts'
import type { Import, ImportStore } from '../store/import-types.ts'
import type { ReferenceStore } from '../store/reference-types.ts'
import { readDeclaration } from './declaration.ts'
import { linkFile, type LinkedReferences } from './references.ts'

export interface Imports {
  /** @throws TorgError as {@link readDeclaration}; request.conflict where another one of this kind and system is not over */
  declare(given: Record<string, unknown>, by: string): Promise<Import>
  /** See `receiveFile`. */
  receive(id: string, input: AsyncIterable<Buffer>): Promise<Import>
  /** See {@link linkFile}. */
  link(input: AsyncIterable<Buffer>, what: { kind: string, system: string, format: Import['format'], dryRun: boolean }): Promise<LinkedReferences>
}

export interface ImportsOptions {
  store: Pick<ImportStore, 'declareImport'> & ReferenceStore
  /** Tables of the project that mappings read. */
  lookups: Readonly<Record<string, unknown>>
  receive: Imports['receive']
  /** Keys of the deployed systems. */
  systems(): readonly string[]
  /** The deployed nodes. */
  flows(): Promise<Deployment['flows']>
}

/** Takes imports for this hub. */
export function createImports({ store, receive, systems, flows, lookups }: ImportsOptions): Imports {
  return {
    declare: async (given, by) => store.declareImport({ ...readDeclaration(given, { systems: systems(), flows: await flows(), lookups }), by }),
    receive,
    link: (input, what) => linkFile(input, { ...what, systems: systems(), store }),
  }
}

export { createRemovalDuty } from './removal-duty.ts'
export { receiveFile, type ReceiveOptions } from './receive.ts'
export { createThreads, type Threads, type ThreadsOptions } from './threads.ts'
