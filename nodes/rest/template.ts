/** Texts with `{placeholders}` filled from a message. */
import { TorgError } from '../../runtime/errors.ts'
import type { FlowMessage } from '../../runtime/kit/definition.ts'
import { pathReader, pointerOf, scalarText } from './paths.ts'

/** Fills a text; throws `mapping.failed`, with the pointer of what is missing or no plain value. */
export type Template = (msg: FlowMessage) => string

/**
 * A path: `/orders/{number}`. `{x.y}` is taken from the payload, `{torg.x}` from the envelope, `{reference}` is the id
 * the system gave the record. Values are URL-encoded.
 */
export function pathTemplate(template: string): Template {
  return compile(template, (value, name) => {
    // Dots alone would climb in the path, and no encoding keeps a URL from resolving them.
    if (/^\.{1,2}$/.test(value)) throw new TorgError('mapping.failed', { detail: `{${name}} in the path ${JSON.stringify(template)} is ${JSON.stringify(value)}, which cannot be part of an address`, value })
    return encodeURIComponent(value)
  })
}

/** A header or query value; see {@link pathTemplate}. Nothing is encoded. */
export function textTemplate(template: string): Template {
  return compile(template, value => value)
}

function compile(template: string, encode: (value: string, name: string) => string): Template {
  // Split by a pattern with a group, every other part is a name.
  const parts = template.split(/\{([^{}]+)\}/).map((part, index): string | Template => {
    if (index % 2 === 0) return part
    const read = readerOf(part)
    return (msg) => {
      const value = read(msg)
      const text = scalarText(value)
      if (text === null) throw noValue({ name: part, template, value })
      return encode(text, part)
    }
  })
  return msg => parts.reduce<string>((text, part) => text + (typeof part === 'string' ? part : part(msg)), '')
}

function readerOf(name: string): (msg: FlowMessage) => unknown {
  if (name === 'reference') return msg => msg.torg?.delivery?.reference
  const read = pathReader(name.startsWith('torg.') ? name.slice('torg.'.length) : name)
  return name.startsWith('torg.') ? msg => read(msg.torg) : msg => read(msg.payload)
}

function noValue({ name, template, value }: { name: string, template: string, value: unknown }): TorgError {
  const pointer = name.startsWith('torg.') || name === 'reference' ? '' : pointerOf(name)
  return new TorgError('mapping.failed', { detail: `{${name}} in ${JSON.stringify(template)} has no value in the message`, value, ...(pointer && { pointer }), next: `Map a value to ${name}, or correct the template on the node, then run the message again.` })
}
