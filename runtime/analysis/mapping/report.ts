/** What the analysis of one mapping says. */
import type { FindingCode } from '../catalogue.ts'

/** A finding within a mapping. */
export interface MappingFinding {
  code: FindingCode
  /** Place within the mapping, after its field: `.rules[3].from`; empty for the mapping as a whole. */
  at: string
  detail: string
  /** A value to put at a place within the mapping, as a JSON pointer; `-` adds to a list. */
  fix?: { title: string, pointer: string, value: unknown }
}

export interface MappingReport {
  findings: readonly MappingFinding[]
  /** Paths of fields that the target's schema requires and no rule writes. */
  missing: readonly string[]
  /** Top-level fields of the target that rules write. */
  writes: ReadonlySet<string>
}
