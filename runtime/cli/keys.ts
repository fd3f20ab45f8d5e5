/** `torg keys`: keys for the API of a running hub. */
import { parseArgs } from 'node:util'
import type { ApiKey } from '../store/types.ts'
import { callHub } from './hub-client.ts'
import { onlyArgument, print, UsageError } from './usage.ts'

const dayMs = 86_400_000

export async function run(args: string[]): Promise<number> {
  const { values: { scope = [], system, days }, positionals: [action = 'list', ...others] } = parseArgs({
    args, allowPositionals: true, options: { scope: { type: 'string', multiple: true }, system: { type: 'string' }, days: { type: 'string' } },
  })
  const plain = scope.length === 0 && system === undefined && days === undefined
  if (action === 'list' && plain && others.length === 0) return await list()
  if (action === 'create') return await create(onlyArgument(others, 'name'), { scope, system, days })
  if (action === 'revoke' && plain) return await revoke(onlyArgument(others, 'id'))
  throw new UsageError('Say what to do: list them, create one, or revoke one.')
}

async function list(): Promise<number> {
  const { items } = await callHub<{ items: ApiKey[] }>('GET', '/keys')
  for (const key of items) print(lineOf(key))
  if (items.length === 0) print('No keys yet. Make one with: torg keys create <name> --scope <scope>')
  return 0
}

function lineOf({ id, name, scopes, system, createdAt, createdBy, expiresAt, lastUsedAt, revokedAt, revokedBy }: ApiKey): string {
  const expired = expiresAt !== null && Date.parse(expiresAt) <= Date.now()
  return [
    `${id}  ${name}  ${scopes.join(' ')}${system === null ? '' : `  writes as ${system}`}`,
    `  made ${createdAt} by ${createdBy}, ${lastUsedAt === null ? 'never used' : `last used about ${lastUsedAt}`}${expiresAt === null ? '' : `, ${expired ? 'expired' : 'expires'} ${expiresAt}`}`,
    ...revokedAt === null ? [] : [`  REVOKED ${revokedAt} by ${revokedBy ?? ''}`],
  ].join('\n')
}

async function create(name: string, { scope, system, days }: { scope: string[], system: string | undefined, days: string | undefined }): Promise<number> {
  if (scope.length === 0) throw new UsageError('Say at least one --scope: read:order, write:customer, read:*, write:* or admin.')
  const count = Number(days ?? 1)
  if (!Number.isInteger(count) || count < 1 || count > 36_500) throw new UsageError('--days is a whole number of days.')
  const { id, key } = await callHub<ApiKey & { key: string }>('POST', '/keys', {
    name, scopes: scope, ...(system !== undefined && { system }), ...(days !== undefined && { expiresAt: new Date(Date.now() + count * dayMs).toISOString() }),
  })
  print(key)
  // Not on standard output, which may go into a secret store.
  process.stderr.write(`Keep it now: it is shown this once. Send it as: Authorization: Bearer torg_${id}_…\n`)
  return 0
}

async function revoke(id: string): Promise<number> {
  const { name } = await callHub<ApiKey>('POST', `/keys/${encodeURIComponent(id)}/revoke`)
  print(`${id} (${name}) is revoked; within two seconds it does not hold any more.`)
  return 0
}
