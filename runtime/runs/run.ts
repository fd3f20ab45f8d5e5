/** One durable run and the tokens that keep it open. */
import { TorgError } from '../errors.ts'
import type { ActiveRun, Envelope, FlowMessage, GivenReference, ItemFailure, ItemFailures, RunOutcome, SavedRecord } from './types.ts'

/** What a token needs of the node that holds it. */
export interface Holder { readonly id: string, readonly type: string, readonly name?: string, readonly _alias?: string }

/** One message at one node: open from the moment it is on its way until the node has completed it. */
export class Token {
  readonly run: Run
  readonly msg: FlowMessage
  readonly node: Holder
  open = true
  /** The node has it; before that it is on its way. */
  received = false
  /** The node called `done`, but work it started goes on. */
  completed = false
  /** The node reported an error for it and may never call `done`. */
  failed = false
  /** Timers of a function node that still may send. */
  timers = 0
  /** Another token of the same message object. */
  next: Token | undefined = undefined

  constructor(run: Run, msg: FlowMessage, node: Holder) {
    this.run = run
    this.msg = msg
    this.node = node
  }
}

/** Core nodes that hold a message until others of the same run arrive. */
const waiting = new Set(['join', 'sort', 'link call'])

type Decision = { outcome: 'done' } | { outcome: 'failed', error: TorgError }

/** Ends of runs; `silent` means that the last token closed and nobody had decided otherwise. */
export type End = 'silent' | 'decided' | 'failed' | 'interrupted'

export class Run implements ActiveRun {
  readonly id: string
  readonly envelope: Envelope
  readonly startedAt = Date.now()
  readonly limitMs: number
  readonly tokens = new Set<Token>()
  readonly #resolve: (outcome: RunOutcome) => void
  readonly #references: GivenReference[] = []
  readonly #failures = new Map<string, ItemFailure>()
  readonly #saved: SavedRecord[] = []
  #decision: Decision | undefined
  #error: TorgError | undefined
  #abort: AbortController | undefined
  end: End | undefined
  timer: NodeJS.Timeout | undefined

  constructor(id: string, envelope: Envelope, limitMs: number, resolve: (outcome: RunOutcome) => void) {
    this.id = id
    this.envelope = envelope
    this.limitMs = limitMs
    this.#resolve = resolve
  }

  get open(): boolean {
    return this.end === undefined
  }

  get isOverdue(): boolean {
    return Date.now() - this.startedAt > this.limitMs
  }

  get failed(): boolean {
    return this.#error !== undefined
  }

  /** It has failed, and what is left only waits for messages of this run that will not come. */
  get stalled(): boolean {
    return this.failed && [...this.tokens].every(token => token.received && waiting.has(token.node.type))
  }

  get signal(): AbortSignal {
    this.#abort ??= new AbortController()
    if (!this.open && !this.#abort.signal.aborted) this.#abort.abort(closedError(this.id))
    return this.#abort.signal
  }

  addReference(reference: GivenReference): void {
    this.#references.push(reference)
  }

  failItem(item: string, failure: ItemFailure): void {
    if (!this.#failures.has(item)) this.#failures.set(item, failure)
  }

  addSaved(record: SavedRecord): void {
    this.#saved.push(record)
  }

  decide(decision: Decision): void {
    this.#decision ??= decision
  }

  /** The first error stands; with a decision of the flow it is only history. */
  fail(error: TorgError): void {
    this.#error ??= error
  }

  /** Ends a run whose last token has closed. */
  settle(): void {
    const decision = this.#decision
    if (decision?.outcome === 'failed') this.#close('decided', { ...decision, ...this.#failed() })
    else if (decision) this.#close('decided', { ...this.#done(), decided: true })
    else if (this.#error) this.#close('failed', { outcome: 'failed', error: this.#error, ...this.#failed() })
    else this.#close('silent', this.#done())
  }

  /** Ends a run that is older than its limit. An earlier error or decision stands: it is nearer to the cause. */
  expire(): void {
    if (!this.#decision && !this.#error) this.#error = this.#timeLimitError()
    this.settle()
  }

  interrupt(): void {
    this.#close('interrupted', { outcome: 'interrupted' })
  }

  #done(): Extract<RunOutcome, { outcome: 'done' }> {
    return { outcome: 'done', references: this.#references, ...this.#failed(), ...(this.#saved.length > 0 && { saved: this.#saved }) }
  }

  #failed(): { failures?: ItemFailures } {
    return this.#failures.size > 0 ? { failures: this.#failures } : {}
  }

  #close(end: End, outcome: RunOutcome): void {
    this.end = end
    clearTimeout(this.timer)
    this.#abort?.abort(closedError(this.id))
    this.#resolve(outcome)
  }

  #timeLimitError(): TorgError {
    const holders = new Map<string, Holder>()
    for (const { node } of this.tokens) holders.set(nodeId(node), node)
    // The token opened last is the one deepest in the flow: what the others wait for.
    const deepest = [...holders.values()].at(-1)
    const names = [...holders.values()].slice(-5).map(nameNode).join(', ')
    return new TorgError('run.time-limit', {
      detail: `The run did not settle within ${this.limitMs} ms. Not completed: ${names}.`,
      ...(deepest && { node: describeNode(deepest) }),
    })
  }
}

/** A run that is no longer known here, as its late messages see it. */
export function closedRun(envelope: Envelope): ActiveRun {
  return {
    id: envelope.run,
    open: false,
    envelope,
    get signal() { return AbortSignal.abort(closedError(envelope.run)) },
    addReference: () => undefined,
    failItem: () => undefined,
    addSaved: () => undefined,
    decide: () => undefined,
  }
}

/** Without a stack: one is made for nearly every run, and where it was made says nothing. */
function closedError(id: string): TorgError {
  const { stackTraceLimit } = Error
  Error.stackTraceLimit = 0
  try {
    return makeClosedError(id)
  } finally {
    Error.stackTraceLimit = stackTraceLimit
  }
}

function makeClosedError(id: string): TorgError {
  return new TorgError('run.closed', `Run ${id} has settled; what belongs to it is no longer carried out.`)
}

/** The id a node has in the flow file: inside a subflow instance the one of the subflow's definition. */
export function nodeId(node: Holder): string {
  return node._alias ?? node.id
}

export function describeNode(node: Holder): { id: string, type: string, name?: string } {
  return { id: nodeId(node), type: node.type, ...(node.name && { name: node.name }) }
}

/** For sentences: `"Map order" (function)`, or `function 1a2b3c` where it has no name. */
export function nameNode(node: Holder): string {
  return node.name ? `"${node.name}" (${node.type})` : `${node.type} ${nodeId(node)}`
}
