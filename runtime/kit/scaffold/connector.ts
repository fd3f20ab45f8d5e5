/** The files of a new connector: a system, a webhook source, a sink, a wire type with a sample. */

export interface ScaffoldNames {
  /** `my-shop` */
  name: string
  /** `My shop` */
  label: string
  /** Where the kit is imported from. */
  kit: string
}

/** Sources by path in the connector's folder, without what only a package needs. */
export function connectorSources(names: ScaffoldNames): Record<string, string> {
  return { 'index.ts': indexSource(names), 'system.ts': systemSource(names), 'in.ts': inSource(names), 'out.ts': outSource(names), 'order.ts': orderSource(names) }
}

const indexSource = ({ name, label, kit }: ScaffoldNames): string => `/** ${label}: what it is, its system, its nodes, its types. */
import { defineConnector } from '${kit}'
import { orderIn } from './in.ts'
import { orderSamples, orderSchema } from './order.ts'
import { orderOut } from './out.ts'
import { httpOptions, systemFields } from './system.ts'

export default defineConnector({
  name: '${name}',
  label: { en: '${label}', nb: '${label}', sv: '${label}' },
  help: {
    en: 'Connects the hub to ${label}: its orders come in by webhook, orders are written to it over HTTP.',
    nb: 'Kobler huben til ${label}: ordrene derfra kommer inn via webhook, ordrer skrives dit over HTTP.',
    sv: 'Kopplar hubben till ${label}: ordrarna därifrån kommer in via webhook, ordrar skrivs dit över HTTP.',
  },
  color: '#a9b7c6',
  icon: '${name}.svg',
  docs: 'https://example.com/docs',
  system: {
    fields: systemFields,
    http: httpOptions,
    // Put the address of the vendor's documentation above every call, like here: https://example.com/docs/status
    check: async ({ http }, signal) => { await http.request({ method: 'GET', path: '/status', signal }) },
  },
  nodes: [orderIn, orderOut],
  types: { '${name}:order': { schema: orderSchema, examples: orderSamples } },
})
`

const systemSource = ({ label, kit }: ScaffoldNames): string => `/** The config node of one ${label}: where it is, how the hub logs in, how its webhooks are verified. */
import { nodesOf, type Config, type HttpOptions } from '${kit}'

export const { systemFields, defineSource, defineStep } = nodesOf({
  url: {
    type: 'text',
    label: { en: 'Address', nb: 'Adresse', sv: 'Adress' },
    placeholder: 'https://api.example.com',
    required: true,
  },
  apiKey: {
    type: 'secret',
    label: { en: 'API key', nb: 'API-nøkkel', sv: 'API-nyckel' },
    required: true,
  },
  webhookSecret: {
    type: 'secret',
    label: { en: 'Webhook secret', nb: 'Webhook-hemmelighet', sv: 'Webhook-hemlighet' },
    required: true,
  },
} as const)

/** Address and login of the system's HTTP client. */
export const httpOptions = ({ url, apiKey }: Config<typeof systemFields>): HttpOptions => ({ baseUrl: url, auth: { type: 'bearer', token: apiKey } })
`

const inSource = ({ name, label, kit }: ScaffoldNames): string => `/** \`${name} in\`: an order whenever ${label} sends one. */
import { TorgError, verifyHmac, type RawRequest } from '${kit}'
import { defineSource } from './system.ts'

export const orderIn = defineSource({
  role: 'source',
  type: '${name} in',
  label: { en: '${name} in', nb: '${name} inn', sv: '${name} in' },
  help: {
    en: 'Starts a run for every order that ${label} sends. The signature in \`X-Signature\` must hold over the body.',
    nb: 'Starter en kjøring for hver ordre som ${label} sender. Signaturen i \`X-Signature\` må stemme for innholdet.',
    sv: 'Startar en körning för varje order som ${label} skickar. Signaturen i \`X-Signature\` måste stämma för innehållet.',
  },
  fields: {},
  inputs: [],
  outputs: [{ type: '${name}:order', label: { en: 'order', nb: 'ordre', sv: 'order' } }],
  webhook: {
    accepts: ({ method }) => method === 'POST',
    verify: (request, { system }) => verifyHmac(request, { header: 'X-Signature', encoding: 'hex', secrets: [system.config.webhookSecret] }),
    describe(request) {
      const { number, updatedAt } = parse(request)
      return {
        key: typeof number === 'string' && number !== '' ? number : null,
        eventId: request.headers['x-event-id'] ?? null,
        topic: 'order',
        sourceTime: typeof updatedAt === 'string' ? updatedAt : null,
      }
    },
  },
})

function parse(request: RawRequest): Record<string, unknown> {
  try {
    const parsed: unknown = JSON.parse(request.body.toString('utf8'))
    return typeof parsed === 'object' && parsed !== null ? { ...parsed } : {}
  } catch (cause) {
    throw new TorgError('request.not-json', { detail: 'The body of the webhook is not JSON', cause })
  }
}
`

const outSource = ({ name, label, kit }: ScaffoldNames): string => `/** \`${name} out\`: writes one order to ${label}. */
import { TorgError } from '${kit}'
import { defineStep } from './system.ts'

export const orderOut = defineStep({
  role: 'sink',
  type: '${name} out',
  label: { en: '${name} out', nb: '${name} ut', sv: '${name} ut' },
  help: {
    en: 'Creates or changes the order in \`msg.payload\` in ${label}. What it answers leaves the output.',
    nb: 'Oppretter eller endrer ordren i \`msg.payload\` i ${label}. Svaret går ut av utgangen.',
    sv: 'Skapar eller ändrar ordern i \`msg.payload\` i ${label}. Svaret går ut genom utgången.',
  },
  fields: {},
  inputs: [{ type: '${name}:order', label: { en: 'order', nb: 'ordre', sv: 'order' } }],
  outputs: [{ type: 'any', label: { en: 'answer', nb: 'svar', sv: 'svar' } }],
  create({ system }) {
    return async (msg, run) => {
      const number = numberOf(msg.payload)
      const delivery = msg.torg?.delivery
      // https://example.com/docs/orders: PUT creates or changes, so sending the same order twice does no harm.
      const answer = await system.http.request({
        method: 'PUT',
        path: \`/orders/\${encodeURIComponent(number)}\`,
        body: msg.payload,
        ...(delivery && { idempotencyKey: delivery.idempotencyKey }),
        ...(run && { signal: run.signal }),
      })
      if (delivery) run?.addReference({ kind: delivery.kind, id: number })
      return { ...msg, payload: answer.body }
    }
  },
})

function numberOf(payload: unknown): string {
  const number = typeof payload === 'object' && payload !== null && 'number' in payload ? payload.number : undefined
  if (typeof number !== 'string' || number === '') throw new TorgError('mapping.failed', { detail: 'the order has no number', pointer: '/number', value: number })
  return number
}
`

const orderSource = ({ name, label, kit }: ScaffoldNames): string => `/** An order as ${label} sends and takes it: the wire type \`${name}:order\`. */
import { Type, type Sample } from '${kit}'

export const orderSchema = Type.Object({
  number: Type.String({ minLength: 1 }),
  updatedAt: Type.String({ format: 'date-time' }),
  lines: Type.Array(Type.Object({ sku: Type.String(), quantity: Type.Integer({ minimum: 1 }) })),
})

/** Invented, never a real person's data. The first one is what the conformance suite writes. */
export const orderSamples: readonly Sample[] = [
  {
    name: 'An order of two lines',
    headers: { 'X-Event-Id': 'event-1' },
    payload: { number: '1001', updatedAt: '2026-03-02T18:21:09Z', lines: [{ sku: 'SOCK-39', quantity: 2 }, { sku: 'WIND-M', quantity: 1 }] },
  },
]
`

/** A neutral icon: a box with an arrow into it. */
export const scaffoldIcon = `<svg xmlns="http://www.w3.org/2000/svg" width="40" height="60" viewBox="0 0 40 60"><g fill="none" stroke="#fff" stroke-width="2.5" stroke-linecap="round" stroke-linejoin="round"><path d="M7 28v14h26V28"/><path d="M20 16v18m-6-6 6 6 6-6"/></g></svg>
`

/** What the developer reads first. */
export function connectorReadme({ name, label }: ScaffoldNames, check: string): string {
  return `# ${label}

A connector of Torg, made by the scaffold. It works and passes the conformance suite; make it your own, one file at a time:

| file | what it says |
|---|---|
| \`index.ts\` | the connector: name, texts, colour, icon, and how to check the login |
| \`system.ts\` | the fields of the system's config node, and its HTTP client |
| \`in.ts\` | the node \`${name} in\`: verifies a webhook, finds its key and event id |
| \`out.ts\` | the node \`${name} out\`: writes one order |
| \`order.ts\` | the wire type \`${name}:order\` with a sample |
| \`icons/${name}.svg\` | white on transparent, 40x60 |

Node types, field names and type names stand in flow files: choose them well, they are not renamed later.

Check it with \`${check}\`.
`
}
