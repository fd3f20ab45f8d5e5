/**
 * Every test, in two mocha runs side by side: most of them wait for real servers and browsers, and two cores are there to be used.
 * What a run wrote is shown when it has ended; the summaries of both with all failures stand at the end, before one line
 * `tests: N passed, N failed`.
 */
import { spawn } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { lineOf, readRun, type Totals } from './reporter.ts'

const tests = fileURLToPath(new URL('..', import.meta.url))
const mocha = fileURLToPath(new URL('../../node_modules/mocha/bin/mocha.js', import.meta.url))

/** Folders of one run; all others are the other. About the same time each. */
const first = ['browser', 'faults', 'flows', 'story']
const others = readdirSync(tests, { withFileTypes: true }).filter((entry) => entry.isDirectory() && !first.includes(entry.name)).map(({ name }) => name)

interface Ended {
  code: number
  summary: string
  totals: Totals
  /** What could not be run here. */
  notes: string[]
}

function run(folders: string[]): Promise<Ended> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [mocha, ...folders.map((folder) => join(tests, folder, '**', '*.test.ts'))], { cwd: join(tests, '..'), stdio: ['ignore', 'pipe', 'pipe'] })
    let output = ''
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => { output += chunk.toString() })
    child.on('error', reject)
    child.on('close', (code) => {
      const { cases, summary, totals } = readRun(output)
      process.stdout.write(cases)
      // A run that did not get to its end counts as a failure.
      resolve({ code: code ?? 1, summary, notes: cases.match(/^NOT RUN: .*$/gm) ?? [], totals: totals ?? { passed: 0, failed: 1, skipped: 0 } })
    })
  })
}

console.log('Two runs side by side; what each wrote follows when it has ended, after some minutes.')
const ends = await Promise.all([run(first), run(others)])
const sum = (key: keyof Totals): number => ends.reduce((total, { totals }) => total + totals[key], 0)
for (const { summary } of ends) process.stdout.write(summary)
for (const note of ends.flatMap(({ notes }) => notes)) console.log(note)
process.stdout.write(lineOf({ passed: sum('passed'), failed: sum('failed'), skipped: sum('skipped') }))
process.exitCode = ends.every(({ code, totals }) => code === 0 && totals.failed === 0) ? 0 : 1
