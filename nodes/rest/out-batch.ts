/** A batch sent with one request whose answer tells of each item. */
import { TorgError } from '../../runtime/errors.ts'
import { forItems, itemsOf, withItems } from '../../runtime/kit/batch.ts'
import type { ActiveRun, DeliveryFacts, FlowMessage } from '../../runtime/kit/definition.ts'
import { HttpAnswerError } from '../../runtime/kit/http-answer.ts'
import type { HttpResponse } from '../../runtime/kit/http.ts'
import { readItemResults, type ItemResultsOptions } from './item-results.ts'
import { readPath, scalarText } from './paths.ts'

export interface SendItemsOptions {
  msg: FlowMessage
  run: ActiveRun
  node: { id: string, name: string | undefined }
  config: ItemResultsOptions['config'] & { idPath: string }
  removing: boolean
  /** Key of the system. */
  system: string
  send(): Promise<HttpResponse>
}

/**
 * Sends, and tells the run of each item that was refused, and of each id the system gave. Answers with what was taken. An item that a
 * refusing answer does not speak of may not be at fault: it is tried again without the others.
 */
export async function sendItems({ msg, run, node, config, removing, system, send }: SendItemsOptions): Promise<{ answer: Pick<HttpResponse, 'status' | 'body'>, taken: DeliveryFacts[] }> {
  const items = msg.torg?.batch?.items ?? []
  const { answer, refusal } = await send().then(
    (response) => ({ answer: { status: response.status, body: response.body }, refusal: undefined }),
    (thrown: unknown) => refusalOf(thrown),
  )
  const results = readItemResults(answer.body, { config, system, sent: elementsOf(msg, items.length), removing })
  if (!results || (refusal && !results.some((result) => result))) {
    if (refusal) throw refusal
    throw new TorgError('system.refused', {
      detail: `${system} answered ${answer.status} without a list of results${config.itemList ? ` at ${config.itemList}` : ''}, so it is not known which items it took`,
      value: answer.body, next: 'Correct on the node where the list stands in the answer, deploy, and run it again.',
    })
  }
  const blame = (error: TorgError): TorgError => {
    error.node ??= { id: node.id, type: 'rest out', ...(node.name !== undefined && { name: node.name }) }
    return error
  }
  const taken = items.filter((item, index) => {
    const said = results[index]
    const error = said ? said.error : refusal
    if (error) run.failItem(item.idempotencyKey, { error: blame(error), shared: !said })
    const own = said && !error && !removing && config.idPath ? scalarText(readPath(said.result, config.idPath)) : null
    if (own !== null) run.addReference({ kind: item.kind, id: own, item: item.idempotencyKey })
    return !error
  })
  return { answer, taken }
}

/** A refusal whose body may tell of each item; everything else is thrown. */
function refusalOf(thrown: unknown): { answer: { status: number, body: unknown }, refusal: TorgError } {
  const cause = thrown instanceof TorgError ? thrown.cause : undefined
  if (thrown instanceof TorgError && cause instanceof HttpAnswerError && (thrown.code === 'system.refused' || thrown.code === 'system.conflict')) {
    return { answer: { status: cause.status, body: cause.json() }, refusal: thrown }
  }
  throw thrown
}

/** The sent documents one by one: the payload's elements, or those of the list it wraps. */
function elementsOf(msg: FlowMessage, count: number): readonly unknown[] {
  const { payload } = msg
  const lists = [payload, ...(typeof payload === 'object' && payload !== null ? Object.values(payload) : [])]
  for (const list of lists) {
    const found = itemsOf(msg, list)
    if (found) return found.map(({ value }) => value)
  }
  return Array.from({ length: count }, () => undefined)
}

/** @throws system.create-only where the system has the record: acknowledged and not removed since, or known by an id of its own */
export function refuseSecond({ operation, present, reference, kind, recordId }: DeliveryFacts, system: string): void {
  if (operation !== 'upsert' || !(present || reference)) return
  throw new TorgError('system.create-only', `${system} has the ${kind} ${recordId} already${reference ? `, as ${reference}` : ''}. This sink can only create, so nothing was sent.`)
}

/** A batch without what its system has already, for a sink that can only create; undefined where nothing is left. */
export async function onlyNew(msg: FlowMessage, { run, node, system }: Pick<SendItemsOptions, 'run' | 'node' | 'system'>): Promise<FlowMessage | undefined> {
  const items = itemsOf(msg)
  // What is no list cannot be taken apart: tried again with fewer, each comes to stand alone.
  if (!items) for (const delivery of msg.torg?.batch?.items ?? []) refuseSecond(delivery, system)
  const left = items && await forItems(items, { run, node: { ...node, type: 'rest out' }, work: ({ delivery }) => refuseSecond(delivery, system) })
  if (!items || !left || left.length === items.length) return msg
  return left.length > 0 ? { ...withItems(msg, left.map(({ delivery }) => delivery)), payload: left.map(({ value }) => value) } : undefined
}
