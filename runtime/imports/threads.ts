/**
 * Receives files in threads: reading and checking a million lines would keep everything else in the hub waiting, and its memory would be whatever V8 takes before it
 * collects. A thread has a heap with a limit, and connections of its own.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { Worker } from 'node:worker_threads'
import { pino, type Logger } from 'pino'
import { TorgError, toTorgError } from '../errors.ts'
import type { Import } from '../store/import-types.ts'
import type { Save } from './save-line.ts'
import { fromSent, toSent, type Deployed, type FromThread, type ThreadData, type ToThread } from './thread-messages.ts'

export interface ThreadsOptions extends Omit<ThreadData, 'logLevel'> {
  /** The thread's program; see `import-thread.ts`. */
  program: URL
  log: Logger
  save: Save
  /** False while the hub deploys: what is saved then would be raised for the old flows. */
  ready(): boolean
  deployed(): Deployed
}

export interface Threads {
  /** See `receiveFile`. */
  receive(id: string, input: AsyncIterable<Buffer>): Promise<Import>
  /** Ends all threads: files that are being received are cut off, and go on when they are sent again. */
  close(): Promise<void>
}

/** Megabytes, several times what three portions and the remembered links take. */
const resourceLimits = { maxOldGenerationSizeMb: 128, maxYoungGenerationSizeMb: 24 }
/** Chunks of a file, mostly of 64 KiB, that a thread has not taken yet. */
const mostUntaken = 16
/** The thread that was last used is kept for the next file. */
const keptMs = 30_000

export function createThreads({ program, log, save, ready, deployed, ...data }: ThreadsOptions): Threads {
  const all = new Set<Worker>()
  let spare: Worker | undefined
  let ending: NodeJS.Timeout | undefined

  const take = (): Worker => {
    clearTimeout(ending)
    const kept = spare
    spare = undefined
    if (kept) return kept
    const workerData: ThreadData = { ...data, logLevel: log.level }
    const thread = new Worker(program, { workerData, resourceLimits })
    all.add(thread)
    thread.on('exit', () => {
      all.delete(thread)
      if (spare === thread) spare = undefined
    })
    thread.on('error', error => { log.error({ err: error }, 'The thread that receives files ended') })
    return thread
  }
  const giveBack = (thread: Worker): void => {
    if (spare || !all.has(thread)) {
      void thread.terminate()
      return
    }
    spare = thread
    ending = setTimeout(() => { void thread.terminate() }, keptMs).unref()
  }

  const answer = async (thread: Worker, call: number, work: () => Promise<ToThread>): Promise<void> => {
    const reply = await work().catch((thrown: unknown): ToThread => ({ type: 'refused', call, error: toSent(toTorgError(thrown, 'hub.internal')) }))
    thread.postMessage(reply)
  }

  return {
    receive: async (id, input) => {
      const thread = take()
      const { promise, resolve, reject } = Promise.withResolvers<Import>()
      const over = new AbortController()
      let untaken = 0
      let took = (): void => undefined
      const heard = (message: FromThread): void => {
        switch (message.type) {
          case 'took': untaken -= message.chunks; took(); break
          case 'save': void answer(thread, message.call, async () => ({ type: 'saved', call: message.call, outcomes: await save(message.writes) })); break
          case 'ready': void answer(thread, message.call, async () => {
            while (!ready()) await sleep(100, undefined, { signal: over.signal })
            return { type: 'ready', call: message.call, deployed: deployed() }
          }); break
          case 'log': tell(log, message.line); break
          case 'done': resolve(message.ended); break
          case 'failed': reject(fromSent(message.error)); break
        }
      }
      const ended = (why: unknown): void => {
        const reason = why instanceof Error ? why.message : 'the hub is being stopped'
        reject(new TorgError('hub.unavailable', { detail: `The import ${id} was cut off, for the thread that received it has ended: ${reason}.`, next: 'Send the same file again after half a minute to go on; where that ends the same way, send it in smaller files.' }))
      }
      // A failure is told before the end.
      thread.on('message', heard).on('error', ended).on('exit', ended)
      const post = (message: ToThread, transfer: ArrayBuffer[] = []): void => { thread.postMessage(message, transfer) }
      const feed = async (): Promise<void> => {
        for await (const chunk of input) {
          if (over.signal.aborted) return
          // What is part of a larger buffer would take all of it along.
          const bytes = chunk.byteLength === chunk.buffer.byteLength && chunk.buffer instanceof ArrayBuffer ? new Uint8Array(chunk.buffer) : new Uint8Array(chunk)
          untaken += 1
          post({ type: 'bytes', bytes }, [bytes.buffer])
          if (untaken > mostUntaken) await new Promise<void>(go => { took = () => { if (untaken <= mostUntaken / 2) go() } })
        }
        if (!over.signal.aborted) post({ type: 'end' })
      }
      try {
        post({ type: 'receive', id })
        feed().catch((thrown: unknown) => { if (!over.signal.aborted) post({ type: 'end', error: toSent(toTorgError(thrown, 'request.invalid')) }) })
        return await promise
      } finally {
        over.abort()
        // A file that is refused before its end is not read on.
        untaken = 0
        took()
        thread.off('message', heard).off('error', ended).off('exit', ended)
        giveBack(thread)
      }
    },
    close: async () => {
      clearTimeout(ending)
      await Promise.all([...all].map(thread => thread.terminate()))
    },
  }
}

/** A line of a thread's log, in the hub's. */
function tell(log: Logger, line: string): void {
  const { level, msg, ...fields }: { level: number, msg?: string } = JSON.parse(line)
  const name = pino.levels.labels[level]
  if (name === 'debug' || name === 'info' || name === 'warn' || name === 'error') log[name](fields, msg)
}
