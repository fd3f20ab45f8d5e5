/** The help of a node: what its author wrote, then fields, ports and errors from the definition. Markdown. */
import { catalogue, type ErrorCode } from '../../errors.ts'
import type { Field, Language, Port } from '../definition.ts'
import type { NodeType } from '../node-types.ts'
import { texts } from '../texts.ts'
import { escapeHtml, inLanguage } from './keys.ts'

/** The help of one node type as Node-RED loads it: a script element with Markdown. */
export function renderHelp(nodeType: NodeType, language: Language, version: string): string {
  const markdown = [
    inLanguage(nodeType.help, language).trim(),
    ...renderPorts('inputs', nodeType.inputs, nodeType, language),
    ...renderPorts('outputs', nodeType.outputs, nodeType, language),
    ...renderFields(nodeType, language),
    ...renderErrors(nodeType, language),
    renderFooter(nodeType, language, version),
  ].join('\n\n')
  return `<script type="text/markdown" data-help-name="${escapeHtml(nodeType.type)}">\n${markdown.replaceAll('</script', '&lt;/script')}\n</script>\n`
}

function renderFields({ fields }: NodeType, language: Language): string[] {
  const say = (text: typeof texts.help[keyof typeof texts.help]): string => inLanguage(text, language)
  const lines = Object.entries(fields).map(([, field]) => {
    const hint = field.hint ? ` ${inLanguage(field.hint, language)}` : ''
    return `- **${inLanguage(field.label, language)}**${field.required ? ` (${say(texts.help.required)})` : ''}${hint === '' ? '' : `:${hint}`}${renderDefault(field, language)}`
  })
  return lines.length === 0 ? [] : [`### ${say(texts.help.fields)}`, lines.join('\n')]
}

function renderDefault(field: Field, language: Language): string {
  if (field.type === 'number') return ` (${field.default}${field.unit === undefined ? '' : ` ${field.unit}`})`
  if (field.type !== 'select') return ''
  return ` ${field.options.map(({ label }) => inLanguage(label, language)).join(' · ')}.`
}

function renderPorts(name: 'inputs' | 'outputs', ports: readonly Port[], nodeType: NodeType, language: Language): string[] {
  if (ports.length === 0) return []
  const lines = ports.map(({ type, label }, index) => `${index + 1}. ${label ? `${inLanguage(label, language)}: ` : ''}${renderType(type, nodeType, language)}`)
  return [`### ${inLanguage(texts.help[name], language)}`, lines.join('\n')]
}

function renderType(type: string, { fields }: NodeType, language: Language): string {
  if (type === 'any') return inLanguage(texts.help.any, language)
  if (type === 'same') return inLanguage(texts.help.same, language)
  if (!type.startsWith('config:')) return `\`${type}\``
  const field = fields[type.slice('config:'.length).split('.')[0] ?? '']
  return `${inLanguage(texts.help.byField, language)} *${field ? inLanguage(field.label, language) : type}*`
}

/** Error codes a node of this role can meet. */
function codesOf({ role, systemType, definition }: NodeType): ErrorCode[] {
  if (role === 'sink' && systemType !== undefined) return ['system.unavailable', 'system.throttled', 'system.conflict', 'system.credentials', 'system.refused', 'run.closed']
  if (role === 'source') return [...(definition?.role === 'source' && definition.webhook ? ['request.unauthorized', 'request.not-json'] as const : []), ...(definition?.role === 'source' && definition.poll ? ['system.unavailable', 'system.credentials'] as const : []), 'message.no-key', 'message.not-json', 'run.time-limit']
  if (role === 'system') return ['settings.invalid', 'system.credentials']
  return []
}

function renderErrors(nodeType: NodeType, language: Language): string[] {
  const groups = Map.groupBy(codesOf(nodeType), code => code.startsWith('request.') ? 'refusedRequest' : catalogue[code].class)
  const lines = (['refusedRequest', 'transient', 'permanent'] as const).flatMap((group) => {
    const codes = groups.get(group)
    return codes ? [`- ${inLanguage(texts.help[group], language)}: ${codes.map(code => `\`${code}\``).join(', ')}`] : []
  })
  return lines.length === 0 ? [] : [`### ${inLanguage(texts.help.errors, language)}`, lines.join('\n')]
}

function renderFooter({ connector }: NodeType, language: Language, version: string): string {
  const docs = connector.docs === undefined ? '' : ` · [${inLanguage(texts.help.docs, language)}](${connector.docs})`
  return `*Torg ${version}*${docs}`
}
