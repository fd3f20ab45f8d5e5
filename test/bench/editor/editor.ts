/**
 * `npm run bench:editor`: what the analysis of a large customer takes, whole and after one edit, and `torg check` of it from a cold start.
 * `-- --json` prints one JSON object. Medians of many turns, milliseconds by the clock.
 */
import { spawnSync } from 'node:child_process'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { builtIn } from '../../../nodes/index.ts'
import { createAnalyser, factsOf, type Analyser } from '../../../runtime/analysis/index.ts'
import { createConfigChecker } from '../../../runtime/kit/checker.ts'
import { extendKinds } from '../../../runtime/model/index.ts'
import { writeProject } from '../../../runtime/project/index.ts'
import type { FlowNode } from '../../../runtime/project/types.ts'
import { makeCustomer } from './customer.ts'

const { values: options } = parseArgs({ options: { json: { type: 'boolean', default: false } } })
const customer = makeCustomer()
const kinds = extendKinds([])
const definitions = factsOf(builtIn)
const create = (): Analyser => createAnalyser({ configChecker: createConfigChecker(builtIn), kinds, project: { kinds, schemas: customer.schemas, lookups: customer.lookups }, ...definitions })

function time(work: () => void): number {
  const start = performance.now()
  work()
  return performance.now() - start
}

const median = (values: number[]): number => Number((values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0).toFixed(1))

/** Flows read anew, as from a file or from an editor's export. */
const readAnew = (): FlowNode[] => JSON.parse(JSON.stringify(customer.flows)) as FlowNode[]

/** The same flows with another comment on a rule of one mapping; every other node is the same object. */
function edited(flows: readonly FlowNode[], turn: number): FlowNode[] {
  const maps = flows.filter(({ type }) => type === 'map')
  const chosen = maps[turn % maps.length]
  return flows.map(node => node === chosen ? { ...structuredClone(node), name: `Edited ${turn}` } : node)
}

const first = time(() => {
  const findings = create().analyse(readAnew())
  if (findings.length > 0) throw new Error(`The customer should be without findings: ${findings[0]?.detail}`)
})
const whole = median(Array.from({ length: 15 }, () => { const flows = readAnew(); return time(() => { create().analyse(flows) }) }))
const analyser = create()
analyser.analyse(customer.flows)
const afterEdit = median(Array.from({ length: 41 }, (_, turn) => { const flows = edited(customer.flows, turn); return time(() => { analyser.analyse(flows) }) }))
const afterEditReadAnew = median(Array.from({ length: 21 }, (_, turn) => { const flows = edited(readAnew(), turn); return time(() => { analyser.analyse(flows) }) }))

async function timeCheck(): Promise<number> {
  const folder = await mkdtemp(join(tmpdir(), 'torg-bench-editor-'))
  try {
    await writeProject(folder, customer.flows)
    for (const [name, files] of Object.entries({ schemas: customer.schemas, lookups: customer.lookups })) {
      await mkdir(join(folder, name), { recursive: true })
      for (const [file, content] of Object.entries(files)) await writeFile(join(folder, name, `${file}.json`), JSON.stringify(content))
    }
    const program = join(import.meta.dirname, '../../../runtime/cli.ts')
    return median(Array.from({ length: 3 }, () => time(() => {
      const { status, stdout, stderr } = spawnSync(process.execPath, [program, 'check', folder], { encoding: 'utf8' })
      if (status !== 0) throw new Error(`torg check ended with ${status}: ${stdout}${stderr}`)
    })))
  } finally { await rm(folder, { recursive: true, force: true }) }
}

const rules = customer.flows.flatMap(({ mapping }) => typeof mapping === 'object' && mapping !== null && 'rules' in mapping && Array.isArray(mapping.rules) ? [mapping.rules.length] : [])
const result = {
  nodes: customer.flows.length, mappings: rules.length, rules: rules.reduce((sum, count) => sum + count, 0),
  firstMs: Number(first.toFixed(1)), wholeMs: whole, afterEditMs: afterEdit, afterEditReadAnewMs: afterEditReadAnew, checkMs: await timeCheck(),
}
if (options.json) console.log(JSON.stringify(result))
else console.table([result])
