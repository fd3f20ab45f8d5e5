/** Where the fields of a record came from, and how that is stored: each origin once, with the fields it set. Pure. */
import type { Origin } from './types.ts'

/** JSON pointer of a field -> what set it. */
export type Provenance = Readonly<Record<string, Origin>>

/** As it stands in the table, oldest writes first. Most records have one or two origins for all their fields. */
export type PackedProvenance = readonly (Origin & { fields: readonly string[] })[]

/** Fields that the same write set share one origin object, in memory too: that is what they are gathered by. */
export function packProvenance(provenance: Provenance): PackedProvenance {
  const fieldsOf = new Map<Origin, string[]>()
  for (const pointer in provenance) {
    const origin = provenance[pointer]
    if (!origin) continue
    const fields = fieldsOf.get(origin)
    if (fields) fields.push(pointer)
    else fieldsOf.set(origin, [pointer])
  }
  return [...fieldsOf].map(([origin, fields]) => ({ ...origin, fields }))
}

export function unpackProvenance(packed: PackedProvenance): Record<string, Origin> {
  const provenance: Record<string, Origin> = {}
  for (const { fields, ...origin } of packed) for (const pointer of fields) provenance[pointer] = origin
  return provenance
}

/** The origin of a field: its own, else that of what it is a part of. */
export function originOf(provenance: Provenance, pointer: string): Origin | undefined {
  for (let at = pointer; at !== ''; at = at.slice(0, at.lastIndexOf('/'))) {
    const origin = provenance[at]
    if (origin) return origin
  }
  return undefined
}

/** Gives a field and its parts the origins they have elsewhere, and none where they have none there. */
export function takeOrigins(to: Record<string, Origin>, from: Provenance, pointer: string): void {
  const concerns = (known: string): boolean => known === pointer || known.startsWith(`${pointer}/`)
  for (const known of Object.keys(to)) if (concerns(known)) delete to[known]
  for (const [known, origin] of Object.entries(from)) if (concerns(known)) to[known] = origin
}
