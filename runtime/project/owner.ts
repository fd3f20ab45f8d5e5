import { TorgError } from '../errors.ts'
import type { Store } from '../store/types.ts'
import type { Project } from './types.ts'

const ownerCursor = 'hub/project'

type Wanted = Pick<Project, 'name' | 'folder'>

/**
 * One project is one hub is one database. The first project to start on a database has it; another one would run the first
 * one's flows with its own roles and lookups, or in development deploy over them.
 * @throws TorgError `start.refused` where the database is another project's
 */
export async function takeDatabase({ store, project }: { store: Pick<Store, 'cursor' | 'saveCursor'>, project: Wanted }): Promise<void> {
  const owner = await store.cursor(ownerCursor)
  if (owner === null) await store.saveCursor(ownerCursor, project.name)
  else if (owner !== project.name) throw anothers(owner, project)
}

/**
 * For those who only help: the database is this project's already.
 * @throws TorgError `start.refused` where it is another project's, or nobody's
 */
export async function requireDatabase({ store, project }: { store: Pick<Store, 'cursor'>, project: Wanted }): Promise<void> {
  const owner = await store.cursor(ownerCursor)
  if (owner === null) throw new TorgError('start.refused', { detail: 'No hub has started on this database yet.', next: 'Start the hub first, or correct DATABASE_URL.' })
  if (owner !== project.name) throw anothers(owner, project)
}

const anothers = (owner: unknown, project: Wanted): TorgError => new TorgError('start.refused', {
  detail: `The database belongs to the project "${String(owner)}", but ${project.folder} is the project "${project.name}".`,
  next: `Give this project a database of its own (DATABASE_URL, or TORG_DATA for the embedded one). If it is the same project under a new name, write "name": ${JSON.stringify(owner)} into its package.json.`,
})
