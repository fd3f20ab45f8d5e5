/** The project's own fields of the canonical kinds, from `extensions/<kind>.<namespace>.json`. Pure. */
import { readExtension, type Extension } from '../model/extensions.ts'
import { kinds } from '../model/index.ts'
import { nearest } from '../model/validation.ts'
import type { FlowFinding } from './types.ts'

const namespaceForm = /^[a-z][a-z0-9-]*$/

/**
 * What the files say, with what is wrong with them.
 * @param files by name without `.json`: `order.acme` for the order itself, `order.lines.acme` for each of its lines
 */
export function readExtensions(files: Readonly<Record<string, Record<string, unknown>>>): { extensions: Extension[], findings: FlowFinding[] } {
  const findings: FlowFinding[] = []
  const extensions = Object.entries(files).flatMap(([name, given]): Extension[] => {
    const file = `extensions/${name}.json`
    const place = placeOf(name)
    if ('detail' in place) {
      findings.push({ code: 'extension.invalid', file, detail: place.detail })
      return []
    }
    const { schema, findings: found } = readExtension(place, given)
    findings.push(...found.map(({ pointer, detail, value }): FlowFinding => ({ code: 'extension.invalid', file, ...(pointer !== '' && { field: pointer }), detail, ...(value !== undefined && { value }) })))
    return [{ ...place, schema }]
  })
  return { extensions, findings }
}

function placeOf(name: string): Omit<Extension, 'schema'> | { detail: string } {
  const [kindName = '', ...rest] = name.split('.')
  const namespace = rest.pop() ?? ''
  const part = rest.join('.')
  const kind = kinds.get(kindName)
  if (!kind) {
    const near = nearest(kindName, [...kinds.keys()])
    return { detail: `is named after the kind "${kindName}", which does not exist.${near === undefined ? ` Kinds: ${[...kinds.keys()].join(', ')}.` : ` Did you mean ${near}?`} A file is named <kind>.<namespace>.json` }
  }
  if (!namespaceForm.test(namespace)) return { detail: `names no namespace: a file is named <kind>.<namespace>.json, such as ${kindName}.acme.json, the namespace in lower case letters, digits and hyphens` }
  if (part !== '' && !kind.extensibleParts.includes(part)) {
    return { detail: `is about "${part}" of the ${kindName}, which has no own fields. ${kind.extensibleParts.length === 0 ? `Only the ${kindName} itself has` : `There are those of ${kind.extensibleParts.join(', ')}, and of the ${kindName} itself`}` }
  }
  return { kind: kindName, part, namespace }
}
