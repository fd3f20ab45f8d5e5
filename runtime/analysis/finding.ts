/** What the analysis finds. */
import type { FlowFinding } from '../project/types.ts'
import type { Severity } from './catalogue.ts'

/** A small edit that mends a finding: a value to put at a place of a node. */
export interface Fix {
  /** What it does, as a command: `Read line_items[].sku`. */
  title: string
  node: string
  /** JSON pointer into the node; `-` at its end adds to a list. */
  pointer: string
  value: unknown
}

/** A finding as editor, `torg check` and deploy have it. */
export interface Finding extends FlowFinding {
  severity: Severity
  /** The node at the other end of the wire that does not fit. */
  from?: string
  fix?: Fix
}

/** A finding before it is known where its node stands. */
export type NodeFinding = Pick<FlowFinding, 'code' | 'detail' | 'value' | 'field'> & Pick<Finding, 'from' | 'fix'> & { node: FlowFinding['node'] & string }
