/** `POST /api/v1/prices/lookup`: what many articles cost now, for whoever asks. */
import { Router, json } from 'express'
import { Type, type Static } from 'typebox'
import type { Hub } from '../../hub.ts'
import { choosePrice, isPrice, schemaError } from '../../model/index.ts'
import { createAjv, findings } from '../../model/validation.ts'
import { Code, Currency, described, DecimalNumber, Instant, Sku, Unit } from '../../model/values.ts'
import type { ScopedPrices, Store } from '../../store/types.ts'
import { callerOf, requireScope } from '../caller.ts'
import { handle, sendJson } from '../handler.ts'
import { showTo, type Show } from './shown.ts'

const mostSkus = 200
const mostGroups = 50

/** The body of the request. */
export const PriceWantSchema = Type.Object({
  skus: Type.Array(Sku, { minItems: 1, maxItems: mostSkus }),
  currency: Currency,
  at: Type.Optional(described(Instant, 'The moment to price for; absent: now.')),
  list: Type.Optional(described(Code, 'Only prices of this list.')),
  channel: Type.Optional(Code),
  store: Type.Optional(Code),
  customerGroups: Type.Optional(Type.Array(Code, { maxItems: mostGroups })),
  customer: Type.Optional(Type.String({ format: 'uuid', description: 'The hub\'s id of the customer.', expects: 'an id of the hub, a UUID' })),
  quantity: Type.Optional(described(DecimalNumber, 'How many are bought; absent: 1.')),
  unit: Type.Optional(described(Unit, 'Where another unit than the article\'s own is bought.')),
  taxIncluded: Type.Optional(Type.Boolean({ description: 'Only gross prices (true) or net ones (false).' })),
}, { additionalProperties: false, description: 'Articles to price, and who buys where, when and how much.' })

type PriceWant = Static<typeof PriceWantSchema>

const validate = createAjv().compile(PriceWantSchema)
const fits = (body: unknown): body is PriceWant => validate(body)

export function priceRoutes({ store, hub }: { store: Pick<Store, 'pricesOf'>, hub: Pick<Hub, 'readerOf'> }): Router {
  return Router().post('/lookup', requireScope('read', 'price'), json(), handle(async (req, res) => {
    const body: unknown = req.body
    if (!fits(body)) throw schemaError('the request', findings(validate, body))
    const want = { ...body, at: body.at ?? new Date().toISOString() }
    const found = new Map((await store.pricesOf(want)).map(entry => [entry.sku, entry]))
    const show = showTo(callerOf(req), 'price', hub)
    sendJson(res, { at: want.at, items: want.skus.map(sku => ({ sku, ...priced(found.get(sku), want, show) })) })
  }))
}

function priced(found: ScopedPrices | undefined, want: PriceWant & { at: string }, show: Show): { variant: string | null, price: object | null, regular: object | null } {
  if (!found) return { variant: null, price: null, regular: null }
  const candidates = found.prices.flatMap(record => isPrice(record.document) ? [{ id: record.id, price: record.document, record }] : [])
  const choice = choosePrice(candidates, want)
  return { variant: found.variant, price: choice && show(choice.price.record), regular: choice?.regular ? show(choice.regular.record) : null }
}
