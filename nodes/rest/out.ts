/** `rest out`: writes the payload to the system with one HTTP request. */
import { hash } from 'node:crypto'
import { Type } from 'typebox'
import { TorgError } from '../../runtime/errors.ts'
import { deliveryOf, withItems } from '../../runtime/kit/batch.ts'
import type { ActiveRun, Config, DeliveryFacts, FlowMessage } from '../../runtime/kit/definition.ts'
import { HttpAnswerError } from '../../runtime/kit/http-answer.ts'
import type { HttpRequest, HttpResponse } from '../../runtime/kit/http.ts'
import { outHelp } from './help.ts'
import { itemFields } from './item-results.ts'
import { onlyNew, refuseSecond, sendItems } from './out-batch.ts'
import { pathReader, scalarText } from './paths.ts'
import { defineStep, textsOf } from './system.ts'
import { pathTemplate, textTemplate } from './template.ts'

const method = (value: HttpRequest['method']) => ({ value, label: { en: value, nb: value, sv: value } })

const fields = {
  method: { type: 'select', label: { en: 'Method', nb: 'Metode', sv: 'Metod' }, options: [method('PUT'), method('POST'), method('PATCH')], default: 'PUT' },
  path: {
    type: 'text',
    label: { en: 'Path', nb: 'Sti', sv: 'Sökväg' },
    hint: { en: 'With values of the payload: /orders/{number}. Also {torg.delivery.recordId} and {reference}, the id the system gave.', nb: 'Med verdier fra payload: /orders/{number}. Også {torg.delivery.recordId} og {reference}, id-en systemet ga.', sv: 'Med värden från payload: /orders/{number}. Också {torg.delivery.recordId} och {reference}, id:t systemet gav.' },
    placeholder: '/orders/{number}',
    required: true,
  },
  update: {
    type: 'boolean',
    label: { en: 'Other request for what it knows', nb: 'Egen forespørsel for kjente poster', sv: 'Eget anrop för kända poster' },
    hint: { en: 'Once the system has given the record an id, that is used instead.', nb: 'Brukes i stedet når systemet har gitt posten en id.', sv: 'Används i stället när systemet har gett posten ett id.' },
    default: false,
  },
  updateMethod: { type: 'select', label: { en: 'Its method', nb: 'Metode', sv: 'Metod' }, options: [method('PUT'), method('PATCH'), method('POST')], default: 'PUT', when: { field: 'update', is: ['true'] } },
  updatePath: { type: 'text', label: { en: 'Its path', nb: 'Sti', sv: 'Sökväg' }, default: '/orders/{reference}', required: true, when: { field: 'update', is: ['true'] } },
  can: {
    type: 'select',
    label: { en: 'What it can do', nb: 'Hva det kan', sv: 'Vad det kan' },
    hint: {
      en: 'What this address of the system can do. If it can only create, a changed record that the system has already waits for a person instead of being created twice.',
      nb: 'Hva denne adressen i systemet kan. Kan den bare opprette, venter en endret post som systemet allerede har, på et menneske i stedet for å bli opprettet to ganger.',
      sv: 'Vad den här adressen i systemet kan. Kan den bara skapa väntar en ändrad post som systemet redan har på en människa i stället för att skapas två gånger.',
    },
    options: [
      { value: 'update', label: { en: 'create and update', nb: 'opprette og endre', sv: 'skapa och ändra' } },
      { value: 'create', label: { en: 'create only', nb: 'bare opprette', sv: 'bara skapa' } },
    ],
    default: 'update',
    when: { field: 'update', is: ['false'] },
  },
  idPath: {
    type: 'text',
    label: { en: 'Id in the answer', nb: 'Id i svaret', sv: 'Id i svaret' },
    hint: { en: 'Where the answer, or the result of each item, tells the system\'s own id; it becomes a reference of the record.', nb: 'Hvor systemets egen id står i svaret, eller i resultatet for hvert element; den blir en referanse på posten.', sv: 'Var systemets eget id står i svaret, eller i resultatet för varje element; det blir en referens på posten.' },
    placeholder: 'id',
  },
  ...itemFields,
  removeMethod: {
    type: 'select',
    label: { en: 'To remove', nb: 'Ved fjerning', sv: 'Vid borttagning' },
    options: [method('DELETE'), method('POST'), method('PUT'), method('PATCH'), { value: 'skip', label: { en: 'send nothing', nb: 'send ingenting', sv: 'skicka inget' } }],
    default: 'DELETE',
  },
  removePath: { type: 'text', label: { en: 'Path to remove', nb: 'Sti ved fjerning', sv: 'Sökväg vid borttagning' }, hint: { en: 'Empty: the path above.', nb: 'Tomt: stien ovenfor.', sv: 'Tomt: sökvägen ovan.' }, when: { field: 'removeMethod', is: ['DELETE', 'POST', 'PUT', 'PATCH'] } },
  idempotencyHeader: {
    type: 'text',
    label: { en: 'Idempotency key', nb: 'Idempotensnøkkel', sv: 'Idempotensnyckel' },
    hint: { en: 'Header with a key that is the same for every attempt. Empty: none is sent.', nb: 'Header med en nøkkel som er den samme for hvert forsøk. Tomt: ingen sendes.', sv: 'Header med en nyckel som är densamma för varje försök. Tomt: ingen skickas.' },
    default: 'Idempotency-Key',
  },
  headers: {
    type: 'json',
    label: { en: 'Headers', nb: 'Headere', sv: 'Headers' },
    hint: { en: 'With values of the message as in the path: {"X-Store": "{location.code}"}', nb: 'Med verdier fra meldingen som i stien: {"X-Store": "{location.code}"}', sv: 'Med värden från meddelandet som i sökvägen: {"X-Store": "{location.code}"}' },
    default: {},
    schema: Type.Record(Type.String(), Type.String()),
  },
} as const

type OutConfig = Config<typeof fields>

export const restOut = defineStep({
  role: 'sink',
  type: 'rest out',
  label: { en: 'rest out', nb: 'rest out', sv: 'rest out' },
  help: outHelp,
  fields,
  inputs: [{ type: 'any', batch: true }],
  outputs: [{ type: 'any', label: { en: 'answer', nb: 'svar', sv: 'svar' } }],
  create({ id, name, config, system, status }) {
    const plan = createPlan(config)
    const headerTemplates = Object.entries(textsOf(config.headers)).map(([header, value]) => [header, textTemplate(value)] as const)
    const readId = config.idPath ? pathReader(config.idPath) : undefined

    const send = async (msg: FlowMessage, request: Planned['request'], run: ActiveRun | undefined): Promise<HttpResponse> => {
      const headers = Object.fromEntries(headerTemplates.map(([header, fill]) => [header, fill(msg)]))
      const key = config.idempotencyHeader ? attemptKey(id, msg, request) : null
      if (key !== null) headers[config.idempotencyHeader] = key
      return await system.http.request({ ...request, headers, ...(run && { signal: run.signal }) })
    }

    return async (given, run) => {
      if (run && !run.open) throw new TorgError('run.closed', `The run had settled before ${system.key} was called; nothing was sent.`)
      const delivery = deliveryOf(given)
      const batch = run && !delivery ? given.torg?.batch : undefined
      if (config.can === 'create' && delivery) refuseSecond(delivery, system.key)
      // A part of a split batch is about its own item.
      const about = given.torg && delivery ? { ...given, torg: { ...given.torg, delivery } } : given
      const msg = run && batch && config.can === 'create' ? await onlyNew(about, { run, node: { id, name }, system: system.key }) : about
      if (!msg) return undefined
      const planned = plan(msg, (delivery ?? batch?.items[0])?.operation)
      if (!planned) {
        status({ fill: 'grey', shape: 'ring', text: 'nothing sent for a removal' })
        return given
      }
      const { request, removing } = planned
      const place = `${request.method} ${request.path}`
      if (run && batch && config.itemResults) {
        const { answer, taken } = await sendItems({ msg, run, node: { id, name }, config, removing, system: system.key, send: () => send(msg, request, run) })
        status({ fill: taken.length < batch.items.length ? 'yellow' : 'green', shape: 'dot', text: `${place} ${answer.status}: ${taken.length} of ${batch.items.length} taken` })
        return taken.length > 0 ? { ...withItems(given, taken), payload: answer.body, statusCode: answer.status } : undefined
      }
      try {
        const answer = await send(msg, request, run)
        const own = !removing && readId ? scalarText(readId(answer.body)) : null
        if (own !== null && delivery && run) run.addReference({ kind: delivery.kind, id: own, ...(given.torg?.batch && { item: delivery.idempotencyKey }) })
        status({ fill: 'green', shape: 'dot', text: `${place} ${answer.status}` })
        return { ...(batch ? msg : given), payload: answer.body, statusCode: answer.status }
      } catch (thrown) {
        // What is to be removed and is not there is removed.
        const goneWith = removing && !batch ? goneStatus(thrown) : null
        if (goneWith === null) throw thrown
        status({ fill: 'green', shape: 'dot', text: `${place}: was not there` })
        return { ...given, payload: null, statusCode: goneWith }
      }
    }
  },
})

function goneStatus(thrown: unknown): number | null {
  const answer = thrown instanceof TorgError ? thrown.cause : undefined
  return answer instanceof HttpAnswerError && (answer.status === 404 || answer.status === 410) ? answer.status : null
}

interface Planned { request: Pick<HttpRequest, 'method' | 'path' | 'body'>, removing: boolean }

type Plan = (msg: FlowMessage, operation: DeliveryFacts['operation'] | undefined) => Planned | null

/** Tells which request a message asks for; null where there is nothing to send for a removal. */
function createPlan(config: OutConfig): Plan {
  const { method, updateMethod, removeMethod } = config
  const path = pathTemplate(config.path)
  const updatePath = pathTemplate(config.updatePath)
  const removeTemplate = config.removePath || config.path
  const removePath = pathTemplate(removeTemplate)

  return (msg, operation) => {
    const { delivery: { reference } = {}, batch } = msg.torg ?? {}
    if (operation === 'remove') {
      if (removeMethod === 'skip') return null
      // Removed before the system had answered with an id: there is nothing that could be named to it.
      if (removeTemplate.includes('{reference}') && !reference && !batch) return null
      const bare = removeMethod === 'DELETE' && !Array.isArray(msg.payload)
      return { removing: true, request: { method: removeMethod, path: removePath(msg), ...(!bare && { body: msg.payload }) } }
    }
    const known = config.update && reference
    return { removing: false, request: { method: known ? updateMethod : method, path: known ? updatePath(msg) : path(msg), body: msg.payload } }
  }
}

const readPart = pathReader('parts.index')

/**
 * The same for every attempt of one request, another for every version and redelivery. The node and the part are in
 * it because one run may send several requests to the same system.
 */
function attemptKey(node: string, msg: FlowMessage, request: Pick<HttpRequest, 'method' | 'path' | 'body'>): string | null {
  const { delivery, message, batch } = msg.torg ?? {}
  // The item of a batch is what tells its parts apart: their places change with what else is in it.
  const part = batch ? '' : scalarText(readPart(msg)) ?? ''
  const key = (...parts: string[]): string => hash('sha256', JSON.stringify(parts)).slice(0, 32)
  if (delivery) return key(delivery.idempotencyKey, node, part)
  if (batch) return key(...batch.items.map(({ idempotencyKey }) => idempotencyKey), node)
  return message ? key(message.id, node, part, request.method, request.path, JSON.stringify(request.body) ?? '') : null
}
