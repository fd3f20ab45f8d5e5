/** The types of documents on wires by their names: `torg:order`, `shopify:order`, `project:erp-order`. */
import type { Kind } from '../model/kind.ts'
import { entitySchema } from '../model/entity-schema.ts'
import type { JsonSchema } from '../model/validation.ts'
import { shapeOf, type Shape } from './schema/shape.ts'

/** Where the types of a hub or a project come from. */
export interface TypeOrigins {
  project: { kinds: ReadonlyMap<string, Pick<Kind, 'schema'>>, schemas: Readonly<Record<string, JsonSchema>> }
  /** Those of the connectors by name. */
  types: ReadonlyMap<string, JsonSchema>
}

/** A type as the analysis uses it. */
export interface WireType {
  name: string
  /** Its names are all there is: those of the model and the project. A vendor's document may have more than its connector tells. */
  strict: boolean
  /** As it is read. */
  shape: Shape
  /** As a mapping may write it. */
  written: Shape
}

/** Names of all types, in the groups in which the editor offers them. */
export function typeNames({ project, types }: TypeOrigins): { kinds: string[], connectors: string[], project: string[] } {
  return {
    kinds: [...project.kinds.keys()].map((name) => `torg:${name}`).sort(),
    connectors: [...types.keys()].sort(),
    project: Object.keys(project.schemas).map((name) => `project:${name}`).sort(),
  }
}

/** The JSON Schema of a type's document; undefined where the type does not exist. */
export function schemaOf(type: string, { project, types }: TypeOrigins): JsonSchema | undefined {
  const at = type.indexOf(':')
  const [namespace, name] = [type.slice(0, at), type.slice(at + 1)]
  if (namespace === 'torg') return project.kinds.get(name)?.schema
  if (namespace === 'project') return Object.hasOwn(project.schemas, name) ? project.schemas[name] : undefined
  return types.get(type)
}

/** A text, as the core node `template` writes it. */
export const textType = 'text'

const text = shapeOf({ type: 'string' })

/** Finds types by name; what was found is kept. */
export function createWireTypes(origins: TypeOrigins): (name: string) => WireType | undefined {
  const known = new Map<string, WireType | undefined>()
  const find = (name: string): WireType | undefined => {
    if (name === textType) return { name: 'a text', strict: true, shape: text, written: text }
    const schema = schemaOf(name, origins)
    if (!schema) return undefined
    const own = name.startsWith('torg:') || name.startsWith('project:')
    const [shape, written] = name.startsWith('torg:') ? [shapeOf(entitySchema({ schema }, 'read')), shapeOf(entitySchema({ schema }, 'written'))] : [shapeOf(schema), shapeOf(schema)]
    return { name, strict: own, shape, written }
  }
  return name => {
    if (!known.has(name)) known.set(name, find(name))
    return known.get(name)
  }
}
