/** Converters between the versions of a kind's schema, both ways. Pure. */
import { TorgError } from '../errors.ts'

type Document = Record<string, unknown>

/** Between one version of a schema and the next. `down(up(document))` is the document again, and so is `up(down(document))` of one without news. */
export interface Conversion {
  /** The older of the two. */
  version: number
  up(document: Document): Document
  down(document: Document): Document
}

/** The version in a schema's name, `order@2`; null where it is no name of this kind's schemas. */
export function versionIn(kind: string, schema: string): number | null {
  const [name, version = ''] = schema.split('@')
  return name === kind && /^[1-9]\d*$/.test(version) ? Number(version) : null
}

/**
 * A document of one version as one of another.
 *
 * @throws TorgError `validation.schema` where there is no way between the two, such as from a version that a newer hub has stored
 */
export function convert(document: Document, { kind, from, to, conversions }: { kind: string, from: number, to: number, conversions: readonly Conversion[] }): Document {
  if (from === to) return document
  const step = conversions.find(({ version }) => version === (from < to ? from : from - 1))
  if (!step) throw new TorgError('validation.schema', { detail: `A ${kind} of schema ${kind}@${from} cannot be read as ${kind}@${to}: there is no converter.`, next: 'Run the newest version of the hub that this database has seen.' })
  return from < to
    ? convert(step.up(document), { kind, from: from + 1, to, conversions })
    : convert(step.down(document), { kind, from: from - 1, to, conversions })
}
