/** How a command was used wrongly, and the few things every command needs. */
import type { TorgError } from '../errors.ts'

/** A wrong use of the command line: the sentence is printed with the command's usage, the exit code is 2. */
export class UsageError extends Error {
  override readonly name = 'UsageError'
}

/** One subcommand. */
export interface Command {
  /** Runs it with the arguments after its name; resolves with the exit code. */
  run(args: string[]): Promise<number>
}

/** The one argument a command takes; `what` names it in the error. */
export function onlyArgument(positionals: string[], what: string): string {
  const [first, second] = positionals
  if (first === undefined) throw new UsageError(`Say which ${what}.`)
  if (second !== undefined) throw new UsageError(`There is one ${what} too many: ${second}`)
  return first
}

/** What is wrong, every finding where there are several, and what to do next. */
export function describeError({ message, next, errors = [] }: TorgError): string {
  const findings = errors.map(({ detail }) => detail).filter(detail => !message.includes(detail))
  return [message, ...findings.map(detail => `- ${detail}`), next].join('\n')
}

/** Writes a line to standard output. */
export function print(line: string): void {
  process.stdout.write(`${line}\n`)
}
