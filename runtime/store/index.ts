/** The store behind {@link Store}: PostgreSQL 14 or later, schema `torg`. */
import type { Logger } from 'pino'
import { createAnswers } from './answers.ts'
import { createBulk } from './bulk.ts'
import { createApiKeys } from './api-keys.ts'
import { createCensus } from './census.ts'
import { createClaims } from './claims.ts'
import { guarded, toStoreError, openDatabase } from './db.ts'
import { findContenders } from './contenders.ts'
import { createDeadLetters } from './dead-letters.ts'
import { countDecisions } from './decisions.ts'
import { createDeployments } from './deployments.ts'
import { createErasures } from './erasure.ts'
import { createFieldIndexes } from './field-indexes.ts'
import { createImports } from './imports.ts'
import { createTraces } from './traces.ts'
import { createTurns } from './turns.ts'
import { createInbox } from './inbox.ts'
import { createKeyFill } from './key-fill.ts'
import { createLanes } from './lanes.ts'
import { createLooks } from './looks.ts'
import { createMending } from './mending.ts'
import { createMerges } from './merges.ts'
import { migrate, requireMigrated } from './migrate.ts'
import { createPartitions } from './partitions.ts'
import { createProcesses } from './processes.ts'
import { createRaises } from './raises.ts'
import { createRecordReads } from './record-reads.ts'
import { createRecords } from './records.ts'
import { createReferenceLinks } from './reference-links.ts'
import { createRepairs } from './repairs.ts'
import { createReviews } from './reviews.ts'
import type { Rules } from './save-plan.ts'
import { createSettling } from './settle.ts'
import { createSubscriptionModes } from './subscription-modes.ts'
import type { Store, Taker } from './types.ts'

export interface StoreOptions {
  /** A connection string as pg takes it. Sessions are needed: no pooler in transaction mode in between. */
  databaseUrl: string
  log: Logger
  /**
   * Connections at most. The batching writers take four, claims one per lane that works at the same time.
   * @defaultValue 10
   */
  poolSize?: number
  /**
   * Whether it brings the tables up to date. A worker leaves that to its hub and is refused where they are not.
   * @defaultValue true
   */
  migrates?: boolean
}

/**
 * Connects, migrates, and gives the store.
 *
 * @throws hub.unavailable where the server cannot be reached; settings.invalid where it is too old, not UTF-8, or of a newer hub.
 */
export async function openStore({ databaseUrl, log, poolSize = 10, migrates = true }: StoreOptions): Promise<Store> {
  const db = openDatabase({ databaseUrl, log, poolSize })
  const partitions = createPartitions(db)
  try {
    await (migrates ? migrate(db) : requireMigrated(db))
    await partitions.addPartitions()
  } catch (error) {
    await db.close()
    throw toStoreError(error, 'Opening the database')
  }

  let rules: Rules = { subscriptions: [], roles: { of: () => undefined }, kinds: new Map() }
  let taker: Taker | undefined
  const inbox = createInbox(db, () => taker)
  const modes = createSubscriptionModes(db, () => rules.subscriptions)
  const claims = createClaims(db, modes)
  const settling = createSettling(db)
  const records = createRecords(db, () => rules, () => taker)
  const lanes = createLanes(db)
  const deadLetters = createDeadLetters(db)
  const deployments = createDeployments(db)
  const processes = createProcesses(db)
  let closing: Promise<void> | undefined

  return {
    receive: inbox.receive,
    handOver: given => { taker = given },
    claimMessages: claims.claimMessages,
    claimDeliveries: claims.claimDeliveries,
    claimLimited: claims.claimLimited,
    settleMessage: settling.settleMessage,
    settleDelivery: settling.settleDelivery,
    release: claims.release,
    renew: claims.renew,
    endLeasesOf: claims.endLeasesOf,
    save: records.save,
    find: records.find,
    contenders: record => findContenders(db, record),
    dueLanes: claims.dueLanes,
    ...lanes,
    ...deadLetters,
    ...deployments,
    ...createRepairs(db, () => rules),
    ...createRaises(db, () => rules, () => taker),
    ...createReviews(db),
    ...createMending(db),
    ...createTraces(db),
    ...createMerges(db, () => rules),
    ...createApiKeys(db),
    ...createFieldIndexes(db),
    ...createTurns(db, () => rules),
    ...createLooks(db, () => rules),
    ...createKeyFill(db, () => rules),
    ...createErasures(db, () => rules),
    ...createAnswers(db),
    ...createRecordReads(db, () => rules),
    ...createImports(db),
    ...createBulk(db, () => rules),
    ...createReferenceLinks(db, () => rules),
    ...partitions,
    applyModes: modes.applyModes,
    dropWaiting: modes.dropWaiting,
    ...processes,
    decisions: () => countDecisions(db),
    census: createCensus(db, () => rules),
    configure: async given => { rules = given },
    ping: () => guarded('Asking the database', async () => {
      await db.ping()
    }),
    connections: db.connections,
    close: () => closing ??= (async () => {
      await Promise.all([inbox.idle(), claims.idle(), settling.idle(), records.idle()])
      await db.close()
    })(),
  }
}
