/** The paths into a document that a JSON Schema describes, for suggestions while typing. Pure. */

/** Schemas that refer to themselves end here. */
const maxDepth = 6
const maxPaths = 1_500

type Schema = Record<string, unknown>
const isSchema = (value: unknown): value is Schema => typeof value === 'object' && value !== null && !Array.isArray(value)

/** Dotted paths as mappings and filters write them, `lines[].totals.gross.amount`, in the order of the schema. */
export function schemaPaths(schema: Schema): string[] {
  const paths = new Set<string>()
  const resolve = (node: Schema): Schema => {
    const reference = node['$ref']
    if (typeof reference !== 'string' || !reference.startsWith('#/')) return node
    const found = reference.slice(2).split('/').map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~')).reduce<unknown>((place, part) => isSchema(place) ? place[part] : undefined, schema)
    return isSchema(found) ? found : node
  }
  const visit = (node: unknown, path: string, depth: number): void => {
    if (!isSchema(node) || depth > maxDepth || paths.size >= maxPaths) return
    const resolved = resolve(node)
    if (path !== '') paths.add(path)
    for (const keyword of ['allOf', 'anyOf', 'oneOf']) {
      const parts = resolved[keyword]
      if (Array.isArray(parts)) for (const part of parts) visit(part, path, depth + 1)
    }
    if (isSchema(resolved['properties'])) {
      for (const [name, child] of Object.entries(resolved['properties'])) visit(child, path === '' ? quote(name) : `${path}.${quote(name)}`, depth + 1)
    }
    if (isSchema(resolved['items'])) {
      paths.delete(path)
      visit(resolved['items'], `${path}[]`, depth + 1)
    }
  }
  visit(schema, '', 0)
  return [...paths]
}

/** Odd names need quotes in a path. */
const quote = (name: string): string => /^[A-Za-z_$][\w$-]*$/.test(name) ? name : `'${name}'`
