/** Node-RED's log lines in our log. */
import type { Logger } from 'pino'
import { nodeRed, type LogRecord } from './facade.ts'

const listeners = new Set<(record: LogRecord) => void>()

/**
 * Hears every line Node-RED logs, before its own handlers do: the debug node's handler replaces errors by their
 * serialised form. Returns the function that stops it.
 */
export function onLogRecord(listener: (record: LogRecord) => void): () => void {
  listeners.add(listener)
  return () => { listeners.delete(listener) }
}

/**
 * A log handler for Node-RED's settings. What nodes say keeps its level and carries the node; what Node-RED itself
 * says at info (its banner, "Starting flows") goes to debug. Its warning that no encrypted credentials were found
 * goes there too: it says so of every project whose secrets are all references.
 */
export function createLogBridge(log: Logger): (record: LogRecord) => void {
  return record => {
    for (const listener of listeners) listener(record)
    const node = record.id && record.type ? { node: { id: record.id, type: record.type, ...(record.name && { name: record.name }) } } : {}
    const line = { ...node, ...(record.msg instanceof Error && { err: record.msg }) }
    const text = toText(record.msg)
    const level = text === nodeRed.log._('nodes.credentials.encryptedNotFound') ? 50 : record.level
    if (level <= 10) log.fatal(line, text)
    else if (level <= 20) log.error(line, text)
    else if (level <= 30) log.warn(line, text)
    else if (level <= 40 && 'node' in line) log.info(line, text)
    else if (level <= 50) log.debug(line, text)
    else log.trace(line, text)
  }
}

function toText(msg: unknown): string {
  if (msg instanceof Error) return msg.message
  if (typeof msg === 'string') return msg.trim()
  try {
    return JSON.stringify(msg) ?? String(msg)
  } catch {
    return String(msg)
  }
}
