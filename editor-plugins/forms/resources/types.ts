/** What the hub tells the editor's widgets. Types only: shared by both sides. */

/** Wire types by where they come from, in the groups in which a form offers them. */
export interface TypeNames { kinds: string[], connectors: string[], project: string[] }

export interface StepInfo {
  name: string
  /** In the language asked for. */
  label: string
  /** The step as text with its required parameters, ready to be filled in. */
  template: string
}

export interface Catalogue {
  types: TypeNames
  lookups: string[]
  steps: StepInfo[]
}

/** What a row of the role table may name of a kind. */
export interface RoleFields {
  /** Paths, lists as a whole. */
  fields: { path: string, list: boolean }[]
  /** Fields by which records are told apart. */
  scope: string[]
}

export type { RoleReport } from '../../../runtime/project/role-report.ts'

/** Why a mapping cannot be compiled; `rule` counts from 0. */
export interface MappingFault { detail: string, rule: number | null }
