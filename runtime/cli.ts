#!/usr/bin/env node
/** The command `torg`. Commands are loaded when used, so that an old Node gets a sentence and not a syntax error. */

import type { Command } from './cli/usage.ts'

const leastNode = [22, 18] as const

const commands: Record<string, { usage: string, what: string, load(): Promise<Command> }> = {
  start: { usage: 'start <folder> [--development]', what: 'run the hub with the project in this folder', load: () => import('./cli/start.ts') },
  init: { usage: 'init <folder>', what: 'make an empty project', load: () => import('./cli/init.ts') },
  new: { usage: 'new connector <name> [--package <folder>]', what: 'make a connector in nodes/, or as a package of its own', load: () => import('./cli/new.ts') },
  deploy: { usage: 'deploy <folder> [--note <text>] [--dry-run] [--force]', what: 'deploy the tabs and systems of a project to a running hub', load: () => import('./cli/deploy.ts') },
  'dead-letters': { usage: 'dead-letters list | show <id> | rerun <id> | rerun --all | close <id> [--note <text>]', what: 'what needs a person, on a running hub', load: () => import('./cli/dead-letters.ts') },
  environment: { usage: 'environment [adopt --deliver | --drop]', what: 'whose the database of a running hub is; let it go where it is held', load: () => import('./cli/environment.ts') },
  'hash-password': { usage: 'hash-password', what: 'make the value of TORG_ADMIN_PASSWORD_HASH', load: () => import('./cli/hash-password.ts') },
  settings: { usage: 'settings', what: 'every setting, as a Markdown table', load: () => import('./cli/settings.ts') },
}

process.exitCode = await main(process.argv.slice(2))

async function main([name, ...args]: string[]): Promise<number> {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number)
  if (major < leastNode[0] || (major === leastNode[0] && minor < leastNode[1])) {
    return complain(`Torg needs Node ${leastNode.join('.')} or newer; this is ${process.versions.node}. Install a newer one from https://nodejs.org, or start it through npm in the Torg folder.`, 1)
  }
  if (name === undefined || name === 'help' || name === '--help' || name === '-h' || args.includes('--help')) {
    process.stdout.write(help(name === 'help' ? args[0] : name))
    return 0
  }
  const command = commands[name]
  if (!command) return complain(`There is no command "${name}".\n\n${help()}`, 2)
  try {
    return await (await command.load()).run(args)
  } catch (error) {
    if (!(error instanceof Error)) throw error
    // parseArgs reports wrong options with codes of its own.
    const isUsage = error.name === 'UsageError' || ('code' in error && String(error.code).startsWith('ERR_PARSE_ARGS'))
    if (isUsage) return complain(`${error.message}\nUsage: torg ${command.usage}`, 2)
    const [{ describeError }, { TorgError }] = await Promise.all([import('./cli/usage.ts'), import('./errors.ts')])
    if (error instanceof TorgError) return complain(describeError(error), 1)
    return complain(error.stack ?? error.message, 1)
  }
}

function help(name?: string): string {
  const chosen = Object.entries(commands).filter(([key]) => key === name)
  const listed = chosen.length > 0 ? chosen : Object.entries(commands)
  const width = Math.max(...listed.map(([, { usage }]) => usage.length))
  return `Usage: torg <command>\n\n${listed.map(([, { usage, what }]) => `  ${usage.padEnd(width)}  ${what}\n`).join('')}`
}

function complain(text: string, code: number): number {
  process.stderr.write(`${text}\n`)
  return code
}
