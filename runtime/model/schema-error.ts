/** Findings of a schema check as the one error they make together. */
import { TorgError } from '../errors.ts'
import type { Finding } from './validation.ts'

/**
 * @param what Names the document, for example `the order 1042`.
 * @param findings At least one; the first gives the error its pointer and value.
 */
export function schemaError(what: string, findings: readonly Finding[]): TorgError {
  const [first] = findings
  const more = findings.length > 1 ? ` (and ${findings.length - 1} more)` : ''
  return new TorgError('validation.schema', {
    detail: first ? `${what} does not fit its schema: ${first.detail}${more}` : `${what} does not fit its schema`,
    ...(first && { pointer: first.pointer, value: first.value }),
    errors: [...findings],
  })
}
