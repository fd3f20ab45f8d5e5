/** `torg hash-password`: reads a password without showing it and prints its bcrypt hash. */
import { createInterface } from 'node:readline'
import { Writable } from 'node:stream'
import { hash } from 'bcryptjs'
import { TorgError } from '../errors.ts'
import { print } from './usage.ts'

/** 2^12 rounds: about a quarter of a second per login attempt. */
const cost = 12
const shortest = 8
/** bcrypt ignores what comes after. */
const longestBytes = 72

export async function run(): Promise<number> {
  const terminal = process.stdin.isTTY === true
  const password = await ask('Password: ', terminal)
  if (password.length < shortest) throw refused(`The password has fewer than ${shortest} characters.`)
  if (Buffer.byteLength(password) > longestBytes) throw refused(`The password is longer than ${longestBytes} bytes.`)
  if (terminal && await ask('Once more: ', terminal) !== password) throw refused('The two passwords differ.')
  print(await hash(password, cost))
  if (terminal) process.stderr.write('Set it in single quotes: TORG_ADMIN_PASSWORD_HASH=\'...\'\n')
  return 0
}

function refused(detail: string): TorgError {
  return new TorgError('request.invalid', { detail, next: 'Run torg hash-password again.' })
}

/** One line from standard input; what is typed on a terminal is not echoed. */
async function ask(question: string, terminal: boolean): Promise<string> {
  if (terminal) process.stderr.write(question)
  const silent = new Writable({ write: (_chunk, _encoding, done) => { done() } })
  const lines = createInterface({ input: process.stdin, output: silent, terminal })
  try {
    return await new Promise((resolve, reject) => {
      lines.once('line', resolve)
      lines.once('SIGINT', () => { reject(refused('Interrupted.')) })
      lines.once('close', () => { reject(refused('No password was given.')) })
    })
  } finally {
    lines.close()
    if (terminal) process.stderr.write('\n')
  }
}
