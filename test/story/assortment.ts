/** The assortment: the PIM's articles and texts, the ERP's prices, and where they go. */
import { variants } from '../../nodes/shopify/twin/catalogue.ts'
import { listOf, type Json, type World } from './world.ts'
import type { Step } from './step.ts'

export const coffee = 'BR-COFF-250'
const beanie = 'UL-BEAN-ONE'
const tent = 'SK-TENT-2P'
/** The tent is sold in the store only. */
const listed = [coffee, beanie]

const articles: readonly { sku: string, product: string, name: string, brand: string, ean: string, taxClass: string }[] = [
  { sku: coffee, product: 'BR-COFF', name: 'Bålkaffe', brand: 'Brenneriet', ean: '7038010099991', taxClass: 'food' },
  { sku: beanie, product: 'UL-BEAN', name: 'Lue i lammeull', brand: 'Ullvik', ean: '7038010099984', taxClass: 'standard' },
  { sku: tent, product: 'SK-TENT', name: 'Tunneltelt', brand: 'Skogheim', ean: '7038010099977', taxClass: 'standard' },
]

/** The shop's own ids of an article. */
const ofShop = (sku: string): { id: number, productId: number } => variants.find(variant => variant.sku === sku) ?? { id: 0, productId: 0 }

const priceInShop = async (world: World, sku: string): Promise<unknown> => (await world.inShop('ProductVariant', ofShop(sku).id))['price']
const priceAtTill = async (world: World, sku: string): Promise<unknown> => (await world.has('pos', 'prices', sku))?.['price']

/** Price of an article in the webshop, as the hub tells everyone who asks. */
const priceInHub = async (world: World, sku: string, at: string): Promise<unknown> => {
  const { items } = await world.call('POST', '/prices/lookup', { skus: [sku], currency: 'NOK', channel: 'webshop-no', at })
  return listOf(items).map(({ price }) => (price as { value?: { amount?: string } } | null)?.value?.amount)[0]
}

const price = (number: string, sku: string, amount: number, period: Json = {}): readonly [string, Json] => [number, { PriceNo: number, ItemNo: sku, UnitPrice: amount, CurrencyCode: 'NOK', PriceIncludesVAT: true, ...period }]

/** How far ahead a price is known before it holds: longer where waiting takes longer, as in `until`. */
const aheadMs = 10_000 * Number(process.env['TORG_PATIENCE'] ?? 1)

export const openingSteps: Step[] = [{
  scene: 'The assortment',
  title: 'The PIM tells of three articles; torg refs import tells which ids the webshop has of them',
  async run(world) {
    for (const { sku, product, name, brand, ean, taxClass } of articles) {
      await world.edit('pim', 'products', product, { code: product, labels: { nb: name }, brand, taxClass })
      await world.edit('pim', 'articles', sku, { sku, product, ean })
      await world.edit('pim', 'listings', `store-${sku}`, { scope: 'store:trondheim', sku })
      if (listed.includes(sku)) await world.edit('pim', 'listings', `web-${sku}`, { scope: 'webshop-no', sku })
    }
    const tills = await world.sees('every article and its text is at the tills', () => Promise.all(articles.flatMap(({ sku, product }) => [world.has('pos', 'articles', sku), world.has('pos', 'products', product)])), found => found.every(document => document !== undefined))
    const products = await world.file('products.csv', ['id,number', ...articles.map(({ sku, product }) => `${ofShop(sku).productId},${product}`)])
    const skus = await world.file('variants.csv', ['id,number', ...articles.map(({ sku }) => `${ofShop(sku).id},${sku}`)])
    const said = [await world.torg('refs', 'import', products, '--kind', 'product', '--system', 'webshop-no'), await world.torg('refs', 'import', skus, '--kind', 'variant', '--system', 'webshop-no')]
    return `the tills have ${tills.length / 2} articles with their texts; "${said[1]?.trim()}"`
  },
}]

export const assortmentSteps: Step[] = [{
  scene: 'The assortment',
  title: 'The PIM changes a text',
  async run(world) {
    await world.edit('pim', 'products', 'BR-COFF', { labels: { nb: 'Bålkaffe, mørkbrent' } })
    const seen = await world.sees('webshop and tills have the new text', async () => [(await world.inShop('Product', ofShop(coffee).productId))['title'], (await world.has('pos', 'products', 'BR-COFF'))?.['text']], texts => texts.every(text => text === 'Bålkaffe, mørkbrent'))
    return `webshop and PoS say "${String(seen[0])}"`
  },
}, {
  scene: 'The assortment',
  title: 'The ERP tries to change it as well: recorded, not applied',
  async run(world) {
    await world.edit('erp', 'items', 'BR-COFF', { No: 'BR-COFF', Description: 'KAFFE 250G' })
    const said = await world.sees('torg explain tells of the attempt', () => world.torg('explain', 'product', 'BR-COFF', 'name'), text => text.includes('KAFFE 250G'))
    const { name } = await world.record('product', 'pim/product/BR-COFF')
    if ((name as Json)['nb'] !== 'Bålkaffe, mørkbrent') throw new Error(`the ERP has changed the text to ${JSON.stringify(name)}`)
    if (!said.includes('it is no master of the field; pim is')) throw new Error(`torg explain does not say why: ${said}`)
    return `torg explain product BR-COFF name:\n${said.trim().replaceAll(/, in message [0-9a-f-]+/g, '')}`
  },
}, {
  scene: 'The assortment',
  title: 'The ERP sets a price',
  async run(world) {
    await world.edit('erp', 'prices', ...price('P-1', coffee, 129.9))
    const seen = await world.sees('webshop and tills have the price', async () => [await priceInShop(world, coffee), await priceAtTill(world, coffee)], prices => prices.every(one => one === '129.90'))
    return `webshop and PoS charge ${String(seen[0])} NOK for ${coffee}`
  },
}, {
  scene: 'The assortment',
  title: 'Another price comes with the moment from which it holds',
  async run(world) {
    const from = new Date(Date.now() + aheadMs).toISOString()
    await world.edit('erp', 'prices', 'P-1', { EndingAt: from })
    await world.sees('the hub knows the end of the old price', async () => (await world.record('price', 'erp/price/P-1'))['validTo'], end => end === from)
    await world.edit('erp', 'prices', ...price('P-2', coffee, 99.9, { StartingAt: from }))
    await world.sees('the hub knows the coming price', () => priceInHub(world, coffee, from), amount => amount === '99.90')
    const before = [await priceInHub(world, coffee, new Date().toISOString()), await priceInShop(world, coffee), await priceAtTill(world, coffee)]
    if (Date.now() >= Date.parse(from)) throw new Error('the hub took so long that the price holds already')
    if (before.some(amount => amount !== '129.90')) throw new Error(`the price of ${from} is charged before its time: ${before.join(', ')}`)
    const seen = await world.sees('webshop and tills have the new price', async () => [await priceInShop(world, coffee), await priceAtTill(world, coffee)], prices => prices.every(one => one === '99.90'))
    const late = Date.now() - Date.parse(from)
    if (late < 0) throw new Error(`the price was charged ${-late} ms too early`)
    return `until then 129.90 NOK everywhere; ${(late / 1000).toFixed(1)} s after it began webshop and PoS charge ${String(seen[0])} NOK`
  },
}, {
  scene: 'The assortment',
  title: 'The ERP sets the price of an article that is not listed for the webshop',
  async run(world) {
    const before = await priceInShop(world, tent)
    await world.edit('erp', 'prices', ...price('P-3', tent, 4299))
    await world.sees('the tills have the price', () => priceAtTill(world, tent), amount => amount === '4299.00')
    await world.sees('nothing waits for the webshop', async () => listOf((await world.call('GET', '/lanes'))['items']).find(({ lane }) => lane === 'webshop-no.out')?.['pending'], pending => pending === 0)
    const after = await priceInShop(world, tent)
    if (after !== before) throw new Error(`the webshop was given the price ${String(after)} of ${tent}, which is not listed there`)
    return `PoS charges 4299.00 NOK for ${tent}; the webshop was told nothing and has ${String(after)} NOK`
  },
}, {
  scene: 'The assortment',
  title: 'The PIM lists it for the webshop, from a moment on and until another',
  async run(world) {
    const [from, to] = [1_500, 6_000].map(ahead => Date.now() + ahead * aheadMs / 10_000).map(at => new Date(at).toISOString())
    const inShop = async () => [(await world.inShop('Product', ofShop(tent).productId))['status'], await priceInShop(world, tent)]
    const before = await inShop()
    await world.edit('pim', 'listings', `web-${tent}`, { scope: 'webshop-no', sku: tent, from, to })
    const [, begun] = await world.sees('the shop shows it, with the price that came before', inShop, ([status, amount]) => status === 'ACTIVE' && amount === '4299.00')
    const late = Date.now() - Date.parse(from ?? '')
    if (late < 0) throw new Error(`the webshop was told ${-late} ms too early`)
    await world.sees('it is a draft again', inShop, ([status]) => status === 'DRAFT')
    if (Date.now() < Date.parse(to ?? '')) throw new Error('it was withdrawn before the end')
    return `before, the webshop charged ${String(before[1])} NOK; ${(late / 1000).toFixed(1)} s after the listing began it shows ${tent} for ${String(begun)} NOK, and after its end no longer`
  },
}]
