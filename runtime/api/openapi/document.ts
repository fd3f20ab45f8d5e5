/** The hub API as an OpenAPI 3.1 document, from the registry of kinds: https://spec.openapis.org/oas/v3.1.1. Pure. */
import type { Kind } from '../../model/index.ts'
import { PriceWantSchema } from '../records/prices.ts'
import { resourcesOf } from '../records/resources.ts'
import { answerSchemas, failures, operationsOf } from './operations.ts'
import { kindSchemas, recordName, reference } from './schemas.ts'

const Problem = {
  type: 'object', description: 'RFC 9457.', required: ['type', 'title', 'status', 'detail', 'code', 'next'],
  properties: {
    type: { type: 'string' }, title: { type: 'string' }, status: { type: 'integer' }, detail: { type: 'string', description: 'What is wrong, with names.' }, code: { type: 'string' },
    next: { type: 'string', description: 'What to do next.' }, instance: { type: 'string' }, pointer: { type: 'string', description: 'JSON pointer into the body.' },
    errors: {
      type: 'array', description: 'Everything that is wrong, at most 100.',
      items: { type: 'object', required: ['detail'], properties: { detail: { type: 'string' }, pointer: { type: 'string' }, value: { description: 'The wrong value, shortened.' }, rule: { type: 'string', description: 'The keyword of the schema that does not hold.' } } },
    },
  },
}

const orNull = (schema: object): object => ({ oneOf: [schema, { type: 'null' }] })

/** @param kinds the project's, with its own fields */
export function openApiDocument({ kinds, version, publicUrl }: { kinds: ReadonlyMap<string, Kind>, version: string, publicUrl: string }): Record<string, unknown> {
  const resources = resourcesOf(kinds)
  return {
    openapi: '3.1.0',
    info: { title: 'Torg hub API', version, description: 'Everything the hub keeps: read, searched and written. Changes go through the same checks, roles and deliveries as those of any system.' },
    servers: [{ url: publicUrl }],
    security: [{ key: [] }, { login: [] }],
    tags: resources.map(({ kind: { plural, schema } }) => ({ name: plural, ...(typeof schema['description'] === 'string' && { description: schema['description'] }) })),
    paths: {
      ...Object.assign({}, ...resources.map(operationsOf)),
      '/api/v1/prices/lookup': {
        post: {
          operationId: 'lookUpPrices', tags: ['prices'], summary: 'What many articles cost, for who buys where and when',
          requestBody: { required: true, content: { 'application/json': { schema: reference('PriceLookup'), example: { skus: ['ULL-GENSER-BLA-M'], currency: 'NOK', channel: 'webshop-no' } } } },
          responses: { 200: { description: 'In the order of the skus.', content: { 'application/json': { schema: reference('PriceLookupAnswer') } } }, ...failures, 422: failures['400'] },
        },
      },
    },
    components: {
      securitySchemes: {
        key: { type: 'http', scheme: 'bearer', description: 'An API key: `torg_…`, made with `torg keys create`.' },
        login: { type: 'http', scheme: 'basic', description: 'The administrator\'s login.' },
      },
      schemas: {
        ...kindSchemas(kinds.values()), ...Object.assign({}, ...resources.map(answerSchemas)), Problem,
        Explanation: {
          type: 'object', required: ['kind', 'id', 'number', 'version', 'items'],
          properties: {
            kind: { type: 'string' }, id: { type: 'string', format: 'uuid' }, number: { type: ['string', 'null'] }, version: { type: 'integer' },
            items: {
              type: 'array', items: {
                type: 'object', required: ['field', 'text'],
                properties: { field: { type: 'string', description: 'JSON pointer.' }, value: { description: 'What it says.' }, text: { type: 'array', description: 'The explanation in sentences.', items: { type: 'string' } } },
              },
            },
          },
        },
        Timeline: {
          type: 'object', required: ['kind', 'id', 'number', 'version', 'entity', 'events'],
          properties: {
            kind: { type: 'string' }, id: { type: 'string', format: 'uuid' }, number: { type: ['string', 'null'] }, version: { type: 'integer' }, entity: { type: 'object', description: 'What the record says now.' },
            events: {
              type: 'array', items: {
                type: 'object', required: ['what', 'at', 'system'],
                properties: {
                  what: { type: 'string', enum: ['received', 'saved', 'not-applied', 'delivery'] }, at: { type: 'string', format: 'date-time', description: 'When it came to the state it is in.' },
                  system: { type: 'string' }, state: { type: 'string', description: 'How a message or a delivery stands.' }, version: { type: 'integer', description: 'Of a delivery.' },
                  attempts: { type: 'array', items: { type: 'object', properties: { at: { type: 'string', format: 'date-time' }, ms: { type: 'integer' }, outcome: { type: 'string', enum: ['done', 'retry', 'dead'] } } } },
                },
              },
            },
          },
        },
        PriceLookup: JSON.parse(JSON.stringify(PriceWantSchema)) as unknown,
        PriceLookupAnswer: {
          type: 'object', required: ['at', 'items'],
          properties: {
            at: { type: 'string', format: 'date-time' },
            items: {
              type: 'array', items: {
                type: 'object', required: ['sku', 'variant', 'price', 'regular'],
                properties: {
                  sku: { type: 'string' }, variant: { type: ['string', 'null'], description: 'The hub\'s id of the variant; null where nobody knows the sku.' },
                  price: { ...orNull(reference(recordName('price'))), description: 'The one to pay; null where none holds.' },
                  regular: { ...orNull(reference(recordName('price'))), description: 'What it would be without campaign, group or agreement.' },
                },
              },
            },
          },
        },
      },
    },
  }
}
