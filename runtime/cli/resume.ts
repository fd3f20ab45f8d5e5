/** `torg resume`: a lane goes on, whatever held it back. */
import { parseArgs } from 'node:util'
import { callHub } from './hub-client.ts'
import { onlyArgument, print } from './usage.ts'

export async function run(args: string[]): Promise<number> {
  const { positionals } = parseArgs({ args, allowPositionals: true, options: {} })
  const lane = onlyArgument(positionals, 'lane')
  await callHub('POST', `/lanes/${encodeURIComponent(lane)}/resume`)
  print(`${lane} goes on.`)
  return 0
}
