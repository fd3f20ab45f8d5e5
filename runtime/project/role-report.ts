/** What the form of the role table shows: faults by row and warnings, as sentences in the language of the editor. Pure. */
import type { Language } from '../kit/definition.ts'
import { parseRoles } from './parse-roles.ts'
import { findRoleFaults, findRoleWarnings, type RoleKind } from './role-checks.ts'
import { sayFault } from './role-faults.ts'
import { asNode, isFinding } from './structure.ts'
import { systemKeysOf } from './systems.ts'
import type { FlowNode } from './types.ts'

/** `row` counts from 0 and is absent where a fault is the table's; `at` is the part of the row. */
export interface RoleReport { faults: { row?: number, at?: string, detail: string }[], warnings: string[] }

/** @param options.nodes systems and `hub changes` nodes, deployed or not */
export function reportRoles(rows: unknown, { nodes, kinds, language }: { nodes: readonly unknown[], kinds: ReadonlyMap<string, RoleKind>, language: Language }): RoleReport {
  const around = nodes.map((entry, index) => asNode(entry, index)).filter((result): result is FlowNode => !isFinding(result))
  return {
    faults: findRoleFaults(rows, { systems: systemKeysOf(around), kinds }).map(({ row, at, ...fault }) => ({ ...(row !== undefined && { row }), ...(at !== undefined && { at }), detail: sayFault(fault, language) })),
    warnings: findRoleWarnings(parseRoles(rows).rows, kinds, around).map(warning => capital(sayFault(warning, language))),
  }
}

const capital = (sentence: string): string => sentence.charAt(0).toUpperCase() + sentence.slice(1)
