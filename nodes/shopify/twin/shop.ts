/** What the demo webshop holds beside its orders: what a hub has written to customers, articles and metafields. */
import { variants } from './catalogue.ts'
import { decimalOf, type TwinOrder } from './order.ts'

/** One thing of the shop by its global id; the fields as the Admin API names them. */
export type ShopThing = Readonly<Record<string, unknown>>

export interface ShopState {
  /** By global id, `gid://shopify/Customer/6720114000010`; undefined where the shop has no such thing. */
  get(gid: string): ShopThing | undefined
  /** Changes some fields of what is there. */
  change(gid: string, fields: ShopThing): ShopThing
  /** Takes the personal data of a customer out of the shop, orders included. */
  erase(gid: string): void
}

interface Kept { readonly entries: ReadonlyMap<string, ShopThing>, put(key: string, value: ShopThing): void }

export const idOf = (gid: string): { type: string, id: number } => {
  const [, type = '', id = ''] = /^gid:\/\/shopify\/(\w+)\/(\d+)$/.exec(gid) ?? []
  return { type, id: Number(id) }
}

/** Articles of the catalogue, customers and orders as orders tell of them, and over all of it what was changed since. */
export function openShopState({ kept, orders, replaceOrder }: { kept: Kept, orders: ReadonlyMap<number, TwinOrder>, replaceOrder(order: TwinOrder): void }): ShopState {
  const original = (gid: string): ShopThing | undefined => {
    const { type, id } = idOf(gid)
    switch (type) {
      case 'Product': {
        const article = variants.find(({ productId }) => productId === id)
        return article && { id: gid, title: article.title, vendor: article.vendor }
      }
      case 'ProductVariant': {
        const article = variants.find(variant => variant.id === id)
        return article && { id: gid, product: `gid://shopify/Product/${article.productId}`, sku: article.sku, price: decimalOf(article.price) }
      }
      case 'Customer': {
        const customer = ordersOf(id).at(-1)?.customer
        return customer ? { id: gid, firstName: customer['first_name'], lastName: customer['last_name'], email: customer['email'], phone: customer['phone'] } : undefined
      }
      case 'Order': {
        const order = orders.get(id)
        return order && { id: gid, name: order.name }
      }
      default: return undefined
    }
  }
  const ordersOf = (customer: number): TwinOrder[] => [...orders.values()].filter(order => order.customer?.['id'] === customer)
  const get = (gid: string): ShopThing | undefined => {
    const known = original(gid)
    return known && { ...known, ...kept.entries.get(gid) }
  }
  const change = (gid: string, fields: ShopThing): ShopThing => {
    kept.put(gid, { ...kept.entries.get(gid), ...fields })
    return { ...get(gid) }
  }
  return {
    get, change,
    erase(gid) {
      const { id } = idOf(gid)
      for (const order of ordersOf(id)) {
        replaceOrder({
          ...order, email: '', contact_email: null, phone: null, note: null, billing_address: null, shipping_address: null,
          customer: { id, email: null, phone: null, first_name: null, last_name: null, state: 'disabled' },
        })
      }
      kept.put(gid, { id: gid, firstName: null, lastName: null, email: null, phone: null, erased: true })
    },
  }
}
