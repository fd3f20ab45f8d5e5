/** Where the values come from that a node of the hub stores. */
import type { FlowMessage, TextField } from '../../runtime/kit/definition.ts'
import type { Origin, SaveOutcome } from '../../runtime/store/types.ts'

export const originField = {
  type: 'text',
  label: { en: 'Origin', nb: 'Opphav', sv: 'Ursprung' },
  hint: {
    en: 'Key of the system the data comes from. Empty: the system whose message started the flow, or "manual".',
    nb: 'Nøkkelen til systemet dataene kommer fra. Tomt: systemet som startet flyten, eller «manual».',
    sv: 'Nyckeln till systemet som data kommer från. Tomt: systemet vars meddelande startade flödet, eller ”manual”.',
  },
  pattern: '^[a-z0-9]+(-[a-z0-9]+)*$',
  names: 'system',
  placeholder: 'webshop-no',
} as const satisfies TextField

/** The system of a message: the one named, else what started the run, else a person at the editor. */
export const systemOf = ({ torg }: FlowMessage, named: string): string => named || torg?.message?.system || torg?.delivery?.system || 'manual'

/** The origin of what a node stores, with the mapping that made it. */
export function originOf(msg: FlowMessage, { node, system }: { node: string, system: string }): Origin {
  const { message, mapping } = msg.torg ?? {}
  return { system: systemOf(msg, system), message: message?.id ?? null, at: message?.receivedAt ?? new Date().toISOString(), node, ...(mapping !== undefined && { mapping }) }
}

/** False: the store knew better. */
export const isApplied = (outcome: SaveOutcome['outcome']): boolean => outcome !== 'stale' && outcome !== 'erased'

/** What came of a write, for the node's status. `called` is how its writer knows the record, where it has no number. */
export function describeSaved({ record, outcome, refused }: SaveOutcome, { done = outcome, called = record.id }: { done?: string, called?: string | undefined } = {}): string {
  const what = outcome === 'created' || outcome === 'updated' ? done : outcome
  const held = refused.length > 0 ? `, ${refused.length} ${refused.length === 1 ? 'field' : 'fields'} refused` : ''
  return `${record.kind} ${record.number ?? called} v${record.version} ${what}${held}`
}
