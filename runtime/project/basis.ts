/**
 * What a worker must have in common with its hub beside the database: the version, what is read from the project's folder, and the key
 * that credentials are encrypted with. The hub writes it down at every start; a worker that differs takes no work and says in what.
 */
import { createHash, randomBytes, scrypt, timingSafeEqual } from 'node:crypto'
import type { Store } from '../store/types.ts'
import { isObject } from './json.ts'
import type { Project } from './types.ts'

const basisCursor = 'hub/basis'

export interface Basis {
  version: string
  /** Digest of lookups, schemas, own fields and the list of connectors. */
  project: string
  /** Tells whether two have the same secret key, and not which. */
  key: { salt: string, digest: string }
  /** Made up anew with the stand-ins of every start, whose addresses and secrets are new. */
  twins: string
}

type Own = { store: Pick<Store, 'cursor' | 'saveCursor'>, version: string, project: Pick<Project, 'lookups' | 'schemas' | 'extensions' | 'torg'>, secretKey: string }

/** Writes down what the workers of this database need. */
export async function saveBasis({ store, version, project, secretKey, twins }: Own & { twins: boolean }): Promise<void> {
  const salt = randomBytes(16).toString('base64url')
  await store.saveCursor(basisCursor, { version, project: digestOf(project), key: { salt, digest: await digestKey(secretKey, salt) }, twins: twins ? randomBytes(8).toString('hex') : '' } satisfies Basis)
}

/** What the hub wrote down at its last start; null where none has started yet. */
export async function readBasis(store: Pick<Store, 'cursor'>): Promise<Basis | null> {
  const value = await store.cursor(basisCursor)
  if (!isObject(value)) return null
  const { version, project, key, twins } = value
  if (typeof version !== 'string' || typeof project !== 'string' || typeof twins !== 'string' || !isObject(key)) return null
  return { version, project, twins, key: { salt: String(key['salt']), digest: String(key['digest']) } }
}

/** Why a worker with these may not work beside a hub with that basis, as a sentence with what to do; null where it may. */
export async function differenceTo(basis: Basis | null, { version, project, secretKey }: Omit<Own, 'store'>): Promise<string | null> {
  if (basis === null) return 'No hub has started on this database yet. Start it; this worker goes on by itself.'
  if (basis.version !== version) return `The hub is Torg ${basis.version}, this worker is ${version}. Start a worker of the same version.`
  if (basis.project !== digestOf(project)) return 'Lookups, schemas, own fields (extensions/) or the list of connectors in this project folder differ from those the hub started with. Bring the folder up to date, or restart the hub if its own is older, and start the worker again.'
  const [own, theirs] = [Buffer.from(await digestKey(secretKey, basis.key.salt)), Buffer.from(basis.key.digest)]
  if (own.length !== theirs.length || !timingSafeEqual(own, theirs)) return 'The secret key is not the hub\'s, so the credentials typed in its editor cannot be read. Set TORG_SECRET_KEY to the hub\'s (without one it stands in the file secret-key of the hub\'s data folder) and start the worker again.'
  return null
}

function digestOf({ lookups, schemas, extensions, torg }: Own['project']): string {
  return createHash('sha256').update(JSON.stringify([inOrder(lookups), inOrder(schemas), inOrder(extensions), torg.connectors])).digest('base64url')
}

/** Files are read in an order the system chooses. */
const inOrder = (files: Record<string, unknown>): [string, unknown][] => Object.entries(files).sort(([a], [b]) => a < b ? -1 : 1)

function digestKey(secretKey: string, salt: string): Promise<string> {
  return new Promise((resolve, reject) => {
    scrypt(secretKey, salt, 32, (error, digest) => { if (error) reject(error); else resolve(digest.toString('base64url')) })
  })
}
