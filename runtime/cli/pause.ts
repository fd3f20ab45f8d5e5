/** `torg pause`: nothing more is taken from a lane until `torg resume`. */
import { userInfo } from 'node:os'
import { parseArgs } from 'node:util'
import { callHub } from './hub-client.ts'
import { onlyArgument, print, UsageError } from './usage.ts'

export async function run(args: string[]): Promise<number> {
  const { values, positionals } = parseArgs({ args, allowPositionals: true, options: { reason: { type: 'string' } } })
  const lane = onlyArgument(positionals, 'lane')
  if (!values.reason) throw new UsageError('Say --reason; it is shown until somebody resumes the lane.')
  await callHub('POST', `/lanes/${encodeURIComponent(lane)}/pause`, { reason: values.reason, by: userName() })
  print(`${lane} is paused. What is under way ends; the rest waits for: torg resume ${lane}`)
  return 0
}

/** The account this runs as; a container may have none. */
function userName(): string | undefined {
  try {
    return userInfo().username
  } catch {
    return undefined
  }
}
