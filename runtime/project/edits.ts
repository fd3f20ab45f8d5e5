import type { Deployment } from '../store/types.ts'
import { changedTabs } from './revision.ts'

type Content = Pick<Deployment, 'flows'>

/**
 * Labels of the tabs whose edits a deploy of the project's files would undo: they were changed since files were last
 * deployed, and the files do not say the same. Pure.
 * @param options.active what is deployed now
 * @param options.lastFiles what was last deployed from files; null where nothing was
 * @param options.flows what the files say
 */
export function overwrittenEdits({ active, lastFiles, flows }: { active: Content, lastFiles: Content | null, flows: Content['flows'] }): string[] {
  const edited = new Set(changedTabs(lastFiles?.flows ?? [], active.flows))
  return changedTabs(active.flows, flows).filter(tab => edited.has(tab))
}
