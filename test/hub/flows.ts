/** Small flows in few words: customers come in from one system and go out to others. */

export type Json = Record<string, unknown>
export interface Node extends Json { id: string, type: string }
/** One tab of a project; nodes are wired by id. */
export interface Tab { slug: string, label?: string, nodes: Node[] }

/** A rest system; what is not given has its default. */
export function restSystem(key: string, fields: Json = {}): Node {
  return { id: `system-${key}`, type: 'rest-system', name: key, key, baseUrl: 'http://127.0.0.1:9', auth: 'none', webhooks: 'none', ...fields }
}

/** Webhooks of this system carry a key in a header. */
export const byKey = (secret: string): Json => ({ webhooks: 'key', signatureHeader: 'X-Key', webhookSecret: secret })

export function restIn(id: string, system: string, wires: string[], fields: Json = {}): Node {
  return { id, type: 'rest in', name: id, system: `system-${system}`, path: '', keyPath: 'id', topic: 'customer', timeLimit: 60, ...fields, wires: [wires] }
}

export function map(id: string, wires: string[], rules: Json[], fields: Json = {}): Node {
  return { id, type: 'map', name: id, mapping: { from: 'any', to: 'any', rules }, source: 'payload', target: 'payload', ...fields, wires: [wires] }
}

export function save(id: string, fields: Json = {}, wires: string[] = []): Node {
  return { id, type: 'hub save', name: id, kind: 'customer', operation: 'upsert', origin: '', ...fields, wires: [wires] }
}

export function changes(id: string, system: string, wires: string[][], fields: Json = {}): Node {
  return { id, type: 'hub changes', name: id, kind: 'customer', system: `system-${system}`, filter: { match: 'all', rules: [] }, timeLimit: 60, ...fields, wires }
}

export function restOut(id: string, system: string, fields: Json = {}, wires: string[] = []): Node {
  return { id, type: 'rest out', name: id, system: `system-${system}`, method: 'PUT', path: '/customers/{key}', removePath: '/customers/{id}', ...fields, wires: [wires] }
}

/** A customer as our systems send it: `{ id, name, store, groups }`, each but the id optional. */
export const toCustomer: Json[] = [
  { to: 'refs[0].id', from: 'id', steps: [{ name: 'text' }] },
  { to: 'type', value: 'person' },
  { to: 'name', from: 'name', steps: [{ name: 'required' }] },
  { to: 'homeStore', from: 'store' },
  { to: 'groups', from: 'groups' },
]

/** A customer as our systems take it: its key is the hub's own id. */
export const fromCustomer: Json[] = [
  { to: 'key', from: 'id' },
  { to: 'name', from: 'name' },
  { to: 'store', from: 'homeStore' },
  { to: 'version', from: 'version' },
]

/** Webhook, map, save: nodes `<id>`, `<id>-map`, `<id>-save`. */
export function customersFrom(id: string, system: string, fields: Json = {}): Tab {
  return { slug: id, nodes: [restIn(id, system, [`${id}-map`], fields), map(`${id}-map`, [`${id}-save`], toCustomer), save(`${id}-save`)] }
}

/** Changes, map, sink: nodes `<id>`, `<id>-map`, `<id>-out`. */
export function customersTo(id: string, system: string, { filter, out = {} }: { filter?: Json[], out?: Json } = {}): Tab {
  return {
    slug: id,
    nodes: [
      changes(id, system, [[`${id}-map`], [`${id}-out`]], filter ? { filter: { match: 'all', rules: filter } } : {}),
      map(`${id}-map`, [`${id}-out`], fromCustomer),
      restOut(`${id}-out`, system, out),
    ],
  }
}

export function asObject(value: unknown): Json {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new Error(`expected an object, got ${JSON.stringify(value)}`)
  return { ...value }
}

export function asList(value: unknown): Json[] {
  if (!Array.isArray(value)) throw new Error(`expected a list, got ${JSON.stringify(value)}`)
  return value.map(asObject)
}
