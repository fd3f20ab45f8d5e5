/** The part of the store that a thread needs in which files are received, on connections of its own. */
import type { Logger } from 'pino'
import { createBulk } from './bulk.ts'
import type { BulkRules, BulkStore } from './bulk-types.ts'
import { openDatabase } from './db.ts'
import type { ImportStore } from './import-types.ts'
import { createImports } from './imports.ts'

/** One statement at a time, beside those that keep the hold. */
const poolSize = 3

/** @param rules those in force. The tables must be there. */
export function openImportStore({ databaseUrl, log, rules }: { databaseUrl: string, log: Logger, rules(): BulkRules }): ImportStore & BulkStore & { close(): Promise<void> } {
  const db = openDatabase({ databaseUrl, log, poolSize })
  return { ...createImports(db), ...createBulk(db, rules), close: db.close }
}
