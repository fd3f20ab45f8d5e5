import { TorgError } from '../errors.ts'
import type { Store } from '../store/types.ts'
import type { Project } from './types.ts'

const ownerCursor = 'hub/project'

/**
 * One project is one hub is one database. The first project to start on a database has it; another one would run the first
 * one's flows with its own roles and lookups, or in development deploy over them.
 * @throws TorgError `start.refused` where the database is another project's
 */
export async function takeDatabase({ store, project }: { store: Pick<Store, 'cursor' | 'saveCursor'>, project: Pick<Project, 'name' | 'folder'> }): Promise<void> {
  const owner = await store.cursor(ownerCursor)
  if (owner === null) await store.saveCursor(ownerCursor, project.name)
  else if (owner !== project.name) {
    throw new TorgError('start.refused', {
      detail: `The database belongs to the project "${String(owner)}", but ${project.folder} is the project "${project.name}".`,
      next: `Give this project a database of its own (DATABASE_URL, or TORG_DATA for the embedded one). If it is the same project under a new name, write "name": ${JSON.stringify(owner)} into its package.json.`,
    })
  }
}
