/**
 * Every test, in two mocha runs side by side: most of them wait for real servers and browsers, and two cores are there to be used.
 * The second run's output follows the first's. Ends with one line, `tests: N passed, N failed`.
 */
import { spawn } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { lineOf, type Totals } from './reporter.ts'

const tests = fileURLToPath(new URL('..', import.meta.url))
const mocha = fileURLToPath(new URL('../../node_modules/mocha/bin/mocha.js', import.meta.url))

/** Folders of the run that is shown first; all others are the second. About the same time each. */
const first = ['browser', 'faults', 'flows']

interface Ended { code: number, totals: Totals | undefined }

function run(folders: string[], show: (text: string) => void): Promise<Ended> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [mocha, ...folders.map((folder) => join(tests, folder, '**', '*.test.ts'))], { cwd: join(tests, '..'), stdio: ['ignore', 'pipe', 'pipe', 'ipc'] })
    let totals: Totals | undefined
    child.stdout?.on('data', (chunk: Buffer) => { show(chunk.toString()) })
    child.stderr?.on('data', (chunk: Buffer) => { show(chunk.toString()) })
    child.on('message', (message: Totals) => {
      totals = message
      // Nothing more is to be told; an open channel would keep the child from ending.
      child.disconnect()
    })
    child.on('error', reject)
    child.on('close', (code) => { resolve({ code: code ?? 1, totals }) })
  })
}

const others = readdirSync(tests, { withFileTypes: true }).filter((entry) => entry.isDirectory() && !first.includes(entry.name)).map(({ name }) => name)
let held: string[] | undefined = []
const second = run(others, (text) => { if (held) held.push(text); else process.stdout.write(text) })
const ends = [await run(first, (text) => { process.stdout.write(text) })]
process.stdout.write(held.join(''))
held = undefined
ends.push(await second)

const sum = (key: keyof Totals): number => ends.reduce((total, { totals }) => total + (totals?.[key] ?? 0), 0)
// A run that ended without its totals broke down; that counts as a failure.
const broken = ends.filter(({ totals }) => totals === undefined).length
process.stdout.write(lineOf({ passed: sum('passed'), failed: sum('failed') + broken, skipped: sum('skipped') }))
process.exitCode = ends.every(({ code, totals }) => code === 0 && totals !== undefined) ? 0 : 1
