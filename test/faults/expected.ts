/** What the systems must hold in the end, made from the shop's last state by the project's mappings, without a hub. */
import type { TwinOrder } from '../../nodes/shopify/twin/order.ts'
import type { RestTwin } from '../../nodes/rest/twin/index.ts'
import { asDocument, mappingOf, orderMapping, type Document } from '../flows/support.ts'

/** The documents of every system, sorted; without the ids that only the hub can give. */
export interface Holdings { documents: Document[], contacts: Document[], tasks: Document[] }

const hubsOwn = ['ExternalId', 'CustomerNo', 'externalId']

/** What the flows make of the last state of each order. */
export async function expectedHoldings(orders: Iterable<TwinOrder>): Promise<Holdings> {
  const [toOrder, toCustomer, toDocument, toContact, toTask] = await Promise.all([orderMapping(), mappingOf('webshop-customer'), mappingOf('erp-map'), mappingOf('crm-map'), mappingOf('store-map')])
  const documents: unknown[] = []
  const contacts = new Map<unknown, unknown>()
  const tasks: unknown[] = []
  for (const source of orders) {
    const order = await toOrder(source)
    documents.push(await toDocument(order, {}))
    if (source.cancelled_at === null) tasks.push(await toTask(order, {}))
    if (source.customer) contacts.set(source.customer['id'], await toContact(await toCustomer(source, { system: 'webshop-no' }), {}))
  }
  return { documents: tidy(documents), contacts: tidy([...contacts.values()]), tasks: tidy(tasks) }
}

/** What the systems hold, but for some fields. */
export function actualHoldings({ erp, crm, store }: Record<'erp' | 'crm' | 'store', RestTwin>, without: string[]): Holdings {
  const of = (twin: RestTwin, collection: string): Document[] => tidy(twin.collections.list(collection).map(({ document }) => document), without)
  return { documents: of(erp, 'sales-documents'), contacts: of(crm, 'contacts'), tasks: of(store, 'tasks') }
}

function tidy(documents: unknown[], without: string[] = []): Document[] {
  return documents
    .map((document) => Object.fromEntries(Object.entries(asDocument(document)).filter(([name, value]) => !hubsOwn.includes(name) && !without.includes(name) && value !== undefined)))
    .toSorted((one, other) => nameOf(one) < nameOf(other) ? -1 : 1)
}

const nameOf = (document: Document): string => String(document['DocumentNo'] ?? document['orderNumber'] ?? document['email'])
