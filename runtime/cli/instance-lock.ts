/** One hub at a time works in a data folder. */
import { execFile } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { link, readFile, rename, rm, unlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { TorgError } from '../errors.ts'
import { isAlive } from '../postgres/processes.ts'

/**
 * Takes the lock of a data folder; a lock of a process that is gone is taken over.
 * @returns a function that gives it back
 * @throws TorgError `start.refused` naming the process that has it
 */
export async function takeInstanceLock(dataDir: string): Promise<() => Promise<void>> {
  const path = join(dataDir, 'hub.lock')
  const mine = `${process.pid}\n${await beginningOf(process.pid)}\n`
  const draft = `${path}.${randomBytes(6).toString('hex')}`
  await writeFile(draft, mine, { mode: 0o600 })
  try {
    for (let attempt = 0; attempt < 20; attempt++) {
      // A link, not a write: the lock appears with its content or not at all.
      if (await link(draft, path).then(() => true, ifExists)) {
        return async () => { if (await read(path) === mine) await rm(path, { force: true }) }
      }
      const found = await read(path)
      if (found === undefined) continue
      const [pid = '', beginning = ''] = found.split('\n')
      if (await isAlive(Number(pid)) && await beginningOf(Number(pid)) === beginning) {
        throw new TorgError('start.refused', {
          detail: `A hub already runs on ${dataDir}: process ${pid}.`,
          next: 'Stop it first, or set TORG_DATA and TORG_PORT to run a second one with another project.',
        })
      }
      await removeStale(path, found)
    }
  } finally {
    await unlink(draft)
  }
  throw new TorgError('start.refused', { detail: `The lock ${path} could not be taken: other processes take it at the same time.`, next: 'Start one hub only.' })
}

/** Two starts may find the same stale lock: what was moved away by mistake goes back. */
async function removeStale(path: string, stale: string): Promise<void> {
  const aside = `${path}.${randomBytes(6).toString('hex')}`
  if (!await rename(path, aside).then(() => true, () => false)) return
  if (await read(aside) !== stale) await link(aside, path).catch(() => undefined)
  await unlink(aside)
}

function ifExists(error: NodeJS.ErrnoException): false {
  if (error.code !== 'EEXIST') throw error
  return false
}

async function read(path: string): Promise<string | undefined> {
  return await readFile(path, 'utf8').catch(() => undefined)
}

/** When a process began, as a text to compare: a number alone comes back after a restart of machine or container. */
async function beginningOf(pid: number): Promise<string> {
  if (process.platform === 'linux') {
    const [boot, stat] = await Promise.all(['/proc/sys/kernel/random/boot_id', `/proc/${pid}/stat`].map(async path => await readFile(path, 'utf8').catch(() => '')))
    // Field 22 of /proc/<pid>/stat, counted after the name, which may hold spaces.
    return `${boot?.trim()} ${stat?.slice(stat.lastIndexOf(')') + 2).split(' ')[19]}`
  }
  if (process.platform === 'win32') return ''
  return await promisify(execFile)('ps', ['-p', String(pid), '-o', 'lstart=']).then(({ stdout }) => stdout.trim(), () => '')
}
