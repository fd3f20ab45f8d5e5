/** `rest in`: a document whenever the system calls the hub. */
import { lookAtJson } from '../../runtime/kit/json-body.ts'
import { inHelp } from './help.ts'
import { instantOf, readPath, scalarText } from './paths.ts'
import { defineSource, verifyWebhook } from './system.ts'

export const restIn = defineSource({
  role: 'source',
  type: 'rest in',
  label: { en: 'rest in', nb: 'rest in', sv: 'rest in' },
  help: inHelp,
  fields: {
    path: {
      type: 'text',
      label: { en: 'Path', nb: 'Sti', sv: 'Sökväg' },
      hint: { en: 'Below /in/<system key>/. Empty: the system\'s own address.', nb: 'Under /in/<systemnøkkel>/. Tomt: systemets egen adresse.', sv: 'Under /in/<systemnyckel>/. Tomt: systemets egen adress.' },
      placeholder: 'orders',
      pattern: '^[A-Za-z0-9._~-]+(/[A-Za-z0-9._~-]+)*$',
    },
    keyPath: {
      type: 'text',
      label: { en: 'Key', nb: 'Nøkkel', sv: 'Nyckel' },
      hint: { en: 'Where the document says what it is about, for example order.number. Messages of one key run one after the other.', nb: 'Hvor dokumentet sier hva det gjelder, for eksempel order.number. Meldinger med samme nøkkel kjøres etter hverandre.', sv: 'Var dokumentet säger vad det gäller, till exempel order.number. Meddelanden med samma nyckel körs efter varandra.' },
      placeholder: 'id',
      required: true,
    },
    eventIdHeader: {
      type: 'text',
      label: { en: 'Event id header', nb: 'Header med hendelses-id', sv: 'Header med händelse-id' },
      hint: { en: 'What comes again with the same id does nothing. Standard Webhooks: webhook-id, also when empty.', nb: 'Det som kommer igjen med samme id, gjør ingenting. Standard Webhooks: webhook-id, også når feltet er tomt.', sv: 'Det som kommer igen med samma id gör ingenting. Standard Webhooks: webhook-id, även när fältet är tomt.' },
      placeholder: 'X-Event-Id',
    },
    eventIdPath: { type: 'text', label: { en: 'or event id', nb: 'eller hendelses-id', sv: 'eller händelse-id' }, hint: { en: 'Where the id stands in the document.', nb: 'Hvor id-en står i dokumentet.', sv: 'Var id:t står i dokumentet.' }, placeholder: 'eventId' },
    timePath: {
      type: 'text',
      label: { en: 'Time of change', nb: 'Endringstid', sv: 'Ändringstid' },
      hint: { en: 'Where the document says when it was changed; an older state is then not applied over a newer one.', nb: 'Hvor dokumentet sier når det ble endret; en eldre tilstand brukes da ikke over en nyere.', sv: 'Var dokumentet säger när det ändrades; ett äldre tillstånd tillämpas då inte över ett nyare.' },
      placeholder: 'updatedAt',
    },
    topic: { type: 'text', label: { en: 'Topic', nb: 'Emne', sv: 'Ämne' }, default: 'document' },
    topicPath: { type: 'text', label: { en: 'or topic in', nb: 'eller emne i', sv: 'eller ämne i' }, placeholder: 'type' },
  },
  inputs: [],
  outputs: [{ type: 'any', label: { en: 'document', nb: 'dokument', sv: 'dokument' } }],
  webhook: {
    path: ({ config }) => config.path,
    accepts: ({ method }) => method === 'POST' || method === 'PUT' || method === 'PATCH',
    verify: (request, { system }) => verifyWebhook(request, system.config),
    describe(request, { config, system }) {
      const document = lookAtJson(request)
      const header = config.eventIdHeader || (system.config.webhooks === 'standard' ? 'webhook-id' : '')
      return {
        key: config.keyPath ? scalarText(readPath(document, config.keyPath)) : null,
        eventId: (header && request.headers[header.toLowerCase()]) || (config.eventIdPath ? scalarText(readPath(document, config.eventIdPath)) : null) || null,
        topic: (config.topicPath && scalarText(readPath(document, config.topicPath))) || config.topic,
        sourceTime: config.timePath ? instantOf(readPath(document, config.timePath)) : null,
      }
    },
  },
})
