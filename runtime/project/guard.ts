/** No deploy overwrites what its author has not seen. */
import type { Logger } from 'pino'
import { TorgError } from '../errors.ts'
import type { NodeRed } from '../node-red/facade.ts'
import type { Store } from '../store/types.ts'
import { deployFacts } from './deployer.ts'
import { changedTabs } from './revision.ts'

type RuntimeFlows = Pick<NodeRed['runtime']['flows'], 'setFlows'>

export interface DeployGuardOptions {
  store: Pick<Store, 'activeDeployment' | 'deploymentByRevision'>
  checkFlows(flows: readonly unknown[]): void
  log: Logger
}

/**
 * Throws `flow.stale` where `revision` is not that of the active deployment, naming the tabs that changed since.
 */
export async function refuseStale(store: DeployGuardOptions['store'], revision: string | null): Promise<void> {
  const active = await store.activeDeployment()
  if (active === null || active.revision === revision) return
  const base = revision === null ? null : await store.deploymentByRevision(revision)
  const tabs = base === null ? [] : changedTabs(base.flows, active.flows)
  const what = tabs.length > 0 ? `Changed since: ${tabs.join(', ')}`
    : base === null ? 'The revision it was based on is not known here' : 'The order of the tabs changed since'
  throw new TorgError('flow.stale', { detail: `${what} (deployment ${active.id} by ${active.by}, ${active.at}).`, value: tabs })
}

/**
 * Wraps Node-RED's `setFlows`, through which the editor and our own API deploy, with the two refusals: a stale revision is
 * answered 409 `version_mismatch`, the code on which the editor offers to merge, and invalid flows 422, before Node-RED has
 * touched its credentials. A request without a revision is the editor's "deploy anyway". Returns what takes the guard away.
 */
export function guardDeploys(runtimeFlows: RuntimeFlows, { store, checkFlows, log }: DeployGuardOptions): () => void {
  const unguarded = runtimeFlows.setFlows
  const setFlows = unguarded.bind(runtimeFlows)
  runtimeFlows.setFlows = async options => {
    // The editor's "restart flows" sends none.
    const posted = options.flows
    if (posted === undefined) return setFlows(options)
    const { by } = deployFacts(options.user)
    try {
      if (posted.rev !== undefined) await refuseStale(store, posted.rev)
      checkFlows(posted.flows)
    } catch (thrown) {
      if (!(thrown instanceof TorgError)) throw thrown
      log.warn({ code: thrown.code, by, errors: thrown.errors }, `Deploy refused: ${thrown.message}`)
      throw forEditor(thrown)
    }
    try {
      return await setFlows(options)
    } catch (thrown) {
      // Another deploy was under way when this one came; Node-RED takes one at a time and then answers without a reason.
      if (posted.rev !== undefined && thrown instanceof Error && 'code' in thrown && thrown.code === 'version_mismatch') {
        await refuseStale(store, posted.rev).catch((refusal: unknown) => { throw refusal instanceof TorgError ? forEditor(refusal) : refusal })
      }
      throw thrown
    }
  }
  return () => { runtimeFlows.setFlows = unguarded }
}

/** The editor tells a conflict by this code; `cause` keeps our own. */
const forEditor = (error: TorgError): Error => Object.assign(new Error(`${error.message} ${error.next}`, { cause: error }), {
  code: error.code === 'flow.stale' ? 'version_mismatch' : error.code,
  status: error.status,
})
