import type { Logger } from 'pino'
import type { Deployment, Store } from '../store/types.ts'
import { changedTabs, revisionOf } from './revision.ts'
import { isRoleTable, rolesOf } from './role-table.ts'
import type { Project } from './types.ts'

export interface ReconcileOptions {
  store: Pick<Store, 'activeDeployment' | 'deploy'>
  project: Pick<Project, 'folder' | 'flows'>
  development: boolean
  log: Logger
  /** Throws `flow.invalid` where the files may not be deployed. `active` is the deployment that stays then. */
  checkFlows?(flows: readonly unknown[], active: Deployment | null): void
}

/**
 * What runs at start: the project's files where nothing was deployed yet or in development, else the active deployment. So a
 * restarted old copy of the files never rolls anything back; the difference is logged.
 */
export async function reconcile({ store, project, development, log, checkFlows }: ReconcileOptions): Promise<Deployment> {
  const active = await withRoleTable(await store.activeDeployment(), { store, project, log })
  const tabs = active === null ? [] : changedTabs(active.flows, project.flows)
  if (active !== null && tabs.length === 0) return active
  if (active !== null && !development) {
    log.warn({ folder: project.folder, tabs, deployment: active.id }, `The files differ from the active deployment ${active.id} and were not deployed: ${tabs.join(', ')}. Deploy them with: torg deploy <folder>`)
    return active
  }
  checkFlows?.(project.flows, active)
  // Values typed in the editor live only in the deployment; nodes that are still there keep theirs.
  const deployment = await store.deploy({ revision: revisionOf(project.flows), by: 'files', from: 'files', note: `files of ${project.folder}`, flows: project.flows, credentials: active?.credentials ?? {} })
  log.info({ folder: project.folder, tabs, deployment: deployment.id }, active === null ? 'Deployed the files of the project: nothing was deployed before' : `Deployed the changed files: ${tabs.join(', ')}`)
  return deployment
}

/**
 * A deployment made before the role table was a part of deployments gets the rows of the project's file, which held until now. By whom and
 * from what it was made stays: for `torg deploy`, which looks for edits that files do not have, it is still the same.
 */
async function withRoleTable(active: Deployment | null, { store, project, log }: Pick<ReconcileOptions, 'store' | 'project' | 'log'>): Promise<Deployment | null> {
  const table = project.flows.find(isRoleTable)
  const rows = rolesOf(project.flows).length
  if (active === null || table === undefined || rows === 0 || active.flows.some(isRoleTable)) return active
  const flows = [...active.flows, table]
  const { by, from, credentials } = active
  const deployment = await store.deploy({ revision: revisionOf(flows), by, from, note: `deployment ${active.id} with the role table of ${project.folder}`, flows, credentials })
  log.warn({ folder: project.folder, rows, deployment: deployment.id }, `Deployment ${active.id} has no role table of its own: the ${rows} rows of roles.json hold and are part of deployment ${deployment.id}. From now on the table changes in the editor or with torg deploy.`)
  return deployment
}
