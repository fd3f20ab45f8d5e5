/** Hub and workers as processes of their own, to be killed: the command line a user would type, on a free port. */
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { afterEverything } from '../support/cleanup.ts'
import { freePort } from '../support/ports.ts'
import { until } from '../support/until.ts'

const cliOfCheckout = fileURLToPath(new URL('../../runtime/cli.ts', import.meta.url))

export interface HubProcess {
  /** Where it answers `/ready`. */
  readonly url: string
  readonly pid: number
  /** Everything the hub has written, of all its lives. */
  readonly output: string
  /** Starts it (again) and resolves when it is ready. `extra` is set for this life only. */
  start(extra?: Record<string, string>): Promise<void>
  /** Resolves when the process is gone, however it ended. */
  gone(): Promise<void>
  /** `kill -9`; resolves when the process is gone. */
  kill(): Promise<void>
  /** SIGTERM; resolves with the exit code. */
  stop(): Promise<number | null>
}

/**
 * A request on a connection of its own. One that was kept may be that of a process which has been killed since, and a busy test learns of it only
 * once it has sent its request there.
 */
export function ask(url: string, { headers, ...init }: Omit<RequestInit, 'headers'> & { headers?: Record<string, string> } = {}): Promise<Response> {
  return fetch(url, { ...init, headers: { ...headers, connection: 'close' } })
}

/** Prepares a hub on a project; nothing runs before `start`. `cli` is the command of another hub than this checkout's. */
export async function prepareHub({ project, env, cli = cliOfCheckout }: { project: string, env: Record<string, string>, cli?: string }): Promise<HubProcess> {
  const port = await freePort()
  return prepareProcess({ args: [cli, 'start', project], port, env: { TORG_PORT: String(port), ...env } })
}

/** Prepares a worker beside a hub with the same environment. */
export async function prepareWorker({ project, env, name }: { project: string, env: Record<string, string>, name: string }): Promise<HubProcess> {
  const port = await freePort()
  return prepareProcess({ args: [cliOfCheckout, 'worker', project, '--name', name], port, env: { ...env, TORG_WORKER_PORT: String(port) } })
}

function prepareProcess({ args, port, env }: { args: string[], port: number, env: Record<string, string> }): HubProcess {
  const url = `http://127.0.0.1:${port}`
  let child: ChildProcess | undefined
  let output = ''

  const end = async (signal: NodeJS.Signals): Promise<number | null> => {
    const ending = child
    if (!ending || ending.exitCode !== null || ending.signalCode !== null) return ending?.exitCode ?? null
    const ended = new Promise<number | null>((resolve) => ending.once('exit', (code) => { resolve(code) }))
    ending.kill(signal)
    return ended
  }
  afterEverything(async () => { await end('SIGKILL') })

  return {
    url,
    get pid() { return child?.pid ?? 0 },
    get output() { return output },
    async start(extra = {}) {
      const started = spawn(process.execPath, args, {
        env: { PATH: process.env['PATH'] ?? '', TORG_LOG_FORMAT: 'json', ...env, ...extra },
        stdio: ['ignore', 'pipe', 'pipe'],
      })
      child = started
      started.stdout.on('data', (chunk: Buffer) => { output += chunk.toString() })
      started.stderr.on('data', (chunk: Buffer) => { output += chunk.toString() })
      await until(async () => {
        if (started.exitCode !== null) throw new Error(`it ended with ${started.exitCode}`)
        return ask(`${url}/ready`).then(({ ok }) => ok, () => false)
      }, { limitMs: 60_000, everyMs: 50, what: `${args.slice(1).join(' ')} is ready` }).catch((error: unknown) => { throw new Error(`it did not start:\n${output.slice(-4_000)}`, { cause: error }) })
    },
    async gone() {
      const ending = child
      if (ending && ending.exitCode === null && ending.signalCode === null) await once(ending, 'exit')
    },
    async kill() { await end('SIGKILL') },
    stop: () => end('SIGTERM'),
  }
}
