/** Whether an entry of the flow array configures a system: config nodes of a type `<connector>-system`. */
export const isSystem = (node: Readonly<Record<string, unknown>>): boolean => typeof node['type'] === 'string' && node['type'].endsWith('-system')

/** Keys of the configured systems. */
export function systemKeysOf(flows: readonly Readonly<Record<string, unknown>>[]): Set<string> {
  return new Set(flows.filter(isSystem).flatMap(({ key }) => typeof key === 'string' && key !== '' ? [key] : []))
}
