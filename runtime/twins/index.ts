/** Starts the stand-ins that a project names, and lets the demo shop place orders. */
import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import type { Logger } from 'pino'
import { TorgError } from '../errors.ts'
import type { ConnectorDefinition, Twin } from '../kit/definition.ts'

/** The part of a project that names its twins: `torg.twins` and `torg.demo` of its package.json. */
export interface TwinProject {
  folder: string
  torg: {
    twins: Record<string, TwinDescription>
    demo: Record<string, unknown> | null
  }
}

export interface TwinDescription {
  connector: string
  /** Preferred port; a free one is taken where it is in use. */
  port: number
  /** Environment variables for the flows: texts with `{url}` and `{secret.<name>}`. */
  env: Record<string, string>
  /** Secrets by name; `random` is made up at every start. */
  secrets: Record<string, string>
  config?: Record<string, unknown>
}

export interface RunningTwins {
  /** By system key; a twin whose variables were set already is not here. */
  twins: ReadonlyMap<string, Twin>
  /** What a person may open. */
  addresses: { label: string, url: string }[]
  /** What the twins want set in the environment. */
  env: Record<string, string>
  /** Lets the demo order, every so many seconds, until `close`. Call it when the hub takes webhooks. */
  startDemo(): void
  close(): Promise<void>
}

export interface TwinStart {
  project: TwinProject
  connectors: readonly ConnectorDefinition[]
  /** Where webhooks go. */
  hubUrl: string
  /** Where twins keep their data. @defaultValue `.torg/twins` in the project folder; null keeps it in memory */
  dataDir?: string | null
  environment?: Readonly<Record<string, string | undefined>>
  log: Logger
}

/**
 * Starts every twin the project names whose environment variables nobody has set: who sets `ERP_URL` has an ERP.
 * @throws TorgError `settings.invalid` where a twin names an unknown connector or secret; nothing is left running then.
 */
export async function startTwins({ project, connectors, hubUrl, dataDir = join(project.folder, '.torg', 'twins'), environment = process.env, log }: TwinStart): Promise<RunningTwins> {
  const twins = new Map<string, Twin>()
  const env: Record<string, string> = {}
  const addresses: { label: string, url: string }[] = []
  const timers = new Set<NodeJS.Timeout>()
  const close = async (): Promise<void> => {
    for (const timer of timers) clearInterval(timer)
    await Promise.all([...twins.values()].map(twin => twin.close()))
    twins.clear()
  }
  try {
    for (const [system, description] of Object.entries(project.torg.twins)) {
      const set = Object.keys(description.env).filter(name => environment[name] !== undefined)
      if (set.length > 0) {
        log.info({ system }, `No stand-in for ${system}: ${set.join(' and ')} ${set.length > 1 ? 'are' : 'is'} set`)
        continue
      }
      const start = connectors.find(({ name }) => name === description.connector)?.twin
      if (!start) throw new TorgError('settings.invalid', { detail: `package.json: torg.twins.${system}.connector is ${description.connector}, which has no stand-in`, next: `Name one of ${connectors.filter(({ twin }) => twin).map(({ name }) => name).join(', ')}.` })
      const secrets = Object.fromEntries(Object.entries(description.secrets).map(([name, value]) => [name, value === 'random' ? randomBytes(24).toString('base64url') : value]))
      const twin = await start({ system, port: description.port, hubUrl, secrets, config: description.config ?? {}, ...(dataDir !== null && { dataDir }), log })
      twins.set(system, twin)
      addresses.push({ label: typeof description.config?.['title'] === 'string' ? description.config['title'] : system, url: `${twin.url}/` })
      for (const [name, template] of Object.entries(description.env)) env[name] = fillTemplate(template, { system, url: twin.url, secrets })
    }
  } catch (error) {
    await close()
    throw error
  }
  return {
    twins,
    addresses,
    env,
    startDemo() {
      const demo = readDemo(project.torg.demo)
      const twin = demo ? twins.get(demo.system) : undefined
      if (!demo || !twin) return
      if (!twin.placeOrder) throw new TorgError('settings.invalid', { detail: `package.json: torg.demo.system is ${demo.system}, whose stand-in sells nothing`, next: 'Name the system of a webshop.' })
      const place = (): void => { twin.placeOrder?.().catch((error: unknown) => log.warn({ err: error, system: demo.system }, 'The demo could not place an order')) }
      place()
      timers.add(setInterval(place, demo.everySeconds * 1000))
    },
    close,
  }
}

function fillTemplate(template: string, { system, url, secrets }: { system: string, url: string, secrets: Record<string, string> }): string {
  return template.replaceAll('{url}', url).replace(/\{secret\.([^}]+)\}/g, (_match, name: string) => {
    const secret = secrets[name]
    if (secret === undefined) throw new TorgError('settings.invalid', { detail: `package.json: torg.twins.${system}.env asks for the secret ${name}, which the twin does not have`, next: `Add ${name} to torg.twins.${system}.secrets.` })
    return secret
  })
}

function readDemo(demo: Record<string, unknown> | null): { system: string, everySeconds: number } | null {
  if (demo === null) return null
  const { system, everySeconds } = demo
  if (typeof system !== 'string' || typeof everySeconds !== 'number' || !(everySeconds >= 0.1)) throw new TorgError('settings.invalid', { detail: 'package.json: torg.demo must be { system: "<key>", everySeconds: <number> }', next: 'Correct it and start again.' })
  return { system, everySeconds }
}
