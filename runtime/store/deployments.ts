/** Deployments, of which one is active, and the cursors of polling sources. */
import { insistent, type Database } from './db.ts'
import { deployedChannel } from './presence.ts'
import type { Deployment, DeploymentSummary, Store } from './types.ts'

const summaryColumns = 'id, revision, at, by, made_from as "from", note'
const columns = `${summaryColumns}, flows, credentials`

/** Whether the deployment given is the active one; without any it is 0. A condition of other statements. */
export const isActive = (parameter: string): string => `coalesce((select id from torg.deployment where active), 0) = ${parameter}`

type Row<T extends DeploymentSummary> = Omit<T, 'at'> & { at: Date }

export type Deployments = Pick<Store, 'activeDeployment' | 'deploymentByRevision' | 'deployments' | 'deploy' | 'cursor' | 'saveCursor'>

export function createDeployments(db: Database): Deployments {
  const first = async (condition: string, values: unknown[]): Promise<Deployment | null> => {
    const [row] = await db.query<Row<Deployment>>(`select ${columns} from torg.deployment where ${condition}`, values)
    return row ? withTime(row) : null
  }
  return {
    activeDeployment: () => insistent('Reading the active deployment', () => first('active', [])),
    deploymentByRevision: revision => insistent('Reading a deployment', () => first('revision = $1 order by id desc limit 1', [revision])),
    deployments: ({ from = null, limit, before = null }) => insistent('Listing deployments', async () =>
      (await db.query<Row<DeploymentSummary>>(
        `select ${summaryColumns} from torg.deployment where ($1::text is null or made_from = $1) and ($2::integer is null or id < $2) order by id desc limit $3`,
        [from, before, limit])).map(withTime)),
    deploy: ({ revision, by, from, note, flows, credentials }) => insistent('Storing a deployment', () => db.transaction(async tx => {
      // Two at once: one after the other, the later one is active.
      await tx.query('lock table torg.deployment in share row exclusive mode')
      await tx.query('update torg.deployment set active = false where active')
      const [row] = await tx.query<Row<Deployment>>(
        `insert into torg.deployment (revision, by, made_from, note, flows, credentials, active) values ($1, $2, $3, $4, $5, $6, true) returning ${columns}`,
        [revision, by, from, note, JSON.stringify(flows), JSON.stringify(credentials)])
      if (!row) throw new Error('The deployment was not stored.')
      await tx.query(`notify ${deployedChannel}`)
      return withTime(row)
    })),
    cursor: source => insistent('Reading a cursor', async () =>
      (await db.query<{ value: unknown }>('select value from torg.cursor where source = $1', [source]))[0]?.value ?? null),
    saveCursor: (source, cursor) => insistent('Storing a cursor', async () => {
      await db.query(`insert into torg.cursor (source, value) values ($1, $2)
        on conflict (source) do update set value = excluded.value, saved_at = now()`, [source, JSON.stringify(cursor ?? null)])
    }),
  }
}

function withTime<T extends { at: Date }>(row: T): Omit<T, 'at'> & { at: string } {
  return { ...row, at: row.at.toISOString() }
}
