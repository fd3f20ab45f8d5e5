/**
 * `npm run bench -- --mapping`: the mappings of W and of the reference retailer, each beside the same mapping written as one JSONata
 * expression. Both must give the same before either is timed; they take many short turns, and the processor time of each
 * one's fastest turn counts, because a shared machine only ever adds.
 */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import jsonata from 'jsonata'
import { compileMapping } from '../../runtime/mapping/index.ts'
import { makeOrder } from './orders.ts'

export interface MappingSpeed { mapping: string, rules: number, compiledMicroseconds: number, jsonataMicroseconds: number, ratio: number }

const retailer = join(import.meta.dirname, '../../flows')
const read = (...path: string[]): unknown => JSON.parse(readFileSync(join(...path), 'utf8'))
const isRecord = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null

/** The mapping of a `map` node on a tab. */
function mappingOf(project: string, tab: string, node: string): { rules: unknown[] } & Record<string, unknown> {
  const nodes = read(project, 'tabs', `${tab}.json`)
  const found: unknown = Array.isArray(nodes) ? nodes.find((entry) => isRecord(entry) && entry['id'] === node) : undefined
  if (!isRecord(found) || !isRecord(found['mapping']) || !Array.isArray(found['mapping']['rules'])) throw new Error(`There is no mapping ${node} on the tab ${tab}`)
  return { ...found['mapping'], rules: found['mapping']['rules'] }
}

const lookups = Object.fromEntries(['carriers', 'erp-charge-items', 'erp-payment-methods', 'erp-tax-codes', 'markets', 'payment-methods', 'tax-categories'].map((name) => [name, read(retailer, 'lookups', `${name}.json`)]))
const inputOf = (node: string, name: string): unknown => {
  const example = read(retailer, 'cases', node, `${name}.json`)
  return isRecord(example) ? example['input'] : undefined
}

/** Measures them all. @throws Error where the two do not give the same */
export async function measureMappings({ turns = 60, turnMs = 8 }: { turns?: number, turnMs?: number } = {}): Promise<MappingSpeed[]> {
  const w = join(import.meta.dirname, 'project')
  const placed: unknown = JSON.parse(JSON.stringify(makeOrder(1005)))
  const canonical = { ...asRecord(compileMapping(mappingOf(w, 'webshop', 'in-map'))(placed, {})), id: '01957a3e-7c00-7000-8000-000000001005', version: 1 }
  const cases: { name: string, mapping: ReturnType<typeof mappingOf>, input: unknown }[] = [
    { name: 'w-webshop', mapping: mappingOf(w, 'webshop', 'in-map'), input: placed },
    { name: 'w-erp', mapping: mappingOf(w, 'erp', 'erp-map'), input: canonical },
    { name: 'w-crm', mapping: mappingOf(w, 'crm', 'crm-map'), input: canonical },
    { name: 'w-store', mapping: mappingOf(w, 'store', 'store-map'), input: canonical },
    { name: 'retailer-order', mapping: mappingOf(retailer, 'orders-from-webshop', 'webshop-order'), input: inputOf('webshop-order', 'placed') },
    { name: 'retailer-erp', mapping: mappingOf(retailer, 'orders-to-erp', 'erp-map'), input: inputOf('erp-map', 'placed') },
    { name: 'retailer-crm', mapping: mappingOf(retailer, 'customers-to-crm', 'crm-map'), input: inputOf('crm-map', 'member') },
    { name: 'retailer-store', mapping: mappingOf(retailer, 'orders-to-store', 'store-map'), input: inputOf('store-map', 'to-pick') },
  ]
  const results: MappingSpeed[] = []
  for (const { name, mapping, input } of cases) {
    const map = compileMapping(mapping, { lookups })
    const expression = jsonata(readFileSync(join(import.meta.dirname, 'jsonata', `${name}.jsonata`), 'utf8'))
    const compiled = (): unknown => map(input, {})
    const interpreted = (): unknown => expression.evaluate(input, { context: {}, lookups })
    const [ours, theirs] = [plain(await compiled()), plain(await interpreted())]
    if (!isDeepStrictEqual(ours, theirs)) throw new Error(`${name}: the two mappings differ\n${JSON.stringify(ours, undefined, 1)}\n${JSON.stringify(theirs, undefined, 1)}`)
    let [fastest, fastestTheirs] = [Infinity, Infinity]
    for (let turn = 0; turn < turns; turn += 1) {
      fastest = Math.min(fastest, await microseconds(turnMs, compiled, map.sync))
      fastestTheirs = Math.min(fastestTheirs, await microseconds(turnMs, interpreted, false))
    }
    results.push({ mapping: name, rules: mapping.rules.length, compiledMicroseconds: rounded(fastest, 2), jsonataMicroseconds: rounded(fastestTheirs, 1), ratio: rounded(fastestTheirs / fastest, 1) })
  }
  return results
}

/** What is left of it as JSON: JSONata's lists carry marks of their own. */
const plain = (value: unknown): unknown => JSON.parse(JSON.stringify(value))
const asRecord = (value: unknown): Record<string, unknown> => isRecord(value) ? value : {}
const rounded = (value: number, digits: number): number => Number(value.toFixed(digits))

async function microseconds(forMs: number, run: () => unknown, sync: boolean): Promise<number> {
  const start = process.cpuUsage()
  const until = performance.now() + forMs
  let count = 0
  do {
    if (sync) run()
    else await run()
    count += 1
  } while (count % 8 !== 0 || performance.now() < until)
  const { user, system } = process.cpuUsage(start)
  return (user + system) / count
}
