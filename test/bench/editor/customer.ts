/** A large customer, made up: 40 tabs, 1,500 nodes, 120 mappings of 60 rules that fit their schemas. The same every time. */
import type { FlowNode } from '../../../runtime/project/types.ts'

export interface Customer {
  flows: FlowNode[]
  schemas: Record<string, Record<string, unknown>>
  lookups: Record<string, Record<string, unknown>>
}

type Rule = Record<string, unknown>

const systems = ['pim', 'erp', 'crm', 'pos', 'wms', 'mail', 'app', 'bi']
const chainsPerTab = 3

/** Places in an order, and what makes a value for a document of them. */
const readings: readonly [from: string, type: 'string' | 'number', steps?: Rule[]][] = [
  ['number', 'string'], ['buyer.name', 'string'], ['placedAt', 'string', [{ name: 'business-date', zone: 'Europe/Oslo' }]], ['totals.gross.amount', 'number', [{ name: 'number' }]], ['totals.net.amount', 'string'],
  ['shippingAddress.city', 'string', [{ name: 'upper' }, { name: 'substring', length: 30 }]], ['taxMode', 'string', [{ name: 'lookup', values: { gross: 'I', net: 'E' } }]], ['billingAddress.country', 'string', [{ name: 'default', value: 'NO' }]],
  ['lines[].quantity.value', 'number', [{ name: 'sum' }, { name: 'number' }]], ['charges[].code', 'string', [{ name: 'first' }, { name: 'lookup', table: 'carriers', default: 'post' }]], ['payments[0].method', 'string'], ['currency', 'string'],
]

const names = Array.from({ length: 52 }, (_, index) => `field${index}`)
const typeAt = (index: number): 'string' | 'number' => readings[index % readings.length]?.[1] ?? 'string'

const documentSchema = {
  type: 'object', required: ['id'], additionalProperties: false,
  properties: {
    id: { type: 'string' }, ...Object.fromEntries(names.map((name, index) => [name, { type: typeAt(index) }])),
    lines: { type: 'array', items: { type: 'object', required: ['sku'], additionalProperties: false, properties: Object.fromEntries(['sku', 'name', 'net', 'gross', 'unit', 'pieces', 'tax'].map(name => [name, { type: 'string' }])) } },
  },
}
const parts = ['name', 'company', 'street', 'postalCode', 'city', 'region']
const feedSchema = {
  type: 'object', required: ['id'], additionalProperties: false,
  properties: { id: { type: 'string' }, name: { type: 'string' }, mail: { type: 'string' }, ...Object.fromEntries(Array.from({ length: 9 }, (_, index) => [`place${index}`, { type: 'object', properties: Object.fromEntries([...parts, 'land'].map(part => [part, { type: 'string' }])) }])) },
}

/** An order as a system's document: 60 rules. */
const toDocument: Rule[] = [
  { to: 'id', from: 'number', steps: [{ name: 'required' }] },
  ...names.map((name, index): Rule => { const [from, , steps] = readings[index % readings.length] ?? ['number', 'string']; return { to: name, from, ...steps && { steps }, ...index % 7 === 3 && { when: { path: 'taxMode', is: 'gross' } } } }),
  ...([['sku', 'sku'], ['name', 'name'], ['net', 'totals.net.amount'], ['gross', 'totals.gross.amount'], ['unit', 'quantity.unit'], ['pieces', 'quantity.value'], ['tax', 'totals.tax.amount']] as const).map(([to, from]): Rule => ({ to: `lines[].${to}`, from: `lines[].${from}` })),
]

/** A feed as a customer: 60 rules. */
const toCustomer: Rule[] = [
  { to: 'refs[0].id', from: 'id' }, { to: 'type', value: 'person' }, { to: 'name', from: 'name', steps: [{ name: 'required' }] }, { to: 'emails[0].value', from: 'mail', steps: [{ name: 'email', invalid: 'omit' }] },
  ...Array.from({ length: 8 }, (_, index) => [...parts.map((part): Rule => ({ to: `addresses[${index}].${part}`, from: `place${index}.${part}`, steps: [{ name: 'trim' }, { name: 'omit-empty' }] })), { to: `addresses[${index}].country`, from: `place${index}.land`, steps: [{ name: 'country' }] }]).flat(),
]

/** @param tabs 40 make the customer of the figures */
export function makeCustomer(tabs = 40): Customer {
  const flows: FlowNode[] = systems.map((key): FlowNode => ({ id: `system-${key}`, type: 'rest-system', name: key.toUpperCase(), key, baseUrl: `https://${key}.example.com`, webhooks: 'standard', webhookSecret: `\${${key.toUpperCase()}_SECRET}` }))
  flows.push({ id: 'hub-roles', type: 'hub roles', rows: [{ kind: 'customer', masters: systems }] })
  for (let tab = 0; tab < tabs; tab += 1) {
    const z = `tab${tab}`
    flows.push({ id: z, type: 'tab', label: `Tab ${tab}`, disabled: false, info: '' })
    for (let chain = 0; chain < chainsPerTab; chain += 1) flows.push(...makeChain({ z, id: `${z}-${chain}`, number: tab * chainsPerTab + chain }))
  }
  // Of the 1,500 nodes those that say what a tab is for.
  for (let comment = 0; flows.length < tabs * 37.5; comment += 1) flows.push({ id: `about${comment}`, type: 'comment', z: `tab${comment % tabs}`, name: 'About', info: '', wires: [], x: 100, y: 40 })
  return { flows, schemas: { document: documentSchema, feed: feedSchema }, lookups: { carriers: { bring: 'bring', postnord: 'postnord' } } }
}

/** Twelve nodes from a source to a sink. */
function makeChain({ z, id, number }: { z: string, id: string, number: number }): FlowNode[] {
  const system = `system-${systems[number % systems.length]}`
  const incoming = number % 2 === 0
  const node = (name: string, type: string, next: string[][], fields: Record<string, unknown> = {}): FlowNode => ({ id: `${id}-${name}`, type, z, x: 100, y: 100, ...fields, wires: next.map(port => port.map(target => `${id}-${target}`)) })
  const mapping = incoming ? { from: 'project:feed', to: 'torg:customer', rules: toCustomer } : { from: 'torg:order', to: 'project:document', rules: toDocument }
  return [
    incoming
      ? node('source', 'rest in', [['switch']], { system, path: `feed-${number}`, keyPath: 'id' })
      : node('source', 'hub changes', [['switch'], []], { system, kind: 'order', filter: { match: 'all', rules: [{ path: 'taxMode', operator: 'equals', value: 'gross' }] } }),
    node('switch', 'switch', [['junction'], ['settle']], { property: 'topic', propertyType: 'msg', rules: [{ t: 'nnull' }, { t: 'else' }], outputs: 2 }),
    node('settle', 'hub settle', [], { decision: 'done' }),
    node('junction', 'junction', [['change']]),
    node('change', 'change', [['map']], { rules: [{ t: 'set', p: 'seen', pt: 'msg', to: 'true', tot: 'bool' }] }),
    node('map', 'map', [['delay']], { mapping, source: 'payload', target: 'payload' }),
    node('delay', 'delay', [['out']], { pauseType: 'delay', timeout: '1' }),
    { ...node('out', 'link out', []), mode: 'link', links: [`${id}-in`] },
    { ...node('in', 'link in', [['end', 'debug']]), links: [`${id}-out`] },
    node('debug', 'debug', []),
    incoming ? node('end', 'hub save', [[]], { kind: 'customer' }) : node('end', 'rest out', [[]], { system, path: '/documents/{id}' }),
    node('catch', 'catch', [['settle']], { scope: [`${id}-map`] }),
  ]
}
