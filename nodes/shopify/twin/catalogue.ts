/** What the demo webshop sells, to whom. All invented. Prices in øre, tax included. */

export interface Variant { id: number, productId: number, sku: string | null, title: string, variantTitle: string | null, vendor: string, price: number, taxRate: number, grams: number }

let nextId = 0
const variant = (sku: string | null, title: string, variantTitle: string | null, vendor: string, price: number, grams: number, taxRate = 0.25): Variant => {
  nextId += 1
  return { id: 44561223300000 + nextId * 11, productId: 8301112230000 + nextId, sku, title, variantTitle, vendor, price, taxRate, grams }
}

/** Everything is taxed 25 %, food 15 %, as in Norway. The last one has no article number: a thing made to order. */
export const variants: readonly [Variant, ...Variant[]] = [
  variant('FB-WIND-M-GRY', 'Fjellbris windbreaker', 'M / slate', 'Fjellbris', 149900, 420),
  variant('FB-WIND-L-RED', 'Fjellbris windbreaker', 'L / rust', 'Fjellbris', 149900, 440),
  variant('UL-SOCK-39', 'Merino socks', '39-42', 'Ullvik', 14900, 80),
  variant('UL-SOCK-43', 'Merino socks', '43-46', 'Ullvik', 14900, 90),
  variant('UL-BEAN-ONE', 'Lambswool beanie', null, 'Ullvik', 34900, 95),
  variant('NO-MUG-BLU', 'Enamel mug', 'Blue', 'Nordkapp Supply', 17900, 160),
  variant('NO-THERM-1L', 'Vacuum flask', '1 litre', 'Nordkapp Supply', 44950, 620),
  variant('NO-LAMP-400', 'Head torch', '400 lumen', 'Nordkapp Supply', 59900, 130),
  variant('SK-PACK-32', 'Day pack', '32 litres', 'Skogheim', 119500, 980),
  variant('SK-TENT-2P', 'Tunnel tent', '2 persons', 'Skogheim', 459900, 2650),
  variant('SK-MAT-R4', 'Sleeping mat', 'R 4.2', 'Skogheim', 99900, 540),
  variant('BR-COFF-250', 'Campfire coffee', '250 g', 'Brenneriet', 11990, 250, 0.15),
  variant('BR-CHOC-100', 'Sea salt chocolate', '100 g', 'Brenneriet', 5990, 100, 0.15),
  variant(null, 'Engraved name plate', 'Made to order', 'Torget', 24900, 40),
]

export const givenNames: readonly [string, ...string[]] = ['Ingrid', 'Sigrid', 'Astrid', 'Nora', 'Ella', 'Maja', 'Liv', 'Tuva', 'Lars', 'Ole', 'Håkon', 'Jonas', 'Emil', 'Aksel', 'Bjørn', 'Kåre']
export const familyNames: readonly [string, ...string[]] = ['Solheim', 'Haugen', 'Bakke', 'Lunde', 'Nygård', 'Myhre', 'Strand', 'Ødegård', 'Åsen', 'Fjeld', 'Lindqvist', 'Holm']
export const streets: readonly [string, ...string[]] = ['Strandgaten', 'Kirkeveien', 'Storgata', 'Fjordveien', 'Skolegata', 'Bryggen', 'Åsveien', 'Elvegata']
export const towns: readonly [readonly [string, string, string, string], ...(readonly [string, string, string, string])[]] = [
  ['0364', 'Oslo', 'NO', 'Norway'], ['5013', 'Bergen', 'NO', 'Norway'], ['7011', 'Trondheim', 'NO', 'Norway'], ['4006', 'Stavanger', 'NO', 'Norway'],
  ['9008', 'Tromsø', 'NO', 'Norway'], ['4612', 'Kristiansand', 'NO', 'Norway'], ['111 29', 'Stockholm', 'SE', 'Sweden'], ['411 06', 'Göteborg', 'SE', 'Sweden'],
]
export const discounts: readonly [readonly [string, number], ...(readonly [string, number])[]] = [['SPRING10', 10], ['CLUB15', 15], ['WELCOME20', 20]]
export const gateways: readonly [string, ...string[]] = ['Vipps', 'Klarna', 'shopify_payments', 'shopify_payments']
/** Title, code, price in øre. */
export const shippings: readonly [readonly [string, string, number], ...(readonly [string, string, number])[]] = [['Pickup point', 'pickup-point', 7900], ['Home delivery', 'home-delivery', 12900], ['Free shipping', 'free', 0]]
/** Bought in the shop, collected in a store of the retailer's: title and code of the way of delivery. Free. */
export const pickup: readonly [string, string] = ['Pick up in Trondheim', 'collect-trondheim']
export const notes: readonly [string, ...string[]] = ['Please ring the bell twice.', 'A present: no prices in the parcel, please.', 'Leave it at the neighbour\'s.', 'Call before delivery.']
