/** `torg dead-letters`: what a running hub could not do, running it again, closing it. */
import { parseArgs } from 'node:util'
import type { DeadLetterSummary } from '../store/types.ts'
import { callHub } from './hub-client.ts'
import { print, UsageError } from './usage.ts'

const pageSize = 500

export async function run(args: string[]): Promise<number> {
  const { values, positionals } = parseArgs({ args, allowPositionals: true, options: { all: { type: 'boolean' }, closed: { type: 'boolean', default: false }, note: { type: 'string' } } })
  const [action, id, extra] = positionals
  if (extra === undefined && action === 'close' && id !== undefined) return await close(id, values.note)
  if (extra === undefined && values.note === undefined && action === 'list' && id === undefined) return await list(values.closed)
  if (extra === undefined && values.note === undefined && !values.closed) {
    if (action === 'show' && id !== undefined) return await show(id)
    if (action === 'rerun' && id !== undefined && !values.all) return await rerun(id)
    if (action === 'rerun' && id === undefined && values.all) return await rerunAll()
  }
  throw new UsageError('Say what to do: list them, show one, run one again, run all again, or close one.')
}

async function list(closed: boolean): Promise<number> {
  let count = 0
  let after: string | undefined
  do {
    const query = new URLSearchParams({ limit: String(pageSize), closed: String(closed), ...(after !== undefined && { after }) })
    const page = await callHub<{ items: DeadLetterSummary[], next: string | null }>('GET', `/dead-letters?${query}`)
    for (const { id, at, lane, key, attempts, error } of page.items) {
      print(`${id}\n  ${at}  ${lane}  key ${key}  attempts ${attempts}\n  ${error.code}${error.node ? ` at ${error.node.name ?? error.node.type}` : ''}${error.pointer ? ` ${error.pointer}` : ''}: ${error.detail}`)
    }
    count += page.items.length
    after = page.next ?? undefined
  } while (after !== undefined)
  print(count === 0 ? `No ${closed ? 'closed ' : ''}dead letters.` : `${count} ${closed ? 'closed ' : ''}dead ${count === 1 ? 'letter' : 'letters'}. See one with its input: torg dead-letters show <id>`)
  return 0
}

async function show(id: string): Promise<number> {
  print(JSON.stringify(await callHub('GET', `/dead-letters/${encodeURIComponent(id)}`), undefined, 2))
  return 0
}

async function rerun(id: string): Promise<number> {
  const { lane } = await callHub('POST', `/dead-letters/${encodeURIComponent(id)}/rerun`)
  print(`${id} runs again in lane ${String(lane)}.`)
  return 0
}

async function close(id: string, note: string | undefined): Promise<number> {
  await callHub('POST', `/dead-letters/${encodeURIComponent(id)}/close`, { note: note ?? null })
  print(`${id} is closed.`)
  return 0
}

async function rerunAll(): Promise<number> {
  const { reopened } = await callHub('POST', '/dead-letters/rerun', { all: true })
  print(`${String(reopened)} run again.`)
  return 0
}
