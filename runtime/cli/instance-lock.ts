/** One hub at a time works in a data folder. */
import { execFile } from 'node:child_process'
import { createHash, randomBytes } from 'node:crypto'
import { link, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import { TorgError } from '../errors.ts'
import { isAlive } from '../postgres/processes.ts'

const waitMs = 5_000

/**
 * Takes the lock of a data folder; a lock of a process that is gone is taken over.
 * @returns a function that gives it back
 * @throws TorgError `start.refused` naming the process that has it
 */
export async function takeInstanceLock(dataDir: string): Promise<() => Promise<void>> {
  const path = join(dataDir, 'hub.lock')
  const mine = `${process.pid}\n${await beginningOf(process.pid)}\n${randomBytes(8).toString('hex')}\n`
  const draft = `${path}.${randomBytes(8).toString('hex')}`
  await writeFile(draft, mine, { mode: 0o600 })
  const deadline = Date.now() + waitMs
  try {
    while (Date.now() < deadline) {
      // A link, not a write: the lock appears with its content or not at all.
      if (await linkNew(draft, path)) return release(path, mine)
      const found = await read(path)
      if (found === undefined) continue
      if (await isHeld(found)) {
        throw new TorgError('start.refused', {
          detail: `A hub already runs on ${dataDir}: process ${found.split('\n')[0]}.`,
          next: 'Stop it first, or set TORG_DATA and TORG_PORT to run a second one with another project.',
        })
      }
      if (await replaceStale({ path, draft, stale: found })) return release(path, mine)
      await sleep(20)
    }
  } finally {
    await rm(draft, { force: true })
  }
  throw new TorgError('start.refused', { detail: `The lock ${path} could not be taken: other processes take it at the same time.`, next: 'Start one hub only.' })
}

/**
 * Two starts may find the same stale lock. The right to replace it is a file named after its content, so one has it,
 * and who comes late sees that the lock has other content by then.
 */
async function replaceStale({ path, draft, stale }: { path: string, draft: string, stale: string }): Promise<boolean> {
  const right = `${path}.${createHash('sha256').update(stale).digest('hex').slice(0, 16)}`
  if (!await linkNew(draft, right)) {
    const holder = await read(right)
    // Killed between two lines of this function.
    if (holder !== undefined && !await isHeld(holder)) await rm(right, { force: true })
    return false
  }
  try {
    if (await read(path) !== stale) return false
    await rename(draft, path)
    return true
  } finally {
    await rm(right, { force: true })
  }
}

function release(path: string, mine: string): () => Promise<void> {
  return async () => { if (await read(path) === mine) await rm(path, { force: true }) }
}

async function isHeld(content: string): Promise<boolean> {
  const [pid = '', beginning] = content.split('\n')
  return await isAlive(Number(pid)) && await beginningOf(Number(pid)) === beginning
}

async function linkNew(from: string, to: string): Promise<boolean> {
  return await link(from, to).then(() => true, ifExists)
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
