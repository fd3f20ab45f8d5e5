/** `torg check`: everything that is wrong with a project, as its hub would find it at the start or at a deploy. */
import { resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { builtIn } from '../../nodes/index.ts'
import { createAnalyser, factsOf, severityOf, type Finding, type Severity } from '../analysis/index.ts'
import { createConfigChecker } from '../kit/checker.ts'
import { loadConnectors } from '../kit/load.ts'
import { describeFinding, loadProject } from '../project/index.ts'
import { onlyArgument, print } from './usage.ts'

/** Ends with 1 where there is an error. Variables are looked for only where `--env` asks for it: they are those of the machine the hub runs on. */
export async function run(args: string[]): Promise<number> {
  const { positionals, values: { json, env } } = parseArgs({ args, allowPositionals: true, options: { json: { type: 'boolean', default: false }, env: { type: 'boolean', default: false } } })
  const folder = resolve(onlyArgument(positionals, 'project folder'))
  const { project, findings: inFiles } = await loadProject(folder)
  const findings = inFiles.map((finding): Finding => ({ ...finding, severity: severityOf(finding.code) }))
  if (project) {
    const connectors = [...builtIn, ...await loadConnectors(folder, project.torg.connectors)]
    findings.push(...createAnalyser({ configChecker: createConfigChecker(connectors), kinds: project.kinds, project, ...factsOf(connectors), ...env && { env: process.env } }).analyse(project.flows))
  }
  const count = (severity: Severity): number => findings.filter(finding => finding.severity === severity).length
  if (json) print(JSON.stringify({ ok: count('error') === 0, errors: count('error'), warnings: count('warning'), notes: count('note'), findings }, null, 2))
  else if (project && project.flows.length === 0) print(`${folder} has neither tabs nor systems: is it the folder of a project?`)
  else print(describe(findings, project?.name ?? folder))
  return count('error') > 0 ? 1 : 0
}

const headings: Readonly<Record<Severity, string>> = { error: 'Errors, which refuse a deploy', warning: 'Look at', note: 'Good to know' }

function describe(findings: readonly Finding[], name: string): string {
  const parts = (['error', 'warning', 'note'] as const).flatMap(severity => {
    const lines = findings.filter(finding => finding.severity === severity).map(finding => `- ${describeFinding(finding).replace(/\.$/, '')}. [${finding.code}]${finding.fix ? `\n  Fix: ${finding.fix.title}` : ''}`)
    return lines.length === 0 ? [] : [`${headings[severity]}:\n${lines.join('\n')}`]
  })
  const holds = findings.some(({ severity }) => severity === 'error') ? [] : [`${name} holds: ${findings.length === 0 ? 'nothing wrong was found.' : 'it may be deployed.'}`]
  return [...parts, ...holds].join('\n\n')
}
