/** Steps and sinks: one message in, what the handler returns out, then done. */
import { TorgError, toTorgError } from '../../errors.ts'
import type { StepHandler, StepNode, StepResult } from '../definition.ts'
import type { FlowMessage } from '../../runs/types.ts'
import { showFault, withNode, type Construction } from './construction.ts'
import { createWorkStatus } from './work-status.ts'

type Send = (msg: FlowMessage | (FlowMessage | null)[]) => void

/** Attaches a step's or sink's handler to its node. */
export function attachStep(construction: Construction, definition: StepNode): void {
  const { hub, node, raw, context } = construction
  let made: { handle: StepHandler, close?(): void | Promise<void> } | undefined
  let fault = context.ok ? undefined : context.fault
  const work = createWorkStatus(construction.status, { counts: definition.role === 'sink' })
  if (context.ok) {
    const { value } = context
    const { id, name, config, log } = value
    try {
      // Its system is read only where the node asks for it: the hub's own nodes have none.
      const created = definition.create({ id, name, config, hub, log, get system() { return value.system }, status: work.say })
      made = typeof created === 'function' ? { handle: created } : created
    } catch (error) {
      fault = withNode(toTorgError(error, 'flow.invalid'), raw)
      showFault(construction, fault)
      hub.log.error({ node: node.id, type: node.type, code: fault.code }, `${fault.message} ${fault.next}`)
    }
  }
  if (!fault && definition.role === 'sink') work.ready()

  const handle = async (msg: FlowMessage, send: Send): Promise<void> => {
    if (!made) throw fault ?? new TorgError('hub.internal', `${raw.type} was not created`)
    // Also outside of runs: an inject node's timer does not know that this is a restored backup.
    if (definition.role === 'sink' && hub.held !== undefined) throw new TorgError('hub.held', `${raw.type} "${raw.name || raw.id}" sent nothing: ${hub.held}.`)
    const run = hub.runs.of(msg)
    if (run && !run.open) throw new TorgError('run.closed', { detail: `${raw.type} "${raw.name || raw.id}" got a message of run ${run.id}, which had already settled`, node: { id: raw.id, type: raw.type } })
    deliver(await made.handle(msg, run), send, definition)
  }

  node.on('input', (msg, send, done) => {
    work.started()
    handle(msg, send).then(() => {
      work.ended()
      done()
    }, (thrown: unknown) => {
      const error = withNode(toTorgError(thrown), raw)
      work.ended(error)
      done(error)
    })
  })
  node.on('close', (_removed, done) => {
    work.close()
    const stop = async (): Promise<void> => { await made?.close?.() }
    stop().then(() => done(), (error: unknown) => done(toTorgError(error, 'hub.internal')))
  })
}

function deliver(result: StepResult, send: Send, { outputs, type }: StepNode): void {
  if (result === undefined) return
  if (!Array.isArray(result)) {
    if (outputs.length === 0) return
    send(result)
    return
  }
  if (result.length > outputs.length) throw new TorgError('hub.internal', `${type} returned ${result.length} messages for ${outputs.length} outputs`)
  if (result.some(entry => entry !== null)) send(result)
}
