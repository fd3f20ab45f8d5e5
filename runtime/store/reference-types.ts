/** What the store promises of references that are told beforehand: which id a system has for a record. */
import type { TorgError } from '../errors.ts'
import type { Reference } from './record-types.ts'

/** A system's own id of a record that is known by its number, by the hub's id, or by another reference. */
export interface ReferenceLink {
  id: string
  to: { number: string } | { record: string } | { ref: Reference }
}

/** `known`: it stood so already. An error: why it was not linked. */
export type LinkOutcome = { outcome: 'linked' | 'known', record: string } | TorgError

export interface ReferenceStore {
  /**
   * Links ids of a system to records of a kind, in one transaction; outcomes in the order of the links, each for itself. The record counts as
   * known to the subscriptions of that system which adopt. A dry run says what would be and links nothing.
   */
  linkReferences(among: { kind: string, system: string, dryRun: boolean }, links: readonly ReferenceLink[]): Promise<LinkOutcome[]>
}
