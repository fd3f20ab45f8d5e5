/** What waits and what failed, by system. Pure. */
import type { LaneRow, NodeRow } from './types.ts'

export interface SystemGroup {
  key: string
  label: string
  /** What comes in first. */
  lanes: LaneRow[]
}

export interface Sums { pending: number, held: number, dead: number, paused: number, open: number }

const systemOf = (lane: string): string => lane.replace(/\.(?:in|out)$/, '')

/** Whether somebody should look at it. */
export const needsLook = ({ pending, held, dead }: Pick<NodeRow, 'pending' | 'held' | 'dead'>): boolean => pending + held + dead > 0

/** @param onlyBusy leaves out nodes with nothing waiting and nothing failed, and lanes that work and have none */
export function groupLanes(lanes: readonly LaneRow[], onlyBusy: boolean): SystemGroup[] {
  const shown = lanes.map((lane) => ({ ...lane, nodes: lane.nodes.filter((node) => !onlyBusy || needsLook(node)) })).filter(({ nodes, state }) => nodes.length > 0 || state !== 'working')
  return [...Map.groupBy(shown, ({ lane }) => systemOf(lane))]
    .map(([key, own]) => ({ key, label: own.find(({ label }) => label)?.label ?? key, lanes: own.toSorted((one, other) => one.lane < other.lane ? -1 : 1) }))
    .toSorted((one, other) => one.label.localeCompare(other.label))
}

export function sumLanes(lanes: readonly LaneRow[]): Sums {
  const sum = (field: 'pending' | 'held' | 'dead'): number => lanes.reduce((all, lane) => all + lane[field], 0)
  const inState = (state: LaneRow['state']): number => lanes.filter((lane) => lane.state === state).length
  return { pending: sum('pending'), held: sum('held'), dead: sum('dead'), paused: inState('paused'), open: inState('open') }
}

/** Nodes by id. */
export const nodesOf = (lanes: readonly LaneRow[]): ReadonlyMap<string, NodeRow> => new Map(lanes.flatMap(({ nodes }) => nodes.map((node) => [node.node, node])))
