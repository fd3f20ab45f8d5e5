/** Reads and writes one property of a message by its dotted name (`payload`, `payload.order`). */
import { TorgError } from '../../runtime/errors.ts'
import type { FlowMessage } from '../../runtime/kit/definition.ts'

const refusedNames = new Set(['__proto__', 'prototype', 'constructor'])

export interface MessageProperty {
  /** Name without `msg.`, for messages to people. */
  readonly name: string
  read(msg: FlowMessage): unknown
  /** Returns a message with the property replaced; the given message and what hangs on it stay as they are. */
  write(msg: FlowMessage, value: unknown): FlowMessage
}

/**
 * Compiles the name of a message property; `msg.` in front is accepted.
 * @throws TorgError `flow.invalid` where it is no such name.
 */
export function messageProperty(text: string, field: string): MessageProperty {
  const name = text.trim().replace(/^msg\./, '')
  const path = name.split('.')
  if (path.some((part) => !/^[A-Za-z_$][\w$-]*$/.test(part) || refusedNames.has(part))) {
    throw new TorgError('flow.invalid', { detail: `"${text}" is not a property of a message; write it like payload or payload.order`, pointer: `/${field}` })
  }
  return {
    name,
    read: (msg) => path.reduce<unknown>((value, part) => isObject(value) && Object.hasOwn(value, part) ? value[part] : undefined, msg),
    write: (msg, value) => ({ ...msg, ...writeAt(msg, path, value) }),
  }
}

function writeAt(target: Record<string, unknown>, [head, ...rest]: string[], value: unknown): Record<string, unknown> {
  if (head === undefined) return target
  if (rest.length === 0) return { ...target, [head]: value }
  const inner = target[head]
  return { ...target, [head]: writeAt(isObject(inner) ? inner : {}, rest, value) }
}

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null && !Array.isArray(value)
