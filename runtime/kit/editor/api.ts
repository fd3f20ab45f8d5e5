/// <reference lib="dom" />
/**
 * What the forms use of Node-RED's editor, and what the palette hands to them. Types only: the code of this folder
 * runs in the browser, bundled into one script by `palette/bundle.ts`.
 */
import type { FieldRules } from '../faults.ts'

/** A field as the form gets it: its rules, its default, how it is edited. */
export interface EditorField extends FieldRules {
  default: unknown
  /** Name of a widget of an editor plugin. */
  editor?: string
  /** Type of the config node, where only one connector's systems fit. */
  configType?: string
}

/** A node type as the generated html registers it. */
export interface EditorNodeType {
  type: string
  /** Key of its texts in its connector's catalogue. */
  key: string
  role: 'step' | 'sink' | 'source' | 'custom' | 'config' | 'system'
  /** Kept beside the flows instead of drawn in them. */
  isConfig: boolean
  category: string
  color: string
  icon: string
  fields: Record<string, EditorField>
  /** Wire types of the ports. */
  inputs: string[]
  outputs: string[]
  /** A source fed by requests to the system's one address. */
  webhook: boolean
}

/** A node in the editor: its own properties beside Node-RED's. */
export interface EditorNode {
  id: string
  type: string
  name?: string
  credentials?: Record<string, unknown>
  _(key: string, options?: Record<string, unknown>): string
  [property: string]: unknown
}

/** What an editor plugin offers for a JSON field. */
export interface Widget {
  mount(element: HTMLElement, options: { value: unknown, node: EditorNode, field: string }): MountedWidget
}
export interface MountedWidget {
  value(): unknown
  /** A sentence that says what is wrong; true or null when nothing is. */
  validate(): string | boolean | null
}

interface NodeTypeDefinition {
  category: string
  color: string
  defaults: Record<string, { value: unknown, type?: string, required?: boolean, validate?(this: EditorNode, value: unknown, options: object): string | boolean }>
  credentials?: Record<string, { type: 'password' }>
  [property: string]: unknown
}

/** A form that comes in from the side. Escape presses the button `node-dialog-cancel`, Ctrl+Enter `node-dialog-ok`; one whose class is `primary` alone is pressed by a click beside the tray. */
interface EditorTray {
  title: string
  width: number
  buttons: { id?: string, text: string, class?: string, click(): void }[]
  /** False: it gives the keyboard to what it wants itself. */
  focusElement?: false
  /** Gets the tray as a jQuery list of one. */
  open(tray: Iterable<Element>): void
  show?(): void
  close?(): void
}

/** A mark at the upper edge of a node. */
interface NodeBadge {
  type: 'badge'
  class: string
  filter(node: EditorNode): boolean
  element(node: EditorNode): SVGElement
  show(node: EditorNode): boolean
  /** Whether the element is to be made anew. */
  refresh(node: EditorNode): boolean
  tooltip(node: EditorNode): string
}

declare global {
  const RED: {
    _(key: string, options?: Record<string, unknown>): string
    settings: { get(key: string): unknown }
    nodes: {
      registerType(type: string, definition: NodeTypeDefinition): void
      node(id: string): EditorNode | null
      eachConfig(visit: (node: EditorNode) => boolean): void
      filterNodes(filter: { type: string }): EditorNode[]
      getType(type: string): unknown
      /** A tab. */
      workspace(id: string): { id: string, label: string } | null
      /** Returns the node as the editor keeps it. */
      add(node: { id: string, type: string } & Record<string, unknown>): EditorNode
      /** Whether there are changes to deploy; with a value, sets it. */
      dirty(value?: boolean): boolean
    }
    editor: {
      editJSON(options: { value: string, complete(value: string): void }): void
      /** Opens the form of a config node; `name` is the field that refers to it, if any. */
      editConfig(name: string, type: string, id: string): void
      /** Finds what is wrong with a node, for its mark. */
      validateNode(node: EditorNode): void
    }
    history: { push(event: { t: 'add', nodes: string[], dirty: boolean }): void }
    actions: { add(name: string, handler: () => void, options: { label: string }): void }
    sidebar: {
      /** `iconClass`: of Font Awesome. `enableOnEdit`: not covered while a tray is open. */
      addTab(tab: { id: string, label: string, name: string, iconClass: string, content: Element, action: string, enableOnEdit: boolean }): void
      show(id: string): void
    }
    tray: {
      show(tray: EditorTray): void
      close(done?: () => void): void
    }
    view: {
      /** Shows a node in its tab, and flashes it. */
      reveal(id: string): void
      redraw(): void
      annotations: { register(id: string, badge: NodeBadge): void }
    }
    utils: { getNodeLabel(node: EditorNode, standard: string): string }
    menu: { addItem(menu: string, item: { id: string, label: string, onselect: string }): void }
    events: { on(event: 'deploy', listener: () => void): void }
    notify(content: Element, options: { id: string, type: 'warning', fixed: boolean, buttons: { text: string, class?: string, click(): void }[] }): { close(): void }
    notify(content: Element, options: { type: 'success', timeout: number }): void
  }
  /** jQuery, whose events Node-RED's own widgets fire. */
  const $: {
    (element: Element): { on(event: string, listener: () => void): void }
    /** Carries the login of the editor, unlike fetch. */
    ajax(options: { url: string, method: string, success(body: unknown): void, error(answer: { status: number, responseText: string }): void }): void
  }
  interface Window {
    torg: {
      widgets: Record<string, Widget>
      /** Registers a generated node type. */
      register(type: EditorNodeType): void
    }
  }
}
