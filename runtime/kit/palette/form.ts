/** The html of one node's form: static, so that Node-RED fills, translates and stores what it can by itself. */
import type { Field } from '../definition.ts'
import { isLimitField } from '../limits.ts'
import { isConfigType, type NodeType } from '../node-types.ts'
import { escapeHtml, keyOf, moduleName } from './keys.ts'

interface Row { nodeType: NodeType, name: string, field: Field, kinds: readonly string[] }

const kit = (key: string): string => `${moduleName}/kit:${key}`

/** The template of a node type's form. */
export function renderForm(nodeType: NodeType, kinds: readonly string[]): string {
  const render = (wanted: (name: string) => boolean): string[] => Object.entries(nodeType.fields).filter(([name]) => wanted(name)).map(([name, field]) => renderRow({ nodeType, name, field, kinds }))
  const isLimit = (name: string): boolean => nodeType.role === 'system' && isLimitField(name)
  const limits = render(isLimit)
  const { definition, connector } = nodeType
  const check = nodeType.role === 'system' && connector.system?.check ? [renderCheck()] : []
  const address = definition?.role === 'source' && definition.webhook ? ['<div class="form-row torg-row torg-address" hidden><label></label><div class="torg-control"><code></code></div></div>'] : []
  return [
    `<script type="text/html" data-template-name="${escapeHtml(nodeType.type)}">`,
    `<div class="torg-form" data-torg-type="${escapeHtml(nodeType.type)}">`,
    ...render((name) => !isLimit(name)), ...address, ...check,
    ...(limits.length > 0 ? [`<div role="group" aria-labelledby="torg-section-limits"><h4 class="torg-section" id="torg-section-limits" data-i18n="${kit('sections.limits')}"></h4>`, ...limits, '</div>'] : []),
    '</div>',
    '</script>',
  ].join('\n')
}

/** Asks the deployed system; what it says appears beside the button. */
function renderCheck(): string {
  return `<div class="form-row torg-row torg-check-row"><span></span><div class="torg-control"><button type="button" class="red-ui-button"><i class="fa fa-plug" aria-hidden="true"></i> <span data-i18n="${kit('choices.check')}"></span></button><div class="torg-hint torg-check-result" role="status" data-i18n="${kit('check.hint')}"></div></div></div>`
}

function renderRow(row: Row): string {
  const { nodeType, name, field } = row
  const id = escapeHtml(inputId(row))
  const label = `<i class="fa fa-${iconOf(row)}" aria-hidden="true"></i> <span data-i18n="${labelKey(nodeType, name)}"></span>${field.required ? '&nbsp;<span class="torg-required" aria-hidden="true">*</span>' : ''}`
  const isGroup = field.type === 'multiselect'
  const describedBy = `torg-hint-${name}`
  return [
    `<div class="form-row torg-row" data-torg-field="${escapeHtml(name)}">`,
    isGroup ? `<span class="torg-label" id="${id}">${label}</span>` : `<label for="${id}">${label}</label>`,
    `<div class="torg-control"${isGroup ? ` role="group" aria-labelledby="${id}"` : ''}>`,
    renderControl(row, id, describedBy),
    ...(field.type === 'secret' ? ['<div class="torg-hint torg-secret-hint" aria-live="polite"></div>'] : []),
    ...(field.hint ? [`<div class="torg-hint" id="${escapeHtml(describedBy)}" data-i18n="${hintKey(nodeType, name)}"></div>`] : []),
    '<div class="torg-fault" role="alert" hidden></div>',
    '</div></div>',
  ].join('')
}

/** Fields Node-RED must not touch have an id of their own. */
function inputId({ nodeType, name, field }: Row): string {
  if (field.type === 'multiselect' || field.type === 'secret' || field.type === 'json') return `torg-input-${name}`
  return `${isConfigType(nodeType) ? 'node-config-input' : 'node-input'}-${name}`
}

function renderControl({ nodeType, name, field, kinds }: Row, id: string, describedBy: string): string {
  const described = field.hint ? ` aria-describedby="${escapeHtml(describedBy)}"` : ''
  const common = `id="${id}"${described}${field.required ? ' aria-required="true"' : ''}`
  const option = (index: number, value: string): string => `<option value="${escapeHtml(value)}" data-i18n="${textKey(nodeType, name, `option.${index}`)}"></option>`
  switch (field.type) {
    case 'text': {
      const placeholder = field.placeholder === undefined ? '' : ` placeholder="${escapeHtml(field.placeholder)}"`
      return field.multiline ? `<textarea ${common} rows="6"${placeholder}></textarea>` : `<input type="text" ${common}${placeholder}>`
    }
    case 'number': {
      const bounds = `${field.min === undefined ? '' : ` min="${field.min}"`}${field.max === undefined ? '' : ` max="${field.max}"`}`
      return `<span class="torg-number"><input type="number" step="any" ${common}${bounds}>${field.unit === undefined ? '' : `<span class="torg-unit">${escapeHtml(field.unit)}</span>`}</span>`
    }
    case 'boolean': return `<input type="checkbox" class="torg-check" ${common}>`
    case 'select': return `<select ${common}>${field.options.map(({ value }, index) => option(index, value)).join('')}</select>`
    case 'kind': return `<select ${common}><option value="" data-i18n="${kit('choices.kind')}"></option>${kinds.map(kind => `<option value="${escapeHtml(kind)}">${escapeHtml(kind)}</option>`).join('')}</select>`
    case 'multiselect': return `<div class="torg-choices">${field.options.map(({ value }, index) => `<label><input type="checkbox" value="${escapeHtml(value)}"> <span data-i18n="${textKey(nodeType, name, `option.${index}`)}"></span></label>`).join('')}</div>`
    case 'secret': return `<span class="torg-secret"><input type="text" ${common} spellcheck="false"><button type="button" class="red-ui-button" hidden><i class="fa fa-eye" aria-hidden="true"></i></button></span>`
    case 'json': return `<div class="torg-json"${described}></div>`
    case 'system': return name === 'system' && nodeType.systemType ? `<input type="text" ${common} style="width: 100%">` : `<select ${common}></select>`
  }
}

const icons: Record<Field['type'], string> = { text: 'pencil', number: 'sliders', boolean: 'check-square-o', select: 'list-ul', multiselect: 'list-ul', secret: 'lock', json: 'code', kind: 'cube', system: 'plug' }

function iconOf({ name, field }: Row): string {
  if (name === 'name') return 'tag'
  if (name === 'key') return 'key'
  return field.type === 'number' && field.unit !== undefined && /^(ms|s|min|h|d)$/.test(field.unit) ? 'clock-o' : icons[field.type]
}

/** Key of a text of a field; those every node has are the kit's. */
const textKey = (nodeType: NodeType, field: string, part: string): string => `node.${keyOf(nodeType.type)}.field.${field}.${part}`
const isCommon = (nodeType: NodeType, field: string): boolean => !nodeType.own.includes(field)
const labelKey = (nodeType: NodeType, field: string): string => isCommon(nodeType, field) ? kit(`fields.${field}`) : textKey(nodeType, field, 'label')
const hintKey = (nodeType: NodeType, field: string): string => isCommon(nodeType, field) ? kit(`hints.${field}`) : textKey(nodeType, field, 'hint')
