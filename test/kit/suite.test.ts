import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { expect } from 'chai'
import { mistakes } from './broken-connectors.ts'

interface Report { failures: { fullTitle: string }[], passes: { fullTitle: string }[] }

describe('the conformance suite finds mistakes', function () {
  this.timeout(60_000)
  let report: Report
  before(async () => { report = await runSuite() })

  const failuresOf = (name: string): string[] => report.failures.map(({ fullTitle }) => fullTitle).filter(title => title.startsWith(`${name} connector `))

  for (const [name, { fails }] of Object.entries(mistakes)) {
    it(fails === '' ? `none in a ${name} connector` : name, () => {
      const failures = failuresOf(name)
      if (fails === '') {
        expect(failures).to.deep.equal([])
        expect(report.passes.filter(({ fullTitle }) => fullTitle.startsWith(name)).length).to.be.greaterThan(20)
      } else {
        expect(failures.join('\n')).to.include(fails)
      }
    })
  }
})

function runSuite(): Promise<Report> {
  const root = join(import.meta.dirname, '../..')
  return new Promise((resolve, reject) => {
    execFile(join(root, 'node_modules/.bin/mocha'), ['--no-config', '--reporter', 'json', join(import.meta.dirname, 'broken-connectors.ts')], { cwd: root, env: { ...process.env, TORG_BROKEN_CONNECTORS: '1' }, maxBuffer: 64 * 1024 * 1024, shell: process.platform === 'win32' }, (_error, stdout, stderr) => {
      try {
        resolve(JSON.parse(stdout.slice(stdout.indexOf('{\n  "stats"'))))
      } catch (cause) {
        reject(new Error(`mocha did not report: ${stdout.slice(0, 500)} ${stderr.slice(0, 2000)}`, { cause }))
      }
    })
  })
}
