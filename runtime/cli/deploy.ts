/** `torg deploy`: a project's tabs, systems and roles to a running hub, unless that would undo what somebody did in its editor. */
import { resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { TorgError } from '../errors.ts'
import { changedTabs, overwrittenEdits, readProject } from '../project/index.ts'
import type { Deployment, DeploymentSummary } from '../store/types.ts'
import { callHub } from './hub-client.ts'
import { onlyArgument, print } from './usage.ts'

interface Running { revision: string | null, deployment: number | null, flows: Deployment['flows'] }

export async function run(args: string[]): Promise<number> {
  const { values, positionals } = parseArgs({ args, allowPositionals: true, options: { 'note': { type: 'string' }, 'dry-run': { type: 'boolean' }, 'force': { type: 'boolean' } } })
  const { folder, flows } = await readProject(resolve(onlyArgument(positionals, 'project folder')))
  const active = await callHub<Running>('GET', '/flows')
  const tabs = changedTabs(active.flows, flows)
  if (tabs.length === 0) {
    print(active.deployment === null ? 'Nothing to deploy: the project has no tabs.' : `Nothing to deploy: deployment ${active.deployment} says the same as the files.`)
    return 0
  }
  if (!values.force) await refuseOverwriting(active, flows)
  print(`${values['dry-run'] ? 'Would change' : 'Changes'}: ${tabs.join(', ')}`)
  if (values['dry-run']) return 0
  const { warnings } = await callHub<{ warnings: string[] }>('PUT', '/flows', { revision: active.revision, flows, from: 'files', note: values.note ?? `files of ${folder}` })
  const [deployed] = await list('limit=1')
  print(`Deployed${deployed ? ` as deployment ${deployed.id}` : ''}. The new flows run.`)
  for (const warning of warnings) print(`Look at: ${warning}`)
  return 0
}

/** @throws TorgError `request.conflict` naming the tabs with edits that the files do not have */
async function refuseOverwriting(active: Running, flows: Deployment['flows']): Promise<void> {
  const [[newest], [lastFiles]] = await Promise.all([list('limit=1'), list('from=files&limit=1')])
  if (!newest || newest.id === lastFiles?.id) return
  const base = lastFiles ? await callHub<Deployment>('GET', `/deployments/${encodeURIComponent(lastFiles.revision)}`) : null
  const tabs = overwrittenEdits({ active, lastFiles: base, flows })
  if (tabs.length === 0) return
  const since = lastFiles ? `since the files were last deployed (deployment ${lastFiles.id}, ${lastFiles.at})` : 'and files were never deployed'
  throw new TorgError('request.conflict', {
    detail: `Not deployed: these were edited on the hub ${since}, last by ${newest.by} at ${newest.at}: ${tabs.join(', ')}.`,
    next: 'Bring the edits into the files (export the tabs in the editor, or read GET /api/v1/flows) and deploy again, or undo them with --force.',
  })
}

async function list(query: string): Promise<DeploymentSummary[]> {
  return (await callHub<{ items: DeploymentSummary[] }>('GET', `/deployments?${query}`)).items
}
