/** `torg explain`: what set the fields of a record, and what was not applied, of a running hub. */
import { parseArgs } from 'node:util'
import { kinds } from '../model/index.ts'
import type { FieldExplanation } from '../project/index.ts'
import { callHub } from './hub-client.ts'
import { print, UsageError } from './usage.ts'

/** A field as people write it, `loyalty.points`, or as a JSON pointer. */
export async function run(args: string[]): Promise<number> {
  const { values, positionals } = parseArgs({ args, allowPositionals: true, options: { json: { type: 'boolean' } } })
  const [kind, which, field, ...others] = positionals
  if (kind === undefined || which === undefined || others.length > 0) throw new UsageError('Say a kind and which record: a number, a hub id, or <system>:<its id>; and the field, for one only.')
  const pointer = field === undefined ? '' : `?field=${encodeURIComponent(field.startsWith('/') ? field : `/${field.replaceAll('.', '/')}`)}`
  const answer = await callHub<{ items: FieldExplanation[] }>('GET', `/${pluralOf(kind)}/${encodeURIComponent(which)}/explain${pointer}`)
  print(values.json ? JSON.stringify(answer, undefined, 2) : answer.items.map(({ text: [first = '', ...more] }) => [first, ...more.map(line => `  ${line}`)].join('\n')).join('\n'))
  return 0
}

function pluralOf(kind: string): string {
  const found = kinds.get(kind)
  if (!found) throw new UsageError(`There is no kind ${kind}; there are ${[...kinds.keys()].join(', ')}.`)
  return found.plural
}
