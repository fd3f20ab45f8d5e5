/** The reference retailer with its twins, on a hub that is a process of its own. */
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { prepareHub, type HubProcess } from '../faults/hub-process.ts'
import { removeServerFolder } from './database.ts'
import { freePort } from './ports.ts'

export interface ReferenceHub {
  readonly hub: HubProcess
  /** The copy of the project it runs on. */
  readonly project: string
  /** Where it keeps its data. */
  readonly data: string
  /** Addresses of the twins by system. */
  readonly twins: Readonly<Record<string, string>>
  stop(): Promise<void>
}

interface TwinDescription { port: number, config: Record<string, unknown> }

/**
 * Starts it on free ports, on a copy, in development.
 * @param databaseUrl Without, the hub starts its own embedded PostgreSQL.
 * @param seed of the webshop, which then places no orders by itself
 */
export async function startReferenceHub({ databaseUrl, seed }: { databaseUrl?: string, seed?: number } = {}): Promise<ReferenceHub> {
  const folder = await mkdtemp(join(tmpdir(), 'torg-reference-'))
  const [project, data] = [join(folder, 'flows'), join(folder, 'data')]
  await cp(join(import.meta.dirname, '../../flows'), project, { recursive: true, filter: (path) => !path.includes('.torg') })
  const file = join(project, 'package.json')
  const description: { torg: { twins: Record<string, TwinDescription>, demo?: unknown } } = JSON.parse(await readFile(file, 'utf8'))
  const { torg } = description
  for (const twin of Object.values(torg.twins)) twin.port = await freePort()
  if (seed !== undefined) {
    delete torg.demo
    for (const twin of Object.values(torg.twins)) twin.config['seed'] = seed
  }
  await writeFile(file, JSON.stringify(description, null, 2))
  const hub = await prepareHub({ project, env: { ...(databaseUrl !== undefined && { DATABASE_URL: databaseUrl }), TORG_DATA: data, TORG_DEVELOPMENT: 'true', TORG_LOG_LEVEL: 'warn' } })
  const stop = async (): Promise<void> => {
    await hub.stop()
    await removeServerFolder(data)
    await rm(folder, { recursive: true, force: true })
  }
  try {
    await hub.start()
  } catch (error) {
    await stop()
    throw error
  }
  return { hub, project, data, twins: Object.fromEntries(Object.entries(torg.twins).map(([system, { port }]) => [system, `http://127.0.0.1:${port}`])), stop }
}
