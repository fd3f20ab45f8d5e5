import type { Logger } from 'pino'
import type { Deployment, Store } from '../store/types.ts'
import { changedTabs, revisionOf } from './revision.ts'
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
  const active = await store.activeDeployment()
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
