/** Loaded into the hub's process by a test: on SIGUSR2 it writes what the process listens to and holds open, as one line. */
import type { EventEmitter } from 'node:events'
import { nodeRed } from '../../runtime/node-red/facade.ts'

const count = (emitter: EventEmitter): number => emitter.eventNames().reduce((sum, name) => sum + emitter.listenerCount(name), 0)

process.on('SIGUSR2', () => {
  const active: Record<string, number> = {}
  for (const name of process.getActiveResourcesInfo()) active[name] = (active[name] ?? 0) + 1
  process.stdout.write(`{"probe":${JSON.stringify({ process: count(process), nodeRed: count(nodeRed.events), sockets: active['TCPSocketWrap'] ?? 0, timers: active['Timeout'] ?? 0 })}}\n`)
})
