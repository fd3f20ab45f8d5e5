/** Texts with `{placeholders}` filled from a message. */
import { TorgError } from '../../runtime/errors.ts'
import type { FlowMessage } from '../../runtime/kit/definition.ts'
import { pointerOf, readPath, scalarText } from './paths.ts'

/**
 * Fills a path: `/orders/{number}`. `{x.y}` is taken from the payload, `{torg.x}` from the envelope, `{reference}` is
 * the id the system gave the record. Values are URL-encoded; one that is missing or no plain value throws
 * `mapping.failed` with its pointer.
 */
export function fillPath(template: string, msg: FlowMessage): string {
  return fill(template, msg, (value, name) => {
    // Dots alone would climb in the path, and no encoding keeps a URL from resolving them.
    if (/^\.{1,2}$/.test(value)) throw new TorgError('mapping.failed', { detail: `{${name}} in the path ${JSON.stringify(template)} is ${JSON.stringify(value)}, which cannot be part of an address`, value })
    return encodeURIComponent(value)
  })
}

/** Fills a header or query value; see {@link fillPath}. Nothing is encoded. */
export function fillText(template: string, msg: FlowMessage): string {
  return fill(template, msg, value => value)
}

function fill(template: string, msg: FlowMessage, encode: (value: string, name: string) => string): string {
  return template.replace(/\{([^{}]+)\}/g, (_match, name: string) => {
    const value = lookUp(name, msg)
    const text = scalarText(value)
    if (text === null) {
      const where = name.startsWith('torg.') || name === 'reference' ? '' : pointerOf(name)
      throw new TorgError('mapping.failed', { detail: `{${name}} in ${JSON.stringify(template)} has no value in the message`, value, ...(where && { pointer: where }), next: `Map a value to ${name}, or correct the template on the node, then run the message again.` })
    }
    return encode(text, name)
  })
}

function lookUp(name: string, msg: FlowMessage): unknown {
  if (name === 'reference') return msg.torg?.delivery?.reference
  return name.startsWith('torg.') ? readPath(msg.torg, name.slice('torg.'.length)) : readPath(msg.payload, name)
}
