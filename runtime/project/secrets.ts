/** Secrets never stand in a flow file. Pure. */
import { isSecretReference } from '../secret-references.ts'
import type { FlowFinding, FlowNode } from './types.ts'

const secretName = /(?:password|passphrase|secret|token|api[-_]?key|private[-_]?key)$/i

const toReference = 'write ${NAME} or file:/path instead'

/** Headers by which a system knows who calls. */
const secretHeader = /^(?:authorization|proxy-authorization|cookie|x-auth.*)$/i

/**
 * Secrets in plain text, by the names of fields: the fields of Torg's own nodes are known exactly to the check of their
 * configuration, those of palette nodes only by what they are called. Values are never repeated.
 */
export function findPlainSecrets(node: FlowNode): Pick<FlowFinding, 'code' | 'field' | 'detail'>[] {
  const findings: Pick<FlowFinding, 'code' | 'field' | 'detail'>[] = []
  for (const [field, value] of Object.entries(node)) {
    if (secretName.test(field) && typeof value === 'string' && value !== '' && !isSecretReference(value)) {
      findings.push({ code: 'secret.plain', field, detail: `is a secret in plain text; ${toReference}` })
    }
  }
  const { headers } = node
  if (typeof headers === 'object' && headers !== null && !Array.isArray(headers)) {
    for (const [header, value] of Object.entries(headers)) {
      // What a message says is no secret of the flow.
      if ((secretHeader.test(header) || secretName.test(header)) && typeof value === 'string' && value !== '' && !isSecretReference(value) && !value.includes('{')) findings.push({ code: 'secret.plain', field: 'headers', detail: `has the header ${header} with a secret in plain text; use the login of the system, whose secrets are references` })
    }
  }
  if (Array.isArray(node['env'])) {
    for (const entry of node['env'] as unknown[]) {
      if (typeof entry !== 'object' || entry === null || !('name' in entry) || !('type' in entry) || !('value' in entry)) continue
      const { name, type, value } = entry
      if (type === 'cred' && typeof value === 'string' && value !== '' && !isSecretReference(value)) findings.push({ code: 'secret.plain', field: `env ${String(name)}`, detail: `is a credential in plain text; ${toReference}` })
    }
  }
  return findings
}

/** A node of a file must not carry Node-RED's `credentials`; the editor sends them on their own way to be encrypted. */
export function findCredentials(node: FlowNode): Pick<FlowFinding, 'code' | 'field' | 'detail'>[] {
  const { credentials } = node
  if (typeof credentials !== 'object' || credentials === null || Object.keys(credentials).length === 0) return []
  return [{ code: 'secret.plain', field: 'credentials', detail: `credentials must not stand in a flow file; ${toReference}` }]
}
