/** Refusing flows by what was found. */
import { findingsError } from '../project/findings.ts'
import type { Finding } from './finding.ts'

export const isError = ({ severity }: Finding): boolean => severity === 'error'

/**
 * Refuses flows that may not be deployed.
 * @throws TorgError `flow.invalid` naming tab, node and field; every error stands in `errors`.
 */
export function refuseErrors(findings: readonly Finding[]): void {
  const errors = findings.filter(isError)
  if (errors.length > 0) throw findingsError(errors)
}
