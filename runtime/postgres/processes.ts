/** What runs on a PostgreSQL data folder, read from the system: it decides between adopting, waiting and starting. */
import { execFile } from 'node:child_process'
import { readFile, readdir, readlink } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'

/** What a server wrote to its `postmaster.pid`. An empty or torn file gives NaN. */
export interface PidFile { pid: number, port: number }

/** Reads `postmaster.pid`; undefined when there is none. https://www.postgresql.org/docs/18/storage-file-layout.html */
export async function readPidFile(data: string): Promise<PidFile | undefined> {
  const text = await readFile(join(data, 'postmaster.pid'), 'utf8').catch(() => undefined)
  if (text === undefined) return undefined
  const lines = text.split('\n')
  return { pid: Number.parseInt(lines[0] ?? ''), port: Number.parseInt(lines[3] ?? '') }
}

/** Whether a process runs. A zombie does not: where nothing reaps (some containers) it would seem alive for ever. */
export async function isAlive(pid: number): Promise<boolean> {
  if (!Number.isInteger(pid) || pid <= 0) return false
  try {
    process.kill(pid, 0)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EPERM') return false
  }
  if (process.platform !== 'linux') return true
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '')
  return stat !== '' && !/^[ZX]/.test(stat.slice(stat.lastIndexOf(')') + 2))
}

/** Whether a process that was just seen is on its way out: it has given its memory back, and with it its arguments, but still has its number. */
export async function isEnding(pid: number): Promise<boolean> {
  return process.platform === 'linux' && await isAlive(pid) && await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => 'gone') === ''
}

/** Whether this process is a PostgreSQL server of this data folder, and not another one that got its number. */
export async function isServerOf(data: string, pid: number): Promise<boolean> {
  if (!await isAlive(pid)) return false
  if (process.platform === 'linux') return (await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')).split('\0').includes(data)
  // Windows names no arguments cheaply; the server itself judges a stale file there.
  if (process.platform === 'win32') return true
  const { stdout } = await promisify(execFile)('ps', ['-p', String(pid), '-o', 'command=']).catch(() => ({ stdout: '' }))
  return stdout.includes(data)
}

/**
 * Processes that work in this data folder without their server: what a `kill -9` of the server leaves for a moment.
 * Empty where the system does not tell (not Linux); the server then refuses to start until they are gone.
 */
export async function processesIn(data: string): Promise<number[]> {
  if (process.platform !== 'linux') return []
  const pids = (await readdir('/proc')).filter(name => /^\d+$/.test(name))
  const inside = await Promise.all(pids.map(async pid => await readlink(`/proc/${pid}/cwd`).catch(() => '') === data))
  return pids.filter((_, index) => inside[index]).map(Number)
}
