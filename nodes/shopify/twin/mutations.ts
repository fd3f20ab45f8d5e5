/**
 * The mutations of the Admin API that the demo webshop knows, each with the answers and refusals of the vendor's schema (version 2026-07):
 * https://shopify.dev/docs/api/admin-graphql/latest
 */
import { idOf, type ShopState, type ShopThing } from './shop.ts'

interface UserError { field: string[] | null, message: string }
interface Answer { userErrors: UserError[], [field: string]: unknown }
type Variables = Readonly<Record<string, unknown>>

/** What a mutation was given that its schema does not have: the vendor refuses the whole request. */
export class NotInSchema extends Error {}

const refused = (message: string, ...field: string[]): Answer => ({ userErrors: [{ field: field.length > 0 ? field : null, message }] })

const mutations: Readonly<Record<string, (variables: Variables, shop: ShopState) => Answer>> = {
  customerUpdate({ input }, shop) {
    const { id, ...fields } = read('CustomerInput', input, ['id', 'firstName', 'lastName', 'email', 'phone', 'locale', 'note', 'tags'])
    const known = find(shop, id, 'Customer')
    if (!known) return refused('Customer does not exist', 'id')
    if (typeof fields['phone'] === 'string' && !/^\+[1-9]\d{6,14}$/.test(fields['phone'])) return refused('Phone is invalid', 'phone')
    return { customer: shop.change(String(id), fields), userErrors: [] }
  },

  customerRequestDataErasure({ customerId }, shop) {
    if (!find(shop, customerId, 'Customer')) return { customerId: null, ...refused('Customer does not exist', 'customerId') }
    shop.erase(String(customerId))
    return { customerId, userErrors: [] }
  },

  productUpdate({ product }, shop) {
    const { id, ...fields } = read('ProductUpdateInput', product, ['id', 'title', 'descriptionHtml', 'vendor', 'productType', 'status', 'tags', 'seo'])
    if (!find(shop, id, 'Product')) return { product: null, ...refused('Product does not exist', 'id') }
    if (fields['title'] === '') return { product: null, ...refused('Title can\'t be blank', 'title') }
    return { product: shop.change(String(id), fields), userErrors: [] }
  },

  productVariantsBulkUpdate({ productId, variants }, shop) {
    if (!find(shop, productId, 'Product')) return { productVariants: null, ...refused('Product does not exist', 'productId') }
    const given = (Array.isArray(variants) ? variants : []).map(variant => read('ProductVariantsBulkInput', variant, ['id', 'price', 'compareAtPrice', 'barcode']))
    const foreign = given.findIndex(({ id }) => find(shop, id, 'ProductVariant')?.['product'] !== productId)
    if (foreign >= 0) return { productVariants: null, ...refused('Product variant does not exist', 'variants', String(foreign), 'id') }
    const unpayable = given.findIndex(({ price }) => price !== undefined && !/^\d+(\.\d{1,2})?$/.test(String(price)))
    if (unpayable >= 0) return { productVariants: null, ...refused('Price must be a number of 0 or more', 'variants', String(unpayable), 'price') }
    return { productVariants: given.map(({ id, ...fields }) => shop.change(String(id), fields)), userErrors: [] }
  },

  metafieldsSet({ metafields }, shop) {
    const given = (Array.isArray(metafields) ? metafields : []).map(field => read('MetafieldsSetInput', field, ['ownerId', 'namespace', 'key', 'type', 'value']))
    if (given.length === 0 || given.length > 25) return { metafields: null, ...refused('Between 1 and 25 metafields are set at once', 'metafields') }
    const ownerless = given.findIndex(({ ownerId }) => !shop.get(String(ownerId)))
    if (ownerless >= 0) return { metafields: null, ...refused('Owner does not exist', 'metafields', String(ownerless), 'ownerId') }
    const wrong = given.findIndex(({ key, value }) => typeof value !== 'string' || !/^[A-Za-z0-9_-]{2,64}$/.test(String(key)))
    if (wrong >= 0) return { metafields: null, ...refused('Key has 2 to 64 letters, digits, hyphens and underscores, value is a text', 'metafields', String(wrong)) }
    for (const { ownerId, namespace = 'app', key, value } of given) {
      const before = shop.get(String(ownerId))?.['metafields']
      shop.change(String(ownerId), { metafields: { ...(typeof before === 'object' && before), [`${String(namespace)}.${String(key)}`]: value } })
    }
    return { metafields: given, userErrors: [] }
  },
}

/** Answers a mutation; undefined where the stand-in does not know it. Throws {@link NotInSchema}. */
export function answerMutation(query: string, variables: Variables, shop: ShopState): ShopThing | undefined {
  const name = /^\s*mutation\b[^{]*\{\s*(\w+)/.exec(query)?.[1] ?? ''
  const mutate = Object.hasOwn(mutations, name) ? mutations[name] : undefined
  return mutate && { [name]: mutate(variables, shop) }
}

const find = (shop: ShopState, gid: unknown, type: string): ShopThing | undefined => idOf(String(gid)).type === type ? shop.get(String(gid)) : undefined

function read(type: string, value: unknown, fields: readonly string[]): Variables {
  if (typeof value !== 'object' || value === null) throw new NotInSchema(`Variable of type ${type}! was provided invalid value`)
  const unknown = Object.keys(value).find(name => !fields.includes(name))
  if (unknown !== undefined) throw new NotInSchema(`Variable of type ${type}! was provided invalid value for ${unknown} (Field is not defined on ${type}, or this stand-in does not know it)`)
  return { ...value }
}
