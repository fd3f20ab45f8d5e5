/** Who deploys, from what and why. Node-RED carries only a user from the deploy to its storage, so they travel in it. */
import type { Deployment } from '../store/types.ts'
import { isObject } from './json.ts'

export type DeployFacts = Pick<Deployment, 'by' | 'from' | 'note'>

/** The user Node-RED is given for a deploy that does not come from its editor. */
export interface DeployUser {
  username: string
  deploy?: Pick<DeployFacts, 'from' | 'note'>
}

/** What a user object says; without one it is the editor where nobody has to log in. */
export function deployFacts(user: unknown): DeployFacts {
  const { username, deploy } = asObject(user)
  const { from, note } = asObject(deploy)
  return {
    by: typeof username === 'string' ? username : 'editor',
    from: from === 'files' || from === 'api' ? from : 'editor',
    note: typeof note === 'string' ? note : null,
  }
}

const asObject = (value: unknown): Record<string, unknown> => isObject(value) ? value : {}
