/** Tabs and subflows. */

type AnyNode = Readonly<Record<string, unknown>>

/** The label of a tab or subflow, falling back to its id. */
export function labelOf(tab: AnyNode): string {
  const label = tab['label'] ?? tab['name']
  return typeof label === 'string' && label !== '' ? label : String(tab['id'])
}

export const isContainer = (node: AnyNode): boolean => node['type'] === 'tab' || node['type'] === 'subflow'
