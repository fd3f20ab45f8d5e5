/** A real Redis for tests: own process, free port, nothing kept. */
import { spawn } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePort } from './ports.ts'

export interface TestRedis {
  url: string
  /** Kill it to see what happens without Redis. */
  pid: number
  /** Ends it at once and waits. May be called twice, or after it was killed. */
  stop(): Promise<void>
}

/**
 * Starts a Redis server.
 * @param options.port a fixed port, to bring one back where it was.
 */
export async function startRedis(options: { port?: number } = {}): Promise<TestRedis> {
  const port = options.port ?? await freePort()
  const folder = await mkdtemp(join(tmpdir(), 'torg-test-redis-'))
  const args = ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no', '--dir', folder]
  const child = spawn('redis-server', args, { stdio: ['ignore', 'pipe', 'pipe'] })
  const killAtExit = (): void => { child.kill('SIGKILL') }
  process.once('exit', killAtExit)
  const ended = new Promise<void>(resolve => { child.once('error', () => { resolve() }).once('close', () => { resolve() }) })
    .then(async () => {
      process.off('exit', killAtExit)
      await rm(folder, { recursive: true, force: true })
    })
  await new Promise<void>((resolve, reject) => {
    let said = ''
    const listen = (chunk: Buffer): void => {
      said += chunk.toString()
      if (said.includes('Ready to accept connections')) resolve()
    }
    child.stdout.on('data', listen)
    child.stderr.on('data', listen)
    child.once('error', cause => {
      reject(new Error('These tests need a Redis server, and redis-server is not in PATH. Install it (Debian: apt-get install redis-server; macOS: brew install redis).', { cause }))
    })
    child.once('close', code => { reject(new Error(`redis-server ended with ${code}:\n${said}`)) })
  })
  const stop = async (): Promise<void> => {
    child.kill('SIGKILL')
    await ended
  }
  if (child.pid === undefined) throw new Error('redis-server has no process id')
  return { url: `redis://127.0.0.1:${port}`, pid: child.pid, stop }
}
