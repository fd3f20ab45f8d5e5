/** The folder for everything a hub keeps on its machine. */
import { randomBytes } from 'node:crypto'
import { link, mkdir, readFile, unlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { TorgError } from '../errors.ts'

/**
 * Makes the data folder where it is missing.
 * @throws TorgError `start.refused` when it cannot be written
 */
export async function prepareDataFolder(dataDir: string): Promise<void> {
  try {
    await mkdir(dataDir, { recursive: true, mode: 0o700 })
    const probe = join(dataDir, `probe-${randomBytes(6).toString('hex')}`)
    await writeFile(probe, '')
    await unlink(probe)
  } catch (cause) {
    throw new TorgError('start.refused', {
      detail: `The data folder ${dataDir} cannot be written: ${cause instanceof Error ? cause.message : String(cause)}`,
      next: 'Give this user the right to write there, or set TORG_DATA to another folder.',
      cause,
    })
  }
}

/** The key that encrypts credentials when TORG_SECRET_KEY is not set; made at the first start, readable by this user only. */
export async function keptSecretKey(dataDir: string): Promise<string> {
  const path = join(dataDir, 'secret-key')
  const draft = `${path}.${randomBytes(6).toString('hex')}`
  await writeFile(draft, randomBytes(32).toString('base64url'), { mode: 0o600 })
  // A link fails where there is one already: an existing key is never replaced.
  await link(draft, path).catch((error: NodeJS.ErrnoException) => { if (error.code !== 'EEXIST') throw error })
  await unlink(draft)
  const key = (await readFile(path, 'utf8')).trim()
  if (key.length < 16) {
    throw new TorgError('start.refused', { detail: `The secret key in ${path} is damaged.`, next: 'Restore the file. Without it, remove it and type the credentials in the editor anew.' })
  }
  return key
}
