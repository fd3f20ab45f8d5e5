/**
 * Settings come from the environment and from nowhere else. One table names each with type, default and description;
 * it validates at start and makes the table in README.md.
 */
import { isIP } from 'node:net'
import { join, resolve } from 'node:path'
import { TorgError } from './errors.ts'

/** Validated settings, frozen. Durations in milliseconds, sizes in bytes. */
export interface Settings {
  /** Port of the hub's one HTTP server. */
  readonly port: number
  /** Address it listens on. */
  readonly host: string
  /** Address others reach the hub by, without a trailing slash. */
  readonly publicUrl: string
  /** PostgreSQL to use instead of the embedded one. */
  readonly databaseUrl: string | undefined
  /** Redis or Valkey that distributes work; without it PostgreSQL does. */
  readonly redisUrl: string | undefined
  /** Absolute path of the folder for everything the hub keeps on this machine. */
  readonly dataDir: string
  readonly adminUser: string
  /** bcrypt hash; undefined means that no login is asked for, which is allowed on loopback only. */
  readonly adminPasswordHash: string | undefined
  /** Encrypts credentials typed in the editor; undefined means the key kept in the data folder. */
  readonly secretKey: string | undefined
  readonly bodyLimit: number
  /** Most bytes of messages being received and not stored yet. */
  readonly intakeLimit: number
  /** Free bytes of disk below which nothing more is taken. */
  readonly diskReserve: number
  /** How long settled messages, with what was received, and ended runs are kept. */
  readonly keepMessagesMs: number
  readonly keepRunsMs: number
  readonly drainLimitMs: number
  /** Share of a system's records, 0 to 1, that a full import may remove without a person. */
  readonly removeLimit: number
  /** Its own among the workers of a database; undefined: found at start. */
  readonly workerName: string | undefined
  /** Port of a worker's health and metrics; undefined: none. */
  readonly workerPort: number | undefined
  /** Deliveries to one system at once, per process. */
  readonly concurrency: number
  readonly logLevel: LogLevel
  readonly logFormat: 'pretty' | 'json'
  /** Deploy in the editor writes the project's files, and changed files are deployed at start. */
  readonly development: boolean
  /** Name of the environment; a database of another one is opened held. */
  readonly environment: string
  /** Variables that begin with TORG_ but name no setting: most likely misspelt. */
  readonly unknown: readonly string[]
}

export type LogLevel = (typeof logLevels)[number]
const logLevels = ['trace', 'debug', 'info', 'warn', 'error', 'fatal'] as const

interface Setting<T> {
  /** The environment variable. */
  name: string
  /** What is allowed, as it stands in the table and in errors. */
  allowed: string
  /** Text of the default; empty where there is none. */
  standard: string
  description: string
  /** The value is never shown. */
  secret?: true
  /** Undefined when the text is not allowed. */
  parse(text: string): T | undefined
}

type Table = { [K in Exclude<keyof Settings, 'unknown'>]: Setting<NonNullable<Settings[K]>> }

const table: Table = {
  port: { name: 'TORG_PORT', allowed: 'whole number from 1 to 65535', standard: '1880', description: 'Port of editor, webhooks and API.', parse: wholeNumber(1, 65_535) },
  host: { name: 'TORG_HOST', allowed: 'IP address or host name', standard: '127.0.0.1', description: 'Address to listen on. Any other than loopback needs `TORG_ADMIN_PASSWORD_HASH`.', parse: text => isIP(text) > 0 || /^[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?$/.test(text) ? text : undefined },
  publicUrl: { name: 'PUBLIC_URL', allowed: 'http or https URL', standard: 'http://<host>:<port>', description: 'Address others reach the hub by. Printed addresses and URL-bound signatures use it.', parse: text => url(text, ['http:', 'https:'])?.replace(/\/+$/, '') },
  databaseUrl: { name: 'DATABASE_URL', allowed: 'postgres URL', standard: '', description: 'PostgreSQL to use. Without it the hub runs an embedded one.', parse: text => url(text, ['postgres:', 'postgresql:']) },
  redisUrl: { name: 'REDIS_URL', allowed: 'redis or rediss URL', standard: '', description: 'Redis or Valkey that distributes the work. Without it PostgreSQL does.', parse: text => url(text, ['redis:', 'rediss:']) },
  dataDir: { name: 'TORG_DATA', allowed: 'path', standard: '<project>/.torg', description: 'Folder for the embedded database, the generated secret key and the lock. As root the database itself lives below `/var/lib/torg`.', parse: text => resolve(text) },
  adminUser: { name: 'TORG_ADMIN_USER', allowed: 'name without colon', standard: 'admin', description: 'Name to log in with.', parse: text => /^[^:\s]+$/.test(text) ? text : undefined },
  adminPasswordHash: { name: 'TORG_ADMIN_PASSWORD_HASH', allowed: 'bcrypt hash, made with `torg hash-password`', standard: '', description: 'Guards editor, deploy, metrics and API. Put it in single quotes in a shell: it contains `$`.', secret: true, parse: text => /^\$2[aby]\$\d{2}\$[./A-Za-z0-9]{53}$/.test(text) ? text : undefined },
  secretKey: { name: 'TORG_SECRET_KEY', allowed: 'at least 16 characters', standard: 'generated once into the data folder', description: 'Encrypts credentials typed in the editor.', secret: true, parse: text => text.length >= 16 ? text : undefined },
  bodyLimit: { name: 'TORG_BODY_LIMIT', allowed: 'size such as 500kb or 1mb, at most 100mb', standard: '1mb', description: 'Largest request body; a larger one is answered 413.', parse: size },
  intakeLimit: { name: 'TORG_INTAKE_LIMIT', allowed: 'size such as 500kb or 64mb, at most 100mb', standard: '64mb', description: 'Most bytes of messages that are received and not stored yet; beyond, senders are answered 503 with Retry-After.', parse: size },
  diskReserve: { name: 'TORG_DISK_RESERVE', allowed: 'size such as 500mb, at most 999999mb', standard: '256mb', description: 'With less free disk, for the data folder or the embedded database, nothing more is taken: senders are answered 503, polling waits.', parse: text => size(text, 999_999 * 1024 ** 2) },
  keepMessagesMs: { name: 'TORG_KEEP_MESSAGES', allowed: 'days from 1 to 3650', standard: '90', description: 'How long settled messages and their event ids are kept; they are removed within the three weeks after. What is not settled stays, as do dead letters until they are closed.', parse: days },
  keepRunsMs: { name: 'TORG_KEEP_RUNS', allowed: 'days from 1 to 3650', standard: '14', description: 'How long ended runs are kept; they are removed within the week after.', parse: days },
  drainLimitMs: { name: 'TORG_DRAIN_LIMIT', allowed: 'seconds, more than 0, at most 86400', standard: '20', description: 'How long deploy and stop wait for open runs. The rest is interrupted and runs again.', parse: seconds },
  concurrency: { name: 'TORG_CONCURRENCY', allowed: 'whole number from 1 to 1000', standard: '32', description: 'Deliveries to a system at once; of its messages four times as many are worked on.', parse: wholeNumber(1, 1000) },
  removeLimit: { name: 'TORG_REMOVE_LIMIT', allowed: 'percent from 0 to 100', standard: '20', description: 'A full import that would remove a larger share of its system\'s records waits for `torg imports confirm`.', parse: percent },
  workerName: { name: 'TORG_WORKER_NAME', allowed: 'letters, digits and hyphens, at most 40', standard: '', description: 'Name of a worker, its own among those of the database; the same as `--name`. Without it: host and a number.', parse: text => /^[a-z0-9][a-z0-9-]{0,39}$/i.test(text) ? text.toLowerCase() : undefined },
  workerPort: { name: 'TORG_WORKER_PORT', allowed: 'whole number from 1 to 65535', standard: '', description: 'Port of `/health`, `/ready` and `/metrics` of a worker. Without it a worker listens nowhere.', parse: wholeNumber(1, 65_535) },
  logLevel: { name: 'TORG_LOG_LEVEL', allowed: logLevels.join(', '), standard: 'info', description: 'Least level that is logged.', parse: oneOf(logLevels) },
  logFormat: { name: 'TORG_LOG_FORMAT', allowed: 'pretty, json', standard: 'pretty on a terminal, else json', description: 'Form of the log lines.', parse: oneOf(['pretty', 'json'] as const) },
  development: { name: 'TORG_DEVELOPMENT', allowed: 'true, false', standard: 'false', description: 'Deploy in the editor writes the project\'s files, and changed files are deployed at start. The same as `--development`.', parse: text => ({ true: true, 1: true, false: false, 0: false })[text.toLowerCase()] },
  environment: { name: 'TORG_ENVIRONMENT', allowed: 'letters, digits and hyphens, at most 40', standard: 'production, or development with --development', description: 'Name of the environment. The database remembers its own: opened under another name it starts held and delivers nothing until `torg environment adopt`.', parse: text => /^[a-z0-9][a-z0-9-]{0,39}$/i.test(text) ? text.toLowerCase() : undefined },
}

/** TORG_SPECS names the vendors' samples for tests, TORG_FAIL_AT a point at which a test has the hub die; TORG_ADMIN_PASSWORD is what the command line logs in with. */
const otherNames = new Set(['TORG_SPECS', 'TORG_FAIL_AT', 'TORG_ADMIN_PASSWORD'])

/**
 * Reads all settings. An empty variable counts as not set.
 * @param context.projectFolder the default data folder lies in it
 * @param context.development default of TORG_DEVELOPMENT
 * @throws TorgError `settings.invalid` listing every problem with variable, value (masked if secret) and what is allowed.
 */
export function readSettings(env: NodeJS.ProcessEnv, context: { projectFolder?: string, development?: boolean } = {}): Settings {
  const problems: string[] = []
  const read = <T>(setting: Setting<T>): T | undefined => {
    const text = env[setting.name]?.trim()
    if (!text) return undefined
    const value = setting.parse(text)
    if (value === undefined) problems.push(`${setting.name} is ${shown(text, setting)}, but must be: ${setting.allowed}.`)
    return value
  }
  const readOr = <T>(setting: Setting<T>): T => {
    const value = read(setting) ?? setting.parse(setting.standard)
    if (value === undefined) throw new Error(`The default of ${setting.name} is not allowed by its own rule`)
    return value
  }
  const host = readOr(table.host)
  const port = readOr(table.port)
  const settings: Omit<Settings, 'environment'> = {
    port,
    host,
    publicUrl: read(table.publicUrl) ?? localUrl({ host, port }),
    databaseUrl: read(table.databaseUrl),
    redisUrl: read(table.redisUrl),
    dataDir: read(table.dataDir) ?? join(resolve(context.projectFolder ?? '.'), '.torg'),
    adminUser: readOr(table.adminUser),
    adminPasswordHash: read(table.adminPasswordHash),
    secretKey: read(table.secretKey),
    bodyLimit: readOr(table.bodyLimit),
    intakeLimit: readOr(table.intakeLimit),
    diskReserve: readOr(table.diskReserve),
    keepMessagesMs: readOr(table.keepMessagesMs),
    keepRunsMs: readOr(table.keepRunsMs),
    drainLimitMs: readOr(table.drainLimitMs),
    removeLimit: readOr(table.removeLimit),
    concurrency: readOr(table.concurrency),
    workerName: read(table.workerName),
    workerPort: read(table.workerPort),
    logLevel: readOr(table.logLevel),
    logFormat: read(table.logFormat) ?? (process.stdout.isTTY ? 'pretty' : 'json'),
    development: read(table.development) ?? context.development ?? false,
    unknown: unknownNames(env),
  }
  const environment = read(table.environment) ?? (settings.development ? 'development' : 'production')
  if (!isLoopback(host) && !env[table.adminPasswordHash.name]?.trim()) {
    problems.push(`TORG_HOST is "${host}", which others can reach, but no TORG_ADMIN_PASSWORD_HASH is set. Make one with: torg hash-password`)
  }
  if (problems.length > 0) {
    throw new TorgError('settings.invalid', { detail: problems.join('\n'), errors: problems.map(detail => ({ detail })), ...(problems.length > 1 && { next: 'Correct the environment variables named and start again.' }) })
  }
  return Object.freeze({ ...settings, environment })
}

/** Whether only this machine can reach an address. */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || (isIP(host) === 4 && host.startsWith('127.'))
}

/** The Markdown table of all settings, as it stands in README.md. */
export function settingsTable(): string {
  const escape = (text: string): string => text.replaceAll('|', '\\|')
  const code = (text: string): string => text === '' ? '' : /[ <]/.test(text) ? text.replaceAll('<', '&lt;').replaceAll('>', '&gt;') : `\`${text}\``
  const rows = Object.values(table).map(({ name, allowed, standard, description }) => `| \`${name}\` | ${escape(allowed)} | ${escape(code(standard))} | ${escape(description)} |`)
  return ['| variable | allowed | default | what it does |', '|---|---|---|---|', ...rows].join('\n')
}

/** Where a hub on this machine is reached: a wildcard address is no address to call. */
export function localUrl({ host, port }: Pick<Settings, 'host' | 'port'>): string {
  const reachable = host === '0.0.0.0' || host === '::' ? 'localhost' : host
  return `http://${isIP(reachable) === 6 ? `[${reachable}]` : reachable}:${port}`
}

function unknownNames(env: NodeJS.ProcessEnv): string[] {
  const known = new Set(Object.values(table).map(setting => setting.name))
  return Object.keys(env).filter(name => name.startsWith('TORG_') && !known.has(name) && !otherNames.has(name))
}

function shown(text: string, setting: { secret?: true }): string {
  if (setting.secret) return `set (hidden, ${text.length} characters)`
  return `"${text.replace(/\/\/([^/@]*):[^/@]*@/, '//$1:••••@').slice(0, 200)}"`
}

function wholeNumber(least: number, most: number): (text: string) => number | undefined {
  return text => /^\d{1,9}$/.test(text) && Number(text) >= least && Number(text) <= most ? Number(text) : undefined
}

function oneOf<const T extends string>(values: readonly T[]): (text: string) => T | undefined {
  return text => values.find(value => value === text.toLowerCase())
}

/** Milliseconds of a number of seconds. */
function seconds(text: string): number | undefined {
  const value = /^\d+(\.\d+)?$/.test(text) ? Number(text) : 0
  return value > 0 && value <= 86_400 ? Math.max(1, Math.round(value * 1000)) : undefined
}

/** A share from 0 to 1. */
function percent(text: string): number | undefined {
  const value = wholeNumber(0, 100)(text)
  return value === undefined ? undefined : value / 100
}

/** Milliseconds of a whole number of days. */
function days(text: string): number | undefined {
  const value = wholeNumber(1, 3650)(text)
  return value && value * 86_400_000
}

/** Bytes of a size such as `500kb`. */
function size(text: string, most = 100 * 1024 ** 2): number | undefined {
  const [, digits, unit] = /^(\d{1,9})(b|kb|mb)?$/i.exec(text) ?? []
  const bytes = Number(digits) * ({ kb: 1024, mb: 1024 ** 2 }[unit?.toLowerCase() ?? ''] ?? 1)
  return bytes > 0 && bytes <= most ? bytes : undefined
}

function url(text: string, protocols: string[]): string | undefined {
  return URL.canParse(text) && protocols.includes(new URL(text).protocol) && new URL(text).host !== '' ? text : undefined
}
