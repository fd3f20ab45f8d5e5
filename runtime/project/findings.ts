import { TorgError } from '../errors.ts'
import type { FlowFinding } from './types.ts'

/** A finding as one sentence: file or tab, node (id, type), field, what is wrong. */
export function describeFinding(finding: FlowFinding): string {
  const { file, tab, node, name, type, field, detail } = finding
  const where: string[] = []
  if (file !== undefined) where.push(file)
  if (tab !== undefined) where.push(`tab "${tab}"`)
  if (node !== undefined) {
    const facts = [node, type].filter(fact => fact !== undefined).join(', ')
    where.push(name ? `node "${name}" (${facts})` : `node ${node}${type === undefined ? '' : ` (${type})`}`)
  }
  if (field !== undefined) where.push(`field "${field}"`)
  return where.length === 0 ? detail : `${where.join(', ')}: ${detail}`
}

/** One `flow.invalid` error for all findings: the first in its message, every one in `errors`. */
export function findingsError(findings: readonly FlowFinding[]): TorgError {
  const [first] = findings
  if (first === undefined) throw new Error('An error needs at least one finding')
  const more = findings.length > 1 ? ` (and ${findings.length - 1} more)` : ''
  return new TorgError('flow.invalid', {
    detail: describeFinding(first) + more,
    ...(first.node !== undefined && { node: { id: first.node, type: first.type ?? 'unknown', ...(first.name && { name: first.name }) } }),
    errors: findings.map(finding => ({
      detail: describeFinding(finding),
      ...(finding.node !== undefined && { pointer: `/${[finding.node, finding.field].filter(part => part !== undefined).map(escapePointer).join('/')}` }),
      ...(finding.value !== undefined && { value: finding.value }),
    })),
  })
}

const escapePointer = (part: string): string => part.replaceAll('~', '~0').replaceAll('/', '~1')
