/** Registers generated node types with Node-RED's editor. */
import type { EditorField, EditorNode, EditorNodeType } from './api.ts'
import { findFault, isShown } from '../faults.ts'
import { systemTypes } from './fields.ts'
import { openForm, type OpenForm } from './form.ts'
import { faultText } from './texts.ts'

/** Registers one node type: its defaults with validators, its looks, its form. */
function register(type: EditorNodeType): void {
  const isSystem = type.role === 'system'
  if (isSystem) systemTypes.add(type.type)
  const fields = Object.entries(type.fields)
  const secrets = fields.filter(([, field]) => field.type === 'secret')
  const forms = new WeakMap<EditorNode, OpenForm>()
  RED.nodes.registerType(type.type, {
    category: type.isConfig ? 'config' : type.category,
    color: type.color,
    icon: type.icon,
    // No node refers to it, and it is not unused for that.
    ...(type.role === 'config' && { hasUsers: false }),
    ...(!type.isConfig && {
      inputs: type.inputs.length, outputs: type.outputs.length,
      ...(type.role === 'sink' && { align: 'right' }),
      inputLabels(this: EditorNode) { return this._(`node.${type.key}.input.0`, { defaultValue: '' }) },
      outputLabels(this: EditorNode, index: number) { return this._(`node.${type.key}.output.${index}`, { defaultValue: '' }) },
    }),
    // Where a node has a description of its own, Node-RED offers no other, which its file would not keep.
    defaults: { ...Object.fromEntries(fields.map(([name, field]) => [name, defaultsOf(type, name, field)])), ...(type.role === 'config' && { info: { value: '' } }) },
    ...(secrets.length > 0 && { credentials: Object.fromEntries(secrets.map(([name]) => [name, { type: 'password' as const }])) }),
    paletteLabel(this: EditorNode) { return this._(`node.${type.key}.label`) },
    label(this: EditorNode) { return this.name || (isSystem && this['key'] ? String(this['key']) : this._(`node.${type.key}.label`)) },
    labelStyle(this: EditorNode) { return this.name ? 'red-ui-flow-node-label-italic' : '' },
    /** Wire types, for whoever checks them in the editor. */
    torg: { role: type.role, inputs: type.inputs, outputs: type.outputs },
    oneditprepare(this: EditorNode) {
      fillDefaults(type, this)
      forms.set(this, openForm(type, this))
    },
    oneditsave(this: EditorNode) { forms.get(this)?.save(this) },
  })
}

function defaultsOf(type: EditorNodeType, name: string, field: EditorField) {
  // Node-RED checks references to one type of config node by itself, and keeps count of who uses them.
  if (field.configType !== undefined) return { value: '', type: field.configType, required: field.required }
  return {
    value: field.default,
    validate(this: EditorNode, value: unknown, _options: object): string | boolean {
      if (!isShown(field, other => this[other] ?? type.fields[other]?.default)) return true
      const fault = findFault(field, value ?? field.default, hasCredential(this, name))
      return fault ? faultText(fault) : true
    },
  }
}

/** A field that a flow file leaves out has its default; Node-RED shows it empty. */
function fillDefaults(type: EditorNodeType, node: EditorNode): void {
  const prefix = type.isConfig ? 'node-config-input' : 'node-input'
  for (const [name, field] of Object.entries(type.fields)) {
    const input = node[name] === undefined ? document.getElementById(`${prefix}-${name}`) : null
    if (input instanceof HTMLInputElement && input.type === 'checkbox') input.checked = field.default === true
    else if (input instanceof HTMLInputElement || input instanceof HTMLSelectElement || input instanceof HTMLTextAreaElement) input.value = String(field.default ?? '')
  }
}

/** Whether a secret is stored; unknown until Node-RED has fetched the node's credentials. */
function hasCredential(node: EditorNode, field: string): boolean | undefined {
  const { credentials } = node
  if (!credentials) return undefined
  return credentials[`has_${field}`] === true || Boolean(credentials[field])
}

window.torg = { ...window.torg, widgets: window.torg?.widgets ?? {}, register }
