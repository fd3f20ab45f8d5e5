/**
 * The vocabulary of definitions: a connector or a node is described once, here in TypeScript, and everything
 * else is derived: runtime node, editor form, labels and help in three languages, palette, wire types.
 */
import type { TSchema } from 'typebox'
import type { Logger } from 'pino'
import type { Hub, NodeStatus, ProjectData } from '../hub.ts'
import type { FlowMessage, ActiveRun, DeliveryFacts, Envelope } from '../runs/types.ts'
import type { Message, NewMessage } from '../store/types.ts'
import type { Http, HttpOptions } from './http.ts'

/** A text in every language of the editor; the compiler refuses a missing one. */
export interface Text { en: string, nb: string, sv: string }

export const languages = ['en', 'nb', 'sv'] as const
export type Language = typeof languages[number]

// ---------------------------------------------------------------- fields

interface FieldBase {
  label: Text
  /** Shown under the input. */
  hint?: Text
  required?: boolean
  /** Shown only while another field has one of these values. */
  when?: { field: string, is: readonly string[] }
}
export interface TextField extends FieldBase { type: 'text', default?: string, placeholder?: string, pattern?: string, /** A larger input. */ multiline?: boolean, /** It holds the key of a system. */ names?: 'system', /** What a pattern cannot say, asked before a deploy. Throws `flow.invalid`. */ check?(value: string): void }
export interface NumberField extends FieldBase { type: 'number', default: number, min?: number, max?: number, /** Unit shown behind the input, for example `s`. */ unit?: string }
export interface BooleanField extends FieldBase { type: 'boolean', default: boolean }
export interface SelectField extends FieldBase { type: 'select', options: readonly { value: string, label: Text }[], default: string }
export interface MultiSelectField extends FieldBase { type: 'multiselect', options: readonly { value: string, label: Text }[], default: readonly string[] }
/** Holds a reference (`${NAME}` or `file:/path`) in the flow file, or a value encrypted in the deployment. Never plain text. */
export interface SecretField extends FieldBase { type: 'secret' }
/** JSON edited as text or in a form of its own (`editor`). */
export interface JsonField extends FieldBase {
  type: 'json'
  default: unknown
  schema: TSchema
  /** Name of a widget in `editor-plugins/`; plain JSON text without. */
  editor?: string
  /** What the schema cannot say, asked before a deploy. Throws `flow.invalid` or an error of its own that names the place. */
  check?(value: unknown, project: ProjectData): void
}
/** A canonical kind (`order`). */
export interface KindFieldDefinition extends FieldBase { type: 'kind' }
/** Another system's config node, of any connector. Nodes of a connector have their own `system` without this. */
export interface SystemField extends FieldBase { type: 'system' }

export type Field = TextField | NumberField | BooleanField | SelectField | MultiSelectField | SecretField | JsonField | KindFieldDefinition | SystemField
export type Fields = Readonly<Record<string, Field>>

type ValueOf<F extends Field> =
  F extends { type: 'number' } ? number
    : F extends { type: 'boolean' } ? boolean
      : F extends { type: 'select', options: readonly { value: infer V }[] } ? V
        : F extends { type: 'multiselect', options: readonly { value: infer V }[] } ? readonly V[]
          : F extends { type: 'json' } ? unknown
            : string

/** The configuration a node gets at run time; secrets are already resolved, a `system` field is the system's key. */
export type Config<F extends Fields> = { readonly [K in keyof F]: ValueOf<F[K]> }

// ---------------------------------------------------------------- requests, systems

/** A request as it came over the wire, before any parser. */
export interface RawRequest {
  method: string
  /** Path and query as received. */
  path: string
  /** Full URL built from PUBLIC_URL, for URL-bound signatures. */
  url: string
  /** Lower-case names. */
  headers: Readonly<Record<string, string | undefined>>
  body: Buffer
}

/** A configured system at run time. */
export interface System<F extends Fields = Fields> {
  readonly key: string
  readonly connector: string
  readonly config: Config<F>
  /** The system's one HTTP client: base address, authentication, error classes. */
  readonly http: Http
}

// ---------------------------------------------------------------- nodes

/** A port's type: a JSON Schema by name. `any` accepts everything. */
export interface Port {
  /**
   * Schema id (`torg:order`, `shopify:order`), or `any`. `config:<field>` takes the name from a field of the node, of a kind its entity. Of an
   * output, `same`: the message as it came in.
   */
  type: string
  label?: Text
  /** Message property that holds it; `config:<field>` takes the name from a field. @defaultValue 'payload' */
  property?: string
  /** Of an input: it takes what a subscription delivers in batches as well, and gives as many. Of an output: name of a number field; above 1 it gives a list. */
  batch?: true | string
}

/** A worked sample: shown as the type's example, and run by the conformance suite. */
export interface Sample { name: string, payload: unknown, topic?: string, headers?: Record<string, string> }

interface NodeBase<F extends Fields> {
  /** Node type as stored in flow files: `shopify in`. Never renamed without a migration. */
  type: string
  label: Text
  /** One or more paragraphs of Markdown: what it does, what goes in, what comes out, what can fail. Fields are appended. */
  help: Text
  /** Icon of this node: file name in the connector's `icons/` folder, where it is not the connector's own. */
  icon?: string
  fields: F
  inputs: readonly Port[]
  outputs: readonly Port[]
}

export interface NodeContext<F extends Fields, S extends Fields = Fields> {
  readonly id: string
  readonly name: string | undefined
  readonly config: Config<F>
  /** Of a connector's node: its system. */
  readonly system: System<S>
  readonly hub: Hub
  readonly log: Logger
  status(status: NodeStatus): void
}

/** A step or sink gets one message and returns what leaves each output; `undefined` sends nothing. The kit calls `done`. */
export interface StepNode<F extends Fields = Fields, S extends Fields = Fields> extends NodeBase<F> {
  role: 'step' | 'sink'
  /** Called once per deployed node; what it returns handles messages. Throw a TorgError to refuse the configuration. */
  create(context: NodeContext<F, S>): StepHandler | { handle: StepHandler, close(): void | Promise<void> }
}
export type StepHandler = (msg: FlowMessage, run: ActiveRun | undefined) => StepResult | Promise<StepResult>
/** One message for the only output, or an array with one entry (or null) per output. */
export type StepResult = FlowMessage | (FlowMessage | null)[] | undefined | void

export interface SourceNode<F extends Fields = Fields, S extends Fields = Fields> extends NodeBase<F> {
  role: 'source'
  webhook?: {
    path?(context: NodeContext<F, S>): string
    accepts?(request: RawRequest, context: NodeContext<F, S>): boolean
    /** Throw `request.unauthorized`; see `verify.ts` for the verifiers. */
    verify(request: RawRequest, context: NodeContext<F, S>): void | Promise<void>
    describe(request: RawRequest, context: NodeContext<F, S>): Pick<NewMessage, 'key' | 'eventId' | 'topic' | 'sourceTime'>
  }
  poll?: {
    everyMs(context: NodeContext<F, S>): number
    next(cursor: unknown, signal: AbortSignal, context: NodeContext<F, S>): Promise<{ items: PolledItem[], cursor: unknown, more: boolean }>
  }
  /** The payload of the flow's first message; JSON by default. */
  payload?(message: Message, context: NodeContext<F, S>): unknown
}
export type PolledItem = Pick<NewMessage, 'key' | 'eventId' | 'topic' | 'sourceTime' | 'contentType' | 'body'>

/** A hub source that is not fed by a system (`hub changes`): registers itself. */
export interface CustomNode<F extends Fields = Fields> extends NodeBase<F> {
  role: 'custom'
  /** Called with the node's `send`; returns what to undo at close. */
  attach(context: NodeContext<F>, node: { /** An array has one entry (or null) per output. */ send(msg: FlowMessage | (FlowMessage | null)[]): void }): () => void
}

/**
 * Settings of the hub itself: a config node without wires, beside those of systems. It does nothing by itself; whoever needs it reads it
 * from the deployed flows.
 */
export interface ConfigNode<F extends Fields = Fields> extends NodeBase<F> { role: 'config', inputs: readonly [], outputs: readonly [] }

/** A node of whatever fields: what a connector lists. */
export type AnyNode = StepNode | SourceNode | CustomNode | ConfigNode

// ---------------------------------------------------------------- connectors

/** A stateful offline stand-in of a system, for development, tests and the demo. */
export interface Twin {
  /** Base address, loopback only. */
  readonly url: string
  /** Places one random order, where it stands in for something that sells: the demo calls it. */
  placeOrder?(): Promise<void>
  close(): Promise<void>
}
export interface TwinOptions {
  /** Key of the system it stands in for. */
  system: string
  port: number
  /** Where it sends webhooks, if it does. */
  hubUrl?: string
  secrets: Record<string, string>
  /** What the project says of this twin beyond that, for example the title and columns of its page. */
  config?: Readonly<Record<string, unknown>>
  /** Where it keeps its data over a restart; in memory only without. */
  dataDir?: string
  log: Logger
}

/** Which documents of a canonical kind to list: created or changed in a period, ISO 8601 UTC; without an end, until now. Too many is no fault. */
export interface ListingWant { kind: string, from: string, to?: string, signal: AbortSignal }
/** A document as the system's own listing has it. */
export interface ListedItem {
  /** The system's own id of it, as the record's reference has it. */
  id: string
  /** The number people use, where it is another one. */
  number?: string
  /** When it was created there, ISO 8601 UTC. */
  at?: string
  /** What it is worth: a decimal, with `minor` in øre or cents, and its currency where the listing says it. */
  amount?: { amount: string, currency?: string, minor?: true }
}

export interface ConnectorDefinition<S extends Fields = Fields> {
  /** Folder and package-local name: `shopify`. */
  name: string
  label: Text
  help: Text
  /** Palette colour, `#rrggbb`. */
  color: string
  /** File name in the connector's `icons/` folder, SVG, 40x60 white on transparent. */
  icon: string
  /** Address of the vendor's documentation, linked from the help. */
  docs?: string
  /** Folder of the connector (icons, examples); set by whoever lists it, see `nodes/index.ts` and `load.ts`. */
  folder?: string
  /** The config node of a system, stored as type `<name>-system`. Absent for the hub's own nodes. */
  system?: {
    fields: S
    /** The HTTP client of a system: base address and authentication. */
    http?(config: Config<S>): HttpOptions
    /** Checks credentials with one harmless call; used by the editor's Test button and the conformance suite. */
    check?(system: System<S>, signal: AbortSignal): Promise<void>
    /**
     * What the system holds, page by page, for the proof of completeness; undefined where it cannot list this kind. Asked rarely, so
     * it should ask the system for no more than ids, times and amounts where it can.
     */
    list?(system: System<S>, want: ListingWant): AsyncIterable<readonly ListedItem[]> | undefined
  }
  nodes: readonly AnyNode[]
  /** Wire types of this connector: `shopify:order` -> schema and example. */
  types?: Readonly<Record<string, { schema: TSchema | Record<string, unknown>, examples: readonly Sample[] }>>
  twin?(options: TwinOptions): Promise<Twin>
}

/** Describes a connector; returns it unchanged, typed. */
export function defineConnector<const S extends Fields>(definition: ConnectorDefinition<S>): ConnectorDefinition<S> { return definition }
/** Describes a step or sink node. */
export function defineStep<const F extends Fields, const S extends Fields = Fields>(node: StepNode<F, S>): StepNode<F, S> { return node }
/** Describes a source node of a system. */
export function defineSource<const F extends Fields, const S extends Fields = Fields>(node: SourceNode<F, S>): SourceNode<F, S> { return node }

/** The describers of one connector's nodes, so that `context.system.config` has the types of its system's fields. */
export function nodesOf<const S extends Fields>(systemFields: S) {
  return {
    systemFields,
    defineStep: <const F extends Fields>(node: StepNode<F, S>): StepNode<F, S> => node,
    defineSource: <const F extends Fields>(node: SourceNode<F, S>): SourceNode<F, S> => node,
  }
}
/** Describes a hub source that registers itself. */
export function defineCustom<const F extends Fields>(node: CustomNode<F>): CustomNode<F> { return node }

/** Describes a config node of the hub. */
export function defineConfig<const F extends Fields>(node: ConfigNode<F>): ConfigNode<F> { return node }

export type { DeliveryFacts, Envelope, FlowMessage, ActiveRun, Message }
export type { HttpOptions } from './http.ts'
