/** The command `torg`, as a person runs it. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'

const cli = join(import.meta.dirname, '../../runtime/cli.ts')

interface Result { code: number, out: string, err: string }

/** Runs the command to its end; of this process's environment it knows the path only. */
export async function torg(args: string[], { env = {}, input = '' }: { env?: Record<string, string>, input?: string } = {}): Promise<Result> {
  const child = spawn(process.execPath, [cli, ...args], { env: { PATH: process.env['PATH'], ...env } })
  const texts = { out: '', err: '' }
  child.stdout.on('data', (chunk: Buffer) => { texts.out += chunk.toString() })
  child.stderr.on('data', (chunk: Buffer) => { texts.err += chunk.toString() })
  child.stdin.end(input)
  const [code] = await once(child, 'close') as [number]
  return { code, ...texts }
}
