/** TypeScript without its types, for the browser. */
import { stripTypeScriptTypes } from 'node:module'

/** The same program without types. Node marks the call experimental; its warning at every start would hide those that matter. */
export function stripTypes(source: string): string {
  const { emitWarning } = process
  process.emitWarning = () => undefined
  try {
    return stripTypeScriptTypes(source)
  } finally {
    process.emitWarning = emitWarning
  }
}
