/** A thread in which files are received, one at a time. Started by `imports/threads.ts`. */
import { availableParallelism } from 'node:os'
import { setFlagsFromString } from 'node:v8'
import { parentPort, workerData } from 'node:worker_threads'
import { pino } from 'pino'
import { toTorgError } from './errors.ts'
import { receiveFile } from './imports/receive.ts'
import { fromSent, toSent, type FromThread, type ThreadData, type ToThread } from './imports/thread-messages.ts'
import { extendKinds } from './model/index.ts'
import { readExtensions } from './project/extensions.ts'
import { compileRoles } from './project/roles.ts'
import type { BulkRules } from './store/bulk-types.ts'
import { openImportStore } from './store/import-store.ts'
import type { SaveOutcome } from './store/types.ts'

if (!parentPort) throw new Error('This is a thread of the hub.')
const hub = parentPort
// Little of what is read lives on. On few processors the helpers of the collector look for it in vain, in the time of PostgreSQL.
if (availableParallelism() <= 2) setFlagsFromString('--no-parallel-scavenge')
const { databaseUrl, logLevel, extensions, lookups, mostAbsent }: ThreadData = workerData
const send = (message: FromThread): void => { hub.postMessage(message) }

const kinds = extendKinds(readExtensions(extensions).extensions)
const kindRules = new Map([...kinds].map(([name, { rules }]) => [name, rules]))
let rules: BulkRules = { subscriptions: [], roles: compileRoles([]), kinds: kindRules }
const log = pino({ level: logLevel, base: null, timestamp: false }, { write: line => { send({ type: 'log', line }) } })
const store = openImportStore({ databaseUrl, log, rules: () => rules })

/** The hub is told after so many. */
const chunksPerMessage = 4
/** Those asked of the hub that have no answer yet. */
const calls = new Map<number, { resolve(answer: ToThread): void, reject(error: Error): void }>()
let lastCall = 0
const ask = (message: (call: number) => FromThread): Promise<ToThread> => new Promise((resolve, reject) => {
  lastCall += 1
  calls.set(lastCall, { resolve, reject })
  send(message(lastCall))
})

/** The bytes of the file that is being received, in their order. */
let waiting: (Uint8Array | null | Error)[] = []
let come = (): void => undefined
async function* bytes(): AsyncGenerator<Buffer> {
  let taken = 0
  for (;;) {
    const next = waiting.shift()
    if (next === null) return
    if (next instanceof Error) throw next
    // A message costs as much as some lines.
    if (taken >= chunksPerMessage || (taken > 0 && next === undefined)) {
      send({ type: 'took', chunks: taken })
      taken = 0
    }
    if (next === undefined) {
      await new Promise<void>(go => { come = go })
      continue
    }
    yield Buffer.from(next.buffer, next.byteOffset, next.byteLength)
    taken += 1
  }
}

const isReady = async (): Promise<void> => {
  const answer = await ask(call => ({ type: 'ready', call }))
  if (answer.type === 'ready') rules = { subscriptions: answer.deployed.subscriptions, roles: compileRoles(answer.deployed.roles), kinds: kindRules }
}
const save = async (writes: Parameters<Parameters<typeof receiveFile>[2]['save']>[0]): Promise<SaveOutcome[]> => {
  const answer = await ask(call => ({ type: 'save', call, writes }))
  return answer.type === 'saved' ? answer.outcomes : []
}

hub.on('message', (message: ToThread) => {
  switch (message.type) {
    case 'receive':
      waiting = []
      isReady().then(() => receiveFile(message.id, bytes(), { store, save, kinds, lookups, mostAbsent, isReady })).then(
        ended => { send({ type: 'done', ended }) },
        (thrown: unknown) => { send({ type: 'failed', error: toSent(toTorgError(thrown, 'hub.internal')) }) },
      )
      break
    case 'bytes': waiting.push(message.bytes); come(); break
    case 'end': waiting.push(message.error ? fromSent(message.error) : null); come(); break
    default: {
      const waits = calls.get(message.call)
      calls.delete(message.call)
      if (message.type === 'refused') waits?.reject(fromSent(message.error))
      else waits?.resolve(message)
    }
  }
})
