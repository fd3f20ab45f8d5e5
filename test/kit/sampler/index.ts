/** A connector with every kind of field, for the tests of the kit. */
import { join } from 'node:path'
import { Type } from 'typebox'
import { TorgError } from '../../../runtime/errors.ts'
import { defineConnector, nodesOf, type ConnectorDefinition } from '../../../runtime/kit/definition.ts'

const { systemFields, defineStep, defineSource } = nodesOf({
  url: { type: 'text', label: { en: 'Address', nb: 'Adresse', sv: 'Adress' }, required: true, placeholder: 'https://erp.example.com' },
  apiKey: { type: 'secret', label: { en: 'API key', nb: 'API-nøkkel', sv: 'API-nyckel' }, required: true },
} as const)

const choose = { en: 'Choose what to send', nb: 'Velg hva som sendes', sv: 'Välj vad som skickas' }

const sink = defineStep({
  role: 'sink', type: 'sampler out',
  label: { en: 'sampler out', nb: 'sampler ut', sv: 'sampler ut' },
  help: {
    en: 'Writes one document to the demo system.\n\nWhat comes in is sent as JSON.',
    nb: 'Skriver ett dokument til demosystemet.\n\nDet som kommer inn, sendes som JSON.',
    sv: 'Skriver ett dokument till demosystemet.\n\nDet som kommer in skickas som JSON.',
  },
  fields: {
    mode: { type: 'select', label: { en: 'Send as', nb: 'Send som', sv: 'Skicka som' }, hint: choose, default: 'upsert', options: [
      { value: 'upsert', label: { en: 'Create or change', nb: 'Opprett eller endre', sv: 'Skapa eller ändra' } },
      { value: 'event', label: { en: 'Event', nb: 'Hendelse', sv: 'Händelse' } },
    ] },
    event: { type: 'text', label: { en: 'Event name', nb: 'Hendelsens navn', sv: 'Händelsens namn' }, required: true, pattern: '^[a-z.]+$', when: { field: 'mode', is: ['event'] } },
    batch: { type: 'number', label: { en: 'Batch size', nb: 'Antall om gangen', sv: 'Antal åt gången' }, default: 10, min: 1, max: 500 },
    wait: { type: 'number', label: { en: 'Wait', nb: 'Ventetid', sv: 'Väntetid' }, default: 5, min: 0, unit: 's' },
    notify: { type: 'boolean', label: { en: 'Notify customer', nb: 'Varsle kunden', sv: 'Meddela kunden' }, default: true },
    parts: { type: 'multiselect', label: { en: 'Parts', nb: 'Deler', sv: 'Delar' }, default: ['lines'], required: true, options: [
      { value: 'lines', label: { en: 'Order lines', nb: 'Ordrelinjer', sv: 'Orderrader' } },
      { value: 'payments', label: { en: 'Payments', nb: 'Betalinger', sv: 'Betalningar' } },
      { value: 'notes', label: { en: 'Notes', nb: 'Merknader', sv: 'Anteckningar' } },
    ] },
    kind: { type: 'kind', label: { en: 'Kind', nb: 'Slag', sv: 'Slag' } },
    other: { type: 'system', label: { en: 'Also tell', nb: 'Si også fra til', sv: 'Säg även till' } },
    note: { type: 'text', label: { en: 'Note', nb: 'Merknad', sv: 'Anteckning' }, multiline: true },
    headers: { type: 'json', label: { en: 'Headers', nb: 'Hoder', sv: 'Huvuden' }, default: { accept: 'application/json' }, schema: Type.Record(Type.String(), Type.String()) },
    signingKey: { type: 'secret', label: { en: 'Signing key', nb: 'Signeringsnøkkel', sv: 'Signeringsnyckel' } },
  },
  inputs: [{ type: 'any', label: { en: 'document', nb: 'dokument', sv: 'dokument' } }],
  outputs: [{ type: 'any', label: { en: 'answer', nb: 'svar', sv: 'svar' } }],
  create({ config, system }) {
    return (msg) => {
      if (msg.payload === 'fail') throw new TorgError('system.refused', { detail: 'the demo refuses', pointer: '/payload', value: 'fail' })
      if (msg.payload === 'crash') throw new TypeError('x is not a function')
      return { ...msg, payload: { sent: msg.payload, config, system: { key: system.key, ...system.config } } }
    }
  },
})

const source = defineSource({
  role: 'source', type: 'sampler in',
  label: { en: 'sampler in', nb: 'sampler inn', sv: 'sampler in' },
  help: { en: 'Starts a run for each webhook of the demo system.', nb: 'Starter en kjøring for hver webhook fra demosystemet.', sv: 'Startar en körning för varje webhook från demosystemet.' },
  fields: {},
  inputs: [], outputs: [{ type: 'any', label: { en: 'order', nb: 'ordre', sv: 'order' } }],
  webhook: {
    verify: (request, { system }) => {
      if (request.headers['x-key'] !== system.config.apiKey) throw new TorgError('request.unauthorized', 'the key is not right')
    },
    describe: request => ({ key: request.headers['x-order'] ?? null, eventId: null, topic: 'order', sourceTime: null }),
  },
})

const definition = defineConnector({
  name: 'sampler', label: { en: 'Demo ERP', nb: 'Demo-ERP', sv: 'Demo-ERP' },
  help: { en: 'The demo system of the tests.', nb: 'Testenes demosystem.', sv: 'Testernas demosystem.' },
  color: '#c7b299', icon: 'sampler.svg', docs: 'https://example.com/docs',
  system: { fields: systemFields, http: ({ url, apiKey }) => ({ baseUrl: url, auth: { type: 'bearer', token: apiKey } }), check: async ({ http }, signal) => { await http.request({ method: 'GET', path: '/status', signal }) } },
  nodes: [sink, source],
})

/** As `nodes/index.ts` lists connectors. */
export const sampler: ConnectorDefinition = { ...definition, folder: join(import.meta.dirname) }
