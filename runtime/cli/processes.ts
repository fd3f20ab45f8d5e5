/** `torg processes`: hub and workers of a running hub's database, and what each does. */
import type { ProcessSummary } from '../store/types.ts'
import { callHub } from './hub-client.ts'
import { print, UsageError } from './usage.ts'

export async function run([extra]: string[]): Promise<number> {
  if (extra !== undefined) throw new UsageError('It takes nothing.')
  const { items } = await callHub<{ items: ProcessSummary[] }>('GET', '/processes')
  for (const { owner, role, host, pid, version, deployment, state, since, goneAt, duties } of items) {
    const does = goneAt === null ? state : `gone since ${goneAt} without having stopped`
    print(`${owner}\n  ${role} ${version} on ${host}, process ${pid}, since ${since}${deployment === null ? '' : `, deployment ${deployment}`}\n  ${does}${duties.length > 0 ? `\n  duties: ${duties.join(', ')}` : ''}`)
  }
  return 0
}
