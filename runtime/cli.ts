#!/usr/bin/env node
/** The command `torg`. Commands are loaded when used, so that an old Node gets a sentence and not a syntax error. */

import type { Command } from './cli/usage.ts'

const leastNode = [22, 18] as const

const repairConditions = `
  --system <key>            the system it came from, or that it goes to
  --flow <tab or node>      by its label, name or id
  --from <time> --to <time> days such as 2026-03-01 (UTC), both included, or instants
  --state done | dead       only what succeeded, or only dead letters
  --code <error code>       dead letters of this error
  --force                   instead of --expect: however many there are by then
  --json                    the answer as JSON
`

const commands: Record<string, { usage: string, what: string, more?: string, load(): Promise<Command> }> = {
  start: { usage: 'start <folder> [--development]', what: 'run the hub with the project in this folder', load: () => import('./cli/start.ts') },
  worker: { usage: 'worker <folder> [--name <name>]', what: 'share the work of the hub of this project', load: () => import('./cli/worker.ts') },
  processes: { usage: 'processes', what: 'hub and workers, and what each does, of a running hub', load: () => import('./cli/processes.ts') },
  init: { usage: 'init <folder>', what: 'make an empty project', load: () => import('./cli/init.ts') },
  new: { usage: 'new connector <name> [--package <folder>]', what: 'make a connector in nodes/, or as a package of its own', load: () => import('./cli/new.ts') },
  check: {
    usage: 'check <folder> [--env] [--json]',
    what: 'what is wrong with a project: files, flows, mappings, roles; ends with 1 where there is an error',
    more: `
  --env                     environment variables as well; without, they are those of the machine the hub runs on
  --json                    the findings as JSON
`,
    load: () => import('./cli/check.ts'),
  },
  deploy: { usage: 'deploy <folder> [--note <text>] [--dry-run] [--force]', what: 'deploy the tabs, systems and roles of a project to a running hub', load: () => import('./cli/deploy.ts') },
  'dead-letters': { usage: 'dead-letters list [--closed] | show <id> | rerun <id> | rerun --all | close <id> [--note <text>]', what: 'what needs a person, on a running hub', load: () => import('./cli/dead-letters.ts') },
  lanes: { usage: 'lanes [--json]', what: 'what waits for which system, and what holds it back', load: () => import('./cli/lanes.ts') },
  pause: { usage: 'pause <lane> --reason <text>', what: 'take nothing more from a lane, such as erp.out', load: () => import('./cli/pause.ts') },
  resume: { usage: 'resume <lane>', what: 'let a lane go on that was paused or left alone', load: () => import('./cli/resume.ts') },
  rerun: {
    usage: 'rerun [conditions] --dry-run | --expect <count> --why <reason>',
    what: 'run stored messages again, by selection',
    more: `
  --topic <topic>           what kind of event, in the words of the system
  --key <key>               may be given several times; so may --id <message id>
  --every                   all messages of a key in their order, not only the newest${repairConditions}`,
    load: () => import('./cli/rerun.ts'),
  },
  redeliver: {
    usage: 'redeliver [conditions] --dry-run | --expect <count> --why <reason>',
    what: 'send records again, by selection',
    more: `
  --kind <kind>             order, customer, ...
  --number <number>         of the record, may be given several times; so may --id <record id>
  --period <which>          what the times are about: created, updated (if not given) or acknowledged${repairConditions}`,
    load: () => import('./cli/redeliver.ts'),
  },
  backfill: {
    usage: 'backfill <hub changes node or tab> [conditions] --dry-run | --expect <count> --why <reason>',
    what: 'send every record to a subscription that never had it',
    more: `
  --kind <kind>             order, customer, ...
  --number <number>         of the record, may be given several times; so may --id <record id>
  --from <time> --to <time> days such as 2026-03-01 (UTC), both included, or instants
  --period <which>          what the times are about: created or updated (if not given)
  --force                   instead of --expect: however many there are by then
  --json                    the answer as JSON
`,
    load: () => import('./cli/backfill.ts'),
  },
  explain: { usage: 'explain <kind> <number | hub id | system:id> [field] [--json]', what: 'which system, message and mapping set the fields of a record, and what was not applied', load: () => import('./cli/explain.ts') },
  repairs: { usage: 'repairs [list] | show <id> | cancel <id>', what: 'how far these are, who asked for them and why', load: () => import('./cli/repairs.ts') },
  reviews: { usage: 'reviews [list [--all]] | show <id> | merge <id> [--into <record id>] --why <reason> | distinct <id> [--note <text>]', what: 'records that may be of the same thing, and deciding it', load: () => import('./cli/reviews.ts') },
  merge: { usage: 'merge <kind> <id> <id that stays> --why <reason>', what: 'make one record part of another one', load: () => import('./cli/merge.ts') },
  unmerge: { usage: 'unmerge <kind> <id> --why <reason>', what: 'make two of it again', load: () => import('./cli/unmerge.ts') },
  erasures: { usage: 'erasures [list] | show <id> | start <customer id> --why <reason> | confirm <id> <system> [--note <text>] | export <customer id>', what: 'erase a customer in the hub and every system, or hand out all that is known', load: () => import('./cli/erasures.ts') },
  import: {
    usage: 'import <file> --kind <kind> --system <key> [--full] [--mapping <node or file>] [--dry-run]',
    what: 'entities from a file, NDJSON or CSV, into a running hub',
    more: `
  --kind <kind>             price, stock, product, ...
  --system <key>            the system whose file it is
  --full                    the file is all there is: what it does not hold is removed
  --csv                     where the name does not end in .csv; .gz is understood too
  --mapping <node or file>  a deployed map node, by name or id, or a file with a mapping
  --dry-run                 read and check everything, change nothing
  --id <import>             go on with the same file where it was cut off
  --json                    the answer as JSON
`,
    load: () => import('./cli/import.ts'),
  },
  imports: { usage: 'imports [list] | show <id> | confirm <id> | cancel <id>', what: 'how far imports are, and which lines were refused and why', load: () => import('./cli/imports.ts') },
  refs: {
    usage: 'refs import <file> --kind <kind> --system <key> [--dry-run]',
    what: 'tell which ids a system has for records, before anything is delivered there',
    more: `
  A line is { "id": "ERP-7", "number": "1042" }, or has "ref": { "system": "webshop", "id": "77" } or "record" (the hub's id) instead of number.
  A CSV has the columns id and number, ref.system and ref.id, or record.
`,
    load: () => import('./cli/refs.ts'),
  },
  environment: { usage: 'environment [adopt --deliver | --drop]', what: 'whose the database of a running hub is; let it go where it is held', load: () => import('./cli/environment.ts') },
  keys: {
    usage: 'keys [list] | create <name> --scope <scope> [--system <key>] [--days <n>] | revoke <id>',
    what: 'keys for the API of a running hub',
    more: `
  --scope <scope>           read:order, write:customer, read:*, write:*, admin; may be given several times
  --system <key>            on whose behalf the key writes, as the role table names systems; needed to write
  --days <n>                after so many days it does not hold any more
`,
    load: () => import('./cli/keys.ts'),
  },
  reference: { usage: 'reference <project folder> <folder to write into>', what: 'OpenAPI document, schemas and reference pages of a project, for partners', load: () => import('./cli/reference.ts') },
  prove: { usage: 'prove [--from <day>] [--to <day>] [--zone <zone>] [--system <key>] [--kind <kind>] [--json]', what: 'whether all that came in is where it belongs; ends with 1 where anything is unexplained', load: () => import('./cli/prove.ts') },
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
  const more = chosen.map(([, command]) => command.more ?? '').join('')
  return `Usage: torg <command>\n\n${listed.map(([, { usage, what }]) => `  ${usage.padEnd(width)}  ${what}\n`).join('')}${more}`
}

function complain(text: string, code: number): number {
  process.stderr.write(`${text}\n`)
  return code
}
