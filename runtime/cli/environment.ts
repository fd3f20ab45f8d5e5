/** `torg environment`: whose a running hub's database is, and letting it go where it is held. */
import { parseArgs } from 'node:util'
import { callHub } from './hub-client.ts'
import { print, UsageError } from './usage.ts'

export async function run(args: string[]): Promise<number> {
  const { values, positionals } = parseArgs({ args, allowPositionals: true, options: { deliver: { type: 'boolean' }, drop: { type: 'boolean' } } })
  const [action, extra] = positionals
  if (extra !== undefined || (action !== undefined && action !== 'adopt') || (action === undefined && (values.deliver || values.drop))) throw new UsageError('There are: torg environment, and torg environment adopt --deliver or --drop.')
  if (action === undefined) return await show()
  if (values.deliver === values.drop) throw new UsageError('Say what becomes of the deliveries that wait: --deliver sends them, --drop takes them for known to their systems. See them with: torg environment')
  const { before, name, dropped, waiting } = await callHub('POST', '/environment', { waiting: values.drop ? 'drop' : 'deliver' })
  print(`The database of the environment "${String(before)}" is "${String(name)}"'s now and is worked on.`)
  print(values.drop ? `${String(dropped)} deliveries were dropped.` : `Waiting: ${count(waiting)}.`)
  return 0
}

async function show(): Promise<number> {
  const { name, database, since, by, held, waiting } = await callHub('GET', '/environment')
  print(`Environment: ${String(name)}`)
  print(`The database is ${String(database)}'s since ${String(since)} (${String(by)}).`)
  print(`Waiting: ${count(waiting)}.`)
  if (held === true) print('HELD: nothing is worked on, polled or delivered. Let it go with: torg environment adopt --deliver (what waits goes out) or --drop (it counts as known)')
  return 0
}

function count(waiting: unknown): string {
  const { messages, deliveries, heldDeliveries }: Record<string, unknown> = { ...(typeof waiting === 'object' && waiting) }
  return `${String(messages)} messages, ${String(deliveries)} deliveries, ${String(heldDeliveries)} deliveries of held subscriptions`
}
