/** What a project folder holds, read and checked. */
import type { FindingCode } from '../analysis/catalogue.ts'
import type { Kind } from '../model/index.ts'
import type { FlowItem } from '../node-red/facade.ts'
import type { MergeRule } from '../store/types.ts'

/** One entry of Node-RED's flow array: a tab, a subflow, a group, a config node or a node. `z` is the tab or subflow it is on. */
export interface FlowNode extends FlowItem {
  /** Id of its group. */
  g?: string
}

/** Node-RED's flow array. */
export type Flows = FlowNode[]

/** One thing that is wrong in a project or a deploy, with the place a person has to look at. */
export interface FlowFinding {
  code: FindingCode
  /** Path in the project folder; absent for a deploy from the editor. */
  file?: string
  /** Label of the tab or subflow. */
  tab?: string
  node?: string
  name?: string
  type?: string
  field?: string
  /** What is wrong and, where it is not obvious, what to do. */
  detail: string
  /** The offending value; never set for secrets. */
  value?: unknown
}

/** One row of the role table (`roles.json`): who is master of a field of a kind, and who may have it. */
export interface RoleRow {
  /** Canonical kind (`order`). */
  kind: string
  /** Path of a field (`payments`, `loyalty.points`, `texts.nb`) with all its parts; all fields without a row of their own when absent. */
  field?: string
  /** Only records whose top-level fields say this: `{ "market": "no" }`. */
  scope?: Record<string, string>
  /** Keys of the systems that may write it, the highest-ranked first; those of equal rank in a list of their own. Absent: as the row above says. */
  masters?: (string | string[])[]
  /** Keys of the systems that may be given it; absent: as the row above says, in the end all. */
  readers?: string[]
  /** @defaultValue 'rank' */
  merge?: MergeRule
}

/** Stand-in of one system, from `package.json`. */
export interface ProjectTwin {
  /** Connector name: `rest`. */
  connector: string
  /** Loopback port; 0 takes a free one. */
  port: number
  /** Environment variables it sets for the flows; `{url}` is its address, `{secret.<name>}` one of its secrets. */
  env: Record<string, string>
  /** What callers of the stand-in have to know; `random` is made up at every start. They are no secrets of anyone. */
  secrets: Record<string, string>
  /** Given to the stand-in as it stands: title and columns of its page, and the like. */
  config: Record<string, unknown>
}

/** The `torg` key of a project's `package.json`. */
export interface ProjectSettings {
  /** npm packages with further connectors. */
  connectors: string[]
  /** By system key. */
  twins: Record<string, ProjectTwin>
  /** Given to the demo as it stands; null without one. */
  demo: Record<string, unknown> | null
}

/** A project folder as read: one customer's flows, lookups, schemas, own fields and cases. */
export interface Project {
  folder: string
  name: string
  /** Tabs in their order, then subflows, then global config nodes and the role table, each with its nodes and layout put back. */
  flows: Flows
  /** By file name without `.json`: key in the source -> value in the target. */
  lookups: Record<string, Record<string, unknown>>
  /** JSON Schemas by file name without `.json`. */
  schemas: Record<string, Record<string, unknown>>
  /** Own fields of the kinds, as written, by file name without `.json`: `order.acme`, `order.lines.acme`. */
  extensions: Record<string, Record<string, unknown>>
  /** All canonical kinds by name, with these own fields. */
  kinds: ReadonlyMap<string, Kind>
  /** Paths of sample cases below `cases/`, sorted, with forward slashes. */
  cases: string[]
  torg: ProjectSettings
}
