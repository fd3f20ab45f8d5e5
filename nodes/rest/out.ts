/** `rest out`: writes the payload to the system with one HTTP request. */
import { createHash } from 'node:crypto'
import { Type } from 'typebox'
import { TorgError } from '../../runtime/errors.ts'
import type { Config, FlowMessage } from '../../runtime/kit/definition.ts'
import { HttpAnswerError } from '../../runtime/kit/http.ts'
import type { HttpRequest } from '../../runtime/kit/http.ts'
import { outHelp } from './help.ts'
import { readPath, scalarText } from './paths.ts'
import { defineStep, textsOf } from './system.ts'
import { fillPath, fillText } from './template.ts'

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
    hint: { en: 'Where the answer tells the system\'s own id; it becomes a reference of the record.', nb: 'Hvor systemets egen id står i svaret; den blir en referanse på posten.', sv: 'Var systemets eget id står i svaret; det blir en referens på posten.' },
    placeholder: 'id',
  },
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
  inputs: [{ type: 'any' }],
  outputs: [{ type: 'any', label: { en: 'answer', nb: 'svar', sv: 'svar' } }],
  create({ id, config, system, status }) {
    return async (msg, run) => {
      if (run && !run.open) throw new TorgError('run.closed', `The run had settled before ${system.key} was called; nothing was sent.`)
      if (config.can === 'create') refuseSecond(msg, system.key)
      const planned = plan(config, msg)
      if (!planned) {
        status({ fill: 'grey', shape: 'ring', text: 'nothing sent for a removal' })
        return msg
      }
      const { removing, ...request } = planned
      const headers = Object.fromEntries(Object.entries(textsOf(config.headers)).map(([name, value]) => [name, fillText(value, msg)]))
      const key = config.idempotencyHeader ? attemptKey(id, msg, request) : null
      try {
        const answer = await system.http.request({ ...request, headers: { ...headers, ...(key !== null && { [config.idempotencyHeader]: key }) }, ...(run && { signal: run.signal }) })
        const given = !removing && config.idPath ? scalarText(readPath(answer.body, config.idPath)) : null
        const delivery = msg.torg?.delivery
        if (given !== null && delivery && run) run.addReference({ kind: delivery.kind, id: given })
        status({ fill: 'green', shape: 'dot', text: `${request.method} ${request.path} ${answer.status}` })
        return { ...msg, payload: answer.body, statusCode: answer.status }
      } catch (thrown) {
        // What is to be removed and is not there is removed.
        const goneWith = removing ? goneStatus(thrown) : null
        if (goneWith === null) throw thrown
        status({ fill: 'green', shape: 'dot', text: `${request.method} ${request.path}: was not there` })
        return { ...msg, payload: null, statusCode: goneWith }
      }
    }
  },
})

/** @throws system.create-only where the system has the record: acknowledged and not removed since, or known by an id of its own */
function refuseSecond({ torg }: FlowMessage, system: string): void {
  const { operation, present, reference, kind, recordId } = torg?.delivery ?? {}
  if (operation !== 'upsert' || !(present || reference)) return
  throw new TorgError('system.create-only', `${system} has the ${kind} ${recordId} already${reference ? `, as ${reference}` : ''}. This sink can only create, so nothing was sent.`)
}

function goneStatus(thrown: unknown): number | null {
  const answer = thrown instanceof TorgError ? thrown.cause : undefined
  return answer instanceof HttpAnswerError && (answer.status === 404 || answer.status === 410) ? answer.status : null
}

type Planned = Pick<HttpRequest, 'method' | 'path' | 'body'> & { removing: boolean }

/** Which request a message asks for; null where there is nothing to send for a removal. */
function plan(config: OutConfig, msg: FlowMessage): Planned | null {
  const { operation, reference } = msg.torg?.delivery ?? {}
  if (operation === 'remove') {
    if (config.removeMethod === 'skip') return null
    const template = config.removePath || config.path
    // Removed before the system had answered with an id: there is nothing that could be named to it.
    if (template.includes('{reference}') && !reference) return null
    const path = fillPath(template, msg)
    return { removing: true, method: config.removeMethod, path, ...(config.removeMethod !== 'DELETE' && { body: msg.payload }) }
  }
  if (config.update && reference) return { removing: false, method: config.updateMethod, path: fillPath(config.updatePath, msg), body: msg.payload }
  return { removing: false, method: config.method, path: fillPath(config.path, msg), body: msg.payload }
}

/**
 * The same for every attempt of one request, another for every version and redelivery. The node and the part are in
 * it because one run may send several requests to the same system.
 */
function attemptKey(node: string, msg: FlowMessage, request: Pick<HttpRequest, 'method' | 'path' | 'body'>): string | null {
  const part = scalarText(readPath(msg, 'parts.index')) ?? ''
  const hash = (...parts: string[]): string => createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, 32)
  const { delivery, message } = msg.torg ?? {}
  if (delivery) return hash(delivery.idempotencyKey, node, part)
  return message ? hash(message.id, node, part, request.method, request.path, JSON.stringify(request.body) ?? '') : null
}
