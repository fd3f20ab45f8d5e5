/** One structured log for everything: the hub, Node-RED and palette nodes. Secrets and personal data are taken out before a line is written. */
import { pino, type DestinationStream, type Logger } from 'pino'
import pretty from 'pino-pretty'
import { TorgError } from './errors.ts'
import type { Settings } from './settings.ts'

/** Fields whose value is never logged, at any depth. */
const secretField = /^(authorization|proxy-authorization|cookie|set-cookie|x-api-key|api-?key|access-?token|.*password.*|.*passwd|.*secret.*|.*token|.*_HASH|.*passwordHash|credentials?)$/i
/** Credentials in an address: `postgres://user:password@host`. */
const secretInUrl = /(\w:\/\/[^\s:/@"]*):[^\s/@"]+@/g
/** An authorization header quoted in a text. */
const secretInText = /\b(Bearer|Basic) +[A-Za-z0-9+/._~=-]{8,}/g
/** An e-mail address or an international phone number. Customers are keys of some messages, and systems quote them in their answers. */
const personInText = /(?<![\w/.+@-])[\w.+-]+@[\w-]+(?:\.[\w-]+)*\.[A-Za-z]{2,}|(?<![\w.:+-])\+[1-9]\d{7,14}\b/g
const hidden = '••••'
const deepest = 8

/**
 * The root logger. Pretty lines are made in this process, without worker threads: the last line before a crash counts.
 * @param destination where lines go; standard output when not given
 */
export function createLogger(settings: Pick<Settings, 'logLevel' | 'logFormat'>, destination?: DestinationStream): Logger {
  const options = {
    level: settings.logLevel,
    base: null,
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: {
      ...(settings.logFormat === 'json' && { level: (label: string) => ({ level: label }) }),
      log: (fields: Record<string, unknown>) => withoutSecrets(fields, 0),
    },
    // Fields bound to a child logger do not pass through the formatter above.
    redact: { paths: ['authorization', 'password', 'secret', 'secretKey', 'token', 'credentials'], censor: hidden },
    serializers: { err: describeError, error: describeError },
    hooks: { streamWrite: (line: string) => line.replace(secretInUrl, `$1:${hidden}@`).replace(secretInText, `$1 ${hidden}`).replace(personInText, hidden) },
  }
  const output = destination ?? standardOutput()
  if (settings.logFormat === 'json') return pino(options, output)
  const stream = pretty({
    colorize: destination === undefined && process.stdout.isTTY === true,
    translateTime: 'SYS:HH:MM:ss.l',
    singleLine: true,
    sync: true,
    destination: output,
  })
  return pino(options, stream)
}

/** A terminal that was closed must not end the hub before it has drained: lines nobody can read are dropped. */
function standardOutput() {
  return pino.destination({ fd: 1, sync: true }).on('error', () => { /* There is nowhere left to tell. */ })
}

function withoutSecrets(fields: Record<string, unknown>, depth: number): Record<string, unknown> {
  return Object.fromEntries(Object.entries(fields).map(([name, value]) => [name, secretField.test(name) && value !== null && value !== undefined ? hidden : hideInside(value, depth + 1)]))
}

function hideInside(value: unknown, depth: number): unknown {
  if (typeof value !== 'object' || value === null || value instanceof Error || value instanceof Date || Buffer.isBuffer(value)) return value
  if (depth > deepest) return '[too deep]'
  if (Array.isArray(value)) return value.map(item => hideInside(item, depth + 1))
  const prototype: unknown = Object.getPrototypeOf(value)
  // Class instances may hold anything; they say themselves what is fit to be shown.
  if (prototype !== Object.prototype && prototype !== null) return value
  return withoutSecrets({ ...value }, depth)
}

/** What is logged of an error. Foreign errors carry requests and answers in further fields; those stay out. */
function describeError(thrown: unknown): unknown {
  if (thrown instanceof TorgError) {
    const { value: _value, ...told } = thrown.toJSON()
    return { type: thrown.code, ...told, message: told.detail, ...describeCause(thrown) }
  }
  if (!(thrown instanceof Error)) return hideInside(thrown, 1)
  const code = 'code' in thrown ? { code: thrown.code } : {}
  return { type: thrown.name, message: thrown.message, ...code, stack: thrown.stack, ...describeCause(thrown) }
}

function describeCause(error: Error): { cause?: string } {
  return error.cause instanceof Error ? { cause: error.cause.message } : {}
}
