/**
 * Where the embedded server keeps its data and as which user it runs.
 *
 * A plain user's server runs as that user, in `<data folder>/postgres`. PostgreSQL refuses to run as root, and below
 * a home of mode 0700 no other user can reach anything; so as root the data lives in a system folder, and
 * `<data folder>/postgres` is a symbolic link to it.
 */
import { randomBytes } from 'node:crypto'
import { chown, lstat, mkdir, readFile, readlink, realpath, rm, stat, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Logger } from 'pino'
import { TorgError } from '../errors.ts'
import { makeReachable } from './binaries.ts'

/** Where programs and data live when Torg runs as root. */
export const systemFolder = '/var/lib/torg'

/** `user` is absent when the server runs as the user of this process. */
export interface Place { folder: string, user?: { uid: number, gid: number } }

/**
 * Finds or makes the folder of the embedded server.
 * @param dataDir the hub's data folder, existing.
 * @throws TorgError `start.refused` when the folder cannot be used.
 */
export async function findPlace(dataDir: string, log: Logger): Promise<Place> {
  const local = join(dataDir, 'postgres')
  const found = await lstat(local).catch(() => undefined)
  if (process.getuid?.() !== 0) {
    await mkdir(local, { recursive: true, mode: 0o700 })
    return { folder: await realpath(local) }
  }
  // Made by a plain user before: it stays where it is and that user runs it.
  if (found?.isDirectory() && found.uid !== 0) return { folder: await realpath(local), user: { uid: found.uid, gid: found.gid } }
  if (found?.isSymbolicLink()) return await followLink(local, log)
  if (found) {
    throw new TorgError('start.refused', {
      detail: `${local} belongs to root, but PostgreSQL does not run as root.`,
      next: `Give the folder to another user with chown, or move it away to start with an empty database.`,
    })
  }
  return await makePlace(local)
}

async function followLink(local: string, log: Logger): Promise<Place> {
  const folder = await readlink(local)
  const known = await stat(folder).catch(() => undefined)
  if (!known) {
    throw new TorgError('start.refused', {
      detail: `The database folder ${folder}, which ${local} points to, is gone.`,
      next: `Restore it, or remove ${local} to start with an empty database.`,
    })
  }
  const origin = await readFile(join(folder, 'made-for'), 'utf8').catch(() => local)
  if (origin === local) return { folder, user: { uid: known.uid, gid: known.gid } }
  if (await readlink(origin).catch(() => undefined) === folder) {
    log.warn({ origin, folder: local }, `This data folder is a copy: the database stays with ${origin}, and an empty one starts here. Copy data with pg_dump.`)
    await rm(local)
    return await makePlace(local)
  }
  await writeFile(join(folder, 'made-for'), local)
  return { folder, user: { uid: known.uid, gid: known.gid } }
}

async function makePlace(local: string): Promise<Place> {
  const user = await unprivilegedUser()
  const folder = join(systemFolder, `data-${randomBytes(8).toString('hex')}`)
  try {
    await makeReachable(systemFolder)
    await mkdir(folder, { mode: 0o700 })
  } catch (cause) {
    throw new TorgError('start.refused', {
      detail: `As root the embedded PostgreSQL keeps its data in ${systemFolder}, which cannot be written.`,
      next: 'Start Torg as a plain user, or set DATABASE_URL to a PostgreSQL of your own.',
      cause,
    })
  }
  await writeFile(join(folder, 'made-for'), local)
  await chown(folder, user.uid, user.gid)
  await symlink(folder, local)
  return { folder, user }
}

/** `postgres` where the machine has that user, else `nobody`, read from /etc/passwd. */
async function unprivilegedUser(): Promise<{ uid: number, gid: number }> {
  const lines = (await readFile('/etc/passwd', 'utf8').catch(() => '')).split('\n').map(line => line.split(':'))
  for (const name of ['postgres', 'nobody']) {
    const [, , uid, gid] = lines.find(fields => fields[0] === name) ?? []
    if (Number(uid) > 0 && Number(gid) > 0) return { uid: Number(uid), gid: Number(gid) }
  }
  return { uid: 65534, gid: 65534 }
}
