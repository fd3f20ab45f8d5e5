/** Secrets are referred to, never written down: `${NAME}` in the environment, or `file:/path`. */
import { readFileSync } from 'node:fs'
import { TorgError } from './errors.ts'
import { environmentReference } from './secret-references.ts'

/**
 * The secret behind a reference.
 * @throws TorgError `settings.invalid` where the variable or file is missing or empty; it names the reference only.
 */
export function resolveSecret(reference: string, env: NodeJS.ProcessEnv = process.env): string {
  const name = environmentReference.exec(reference)?.[1]
  if (name !== undefined) {
    const value = env[name]
    if (!value) throw new TorgError('settings.invalid', { detail: `The environment variable ${name} is not set, but a secret refers to it.`, next: `Set ${name} and start again.` })
    return value
  }
  if (reference.startsWith('file:')) {
    const path = reference.slice('file:'.length)
    let text: string
    try {
      text = readFileSync(path, 'utf8').trim()
    } catch (cause) {
      throw new TorgError('settings.invalid', { detail: `The secret file ${path} cannot be read.`, next: 'Put the file there, readable for the hub, and start again.', cause })
    }
    if (text === '') throw new TorgError('settings.invalid', { detail: `The secret file ${path} is empty.`, next: 'Write the secret into it and start again.' })
    return text
  }
  throw new TorgError('settings.invalid', { detail: 'A secret is neither ${NAME} nor file:/path.', next: 'Refer to an environment variable or a file.' })
}
