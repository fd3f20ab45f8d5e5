/** Deployments, of which one is active, and the cursors of polling sources. */
import { isUnreachable, retrying, toStoreError, type Database } from './db.ts'
import type { Deployment } from './types.ts'

const columns = 'id, revision, at, by, note, flows, credentials'

interface DeploymentRow extends Omit<Deployment, 'at'> { at: Date }

export interface Deployments {
  activeDeployment(): Promise<Deployment | null>
  deploymentByRevision(revision: string): Promise<Deployment | null>
  deploy(deployment: Omit<Deployment, 'id' | 'at'>): Promise<Deployment>
  cursor(source: string): Promise<unknown>
  saveCursor(source: string, cursor: unknown): Promise<void>
}

export function createDeployments(db: Database): Deployments {
  const guarded = async <Result>(doing: string, work: () => Promise<Result>): Promise<Result> => {
    try {
      return await retrying(work, isUnreachable)
    } catch (error) {
      throw toStoreError(error, doing)
    }
  }
  const first = async (condition: string, values: unknown[]): Promise<Deployment | null> => {
    const [row] = await db.query<DeploymentRow>(`select ${columns} from torg.deployment where ${condition}`, values)
    return row ? toDeployment(row) : null
  }
  return {
    activeDeployment: () => guarded('Reading the active deployment', () => first('active', [])),
    deploymentByRevision: revision => guarded('Reading a deployment', () => first('revision = $1 order by id desc limit 1', [revision])),
    deploy: ({ revision, by, note, flows, credentials }) => guarded('Storing a deployment', () => db.transaction(async tx => {
      // Two at once: one after the other, the later one is active.
      await tx.query('lock table torg.deployment in share row exclusive mode')
      await tx.query('update torg.deployment set active = false where active')
      const [row] = await tx.query<DeploymentRow>(
        `insert into torg.deployment (revision, by, note, flows, credentials, active) values ($1, $2, $3, $4, $5, true) returning ${columns}`,
        [revision, by, note, JSON.stringify(flows), JSON.stringify(credentials)])
      if (!row) throw new Error('The deployment was not stored.')
      return toDeployment(row)
    })),
    cursor: source => guarded('Reading a cursor', async () =>
      (await db.query<{ value: unknown }>('select value from torg.cursor where source = $1', [source]))[0]?.value ?? null),
    saveCursor: (source, cursor) => guarded('Storing a cursor', async () => {
      await db.query(`insert into torg.cursor (source, value) values ($1, $2)
        on conflict (source) do update set value = excluded.value, saved_at = now()`, [source, JSON.stringify(cursor ?? null)])
    }),
  }
}

function toDeployment(row: DeploymentRow): Deployment {
  return { ...row, at: row.at.toISOString() }
}
