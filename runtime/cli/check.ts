/** `torg check`: everything that is wrong with a project, as its hub would find it at the start or at a deploy. */
import { resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { builtIn } from '../../nodes/index.ts'
import { createConfigChecker } from '../kit/checker.ts'
import { loadConnectors } from '../kit/load.ts'
import { checkFlows, findFlowWarnings, readProject } from '../project/index.ts'
import { onlyArgument, print } from './usage.ts'

/** Variables are not looked for: they are those of the machine the hub runs on. */
export async function run(args: string[]): Promise<number> {
  const { positionals } = parseArgs({ args, allowPositionals: true })
  const folder = resolve(onlyArgument(positionals, 'project folder'))
  const project = await readProject(folder)
  const connectors = [...builtIn, ...await loadConnectors(folder, project.torg.connectors)]
  checkFlows(project.flows, { configChecker: createConfigChecker(connectors), kinds: project.kinds, project })
  for (const warning of findFlowWarnings(project.flows, project)) print(`Look at: ${warning}`)
  if (project.flows.length === 0) print(`${folder} has neither tabs nor systems: is it the folder of a project?`)
  else print(`${project.name} holds: nothing wrong was found.`)
  return 0
}
