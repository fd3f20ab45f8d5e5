/** What the commands that stay have in common: they run until a signal, drain, and undo in the reverse order what they did. */
import { stat } from 'node:fs/promises'
import { resolve } from 'node:path'
import type { Logger } from 'pino'
import { TorgError, toTorgError } from '../errors.ts'
import { listenForStop } from './signals.ts'
import { onlyArgument } from './usage.ts'

/** Exit codes: 0 after a stop that was asked for, 1 when start, run or stop failed, 130 when forced. */
const forcedExit = 130

export interface Living {
  /** For an exception nobody caught: whether it was one run's, which is failed then. */
  blame(error: unknown): boolean
  stop(): Promise<void>
}

export interface LifeEvents {
  /** Has something undone at the end, newest first. */
  undo(what: string, task: () => Promise<void>): void
  /** Ends everything: what is in memory cannot be trusted or used any more. */
  fail(error: unknown, what: string): void
  /** A stop was asked for meanwhile. */
  isStopping(): boolean
}

export interface Life {
  /** `hub` or `worker`. */
  what: string
  log: Logger
  drainLimitMs: number
  start(events: LifeEvents): Promise<Living | undefined>
  /** Ends at once, without what is in memory, what this process has outside of it. */
  abandon(why: 'forced' | 'failed'): Promise<unknown>
}

/** Lives until it is told to stop; the process ends with it. */
export async function live({ what, log, drainLimitMs, start, abandon }: Life): Promise<never> {
  process.stdout.on('error', () => { /* A closed terminal is no reason to end without draining. */ })
  const undo: { what: string, task(): Promise<void> }[] = []
  const stops = listenForStop(() => {
    log.warn('Stopped at once; open runs are run again at the next start')
    void abandon('forced').finally(() => process.exit(forcedExit))
  })
  let failing = false
  const fail = (thrown: unknown, happened: string): void => {
    if (failing) return
    failing = true
    log.fatal({ err: thrown }, `${happened}. The ${what} ends; what it has acknowledged is kept and goes on at the next start. Report this line if it comes again.`)
    void abandon('failed').finally(() => process.exit(1))
  }
  let living: Living | undefined
  // One flow's failure is that run's; the process goes on.
  process.on('uncaughtException', error => { if (!living?.blame(error)) fail(error, 'An error was not handled') })
  process.on('unhandledRejection', error => { if (!living?.blame(error)) fail(error, 'A rejection was not handled') })

  let code = 0
  try {
    living = await start({ undo: (what, task) => { undo.push({ what, task }) }, fail, isStopping: () => stops.requested !== undefined })
    if (living) await stops.first
    log.info(`Stopping: open runs get ${drainLimitMs / 1000} s to end. Ctrl-C again stops at once.`)
  } catch (thrown) {
    code = 1
    const error = toTorgError(thrown, 'hub.internal')
    log.fatal(thrown instanceof TorgError ? { code: error.code, ...(error.errors && error.errors.length > 1 && { errors: error.errors }) } : { err: thrown }, `The ${what} could not start. ${error.message} ${error.next}`)
  }
  const started = living
  if (started) undo.push({ what: `the ${what}`, task: () => started.stop() })
  for (const { what, task } of undo.reverse()) {
    await task().catch((error: unknown) => {
      code = 1
      log.error({ err: error }, `Stopping ${what} failed`)
    })
  }
  stops.close()
  if (code === 0) log.info('Stopped')
  // Palette nodes may hold timers and sockets of their own.
  process.exit(code)
}

/** The project folder a command names. */
export async function projectFolderOf(positionals: string[]): Promise<string> {
  const folder = resolve(onlyArgument(positionals, 'project folder'))
  if (await stat(folder).then(found => found.isDirectory(), () => false)) return folder
  throw new TorgError('start.refused', { detail: `There is no project folder ${folder}.`, next: `Make one with: torg init ${positionals[0]}` })
}
