/** Buying: click and collect, a receipt of the store, an order by e-mail. */
import { coffee } from './assortment.ts'
import { listOf, objectOf, type Json, type World } from './world.ts'
import type { Step } from './step.ts'

const number = '1001'

/** The buyer of the first order, as the hub knows them. */
export async function theCustomer(world: World): Promise<Json> {
  const order = await theOrder(world)
  return world.call('GET', `/customers/${String(objectOf(objectOf(order['buyer'])['customer'])['id'])}`)
}
const theOrder = async (world: World): Promise<Json> => listOf((await world.call('GET', `/orders?number=${number}`))['items'])[0] ?? {}
export const refOf = (record: Json, system: string): string => String(listOf(record['refs']).find(ref => ref['system'] === system)?.['id'])
const pickupInShop = async (world: World): Promise<unknown> => objectOf((await world.inShop('Order', refOf(await theOrder(world), 'webshop-no')))['metafields'])['torg.pickup']
const pickupInHub = async (world: World, of = number): Promise<unknown> => listOf((await world.call('GET', `/fulfilments?number=${of}`))['items'])[0]?.['state']
/** As the till writes it: tax included, decimals as texts. */
const bag = { article: coffee, text: 'Bålkaffe', pieces: 2, price: '119.90', vatRate: 0.15, vat: '31.28', total: '239.80' }

/** Id of the mail. */
export const message = 'b7bc2f4a-e38e-4336-af7d-e6c392c2f817'

const scene = 'Click and collect'

export const collectSteps: Step[] = [{
  scene,
  title: 'Somebody buys in the webshop, to collect in the store',
  async run(world) {
    const order = await world.buy({ collect: true })
    const pickup = await world.sees('the store has the pickup', () => world.has('store', 'pickups', number), found => found?.['state'] === 'requested')
    await world.sees('the ERP has the order', () => world.has('erp', 'sales-documents', number), found => found !== undefined)
    if (await world.has('store', 'tasks', number)) throw new Error('the store was told to send what is collected')
    return `order ${number}, ${String(order['total_price'])} NOK: the store shows a pickup for ${String(pickup?.['recipient'])}, ${String(pickup?.['pieces'])} pieces; the ERP has the sales document`
  },
}, {
  scene,
  title: 'The store accepts, picks, and has it ready',
  async run(world) {
    for (const state of ['accepted', 'picking', 'ready']) {
      await world.edit('store', 'pickups', number, { state, employee: 'Sindre' })
      await world.sees(`the hub has the pickup as ${state}`, () => pickupInHub(world), seen => seen === state)
    }
    const seen = await world.sees('the webshop shows that it is ready', () => pickupInShop(world), state => state === 'ready')
    return `the webshop shows order ${number} as "${String(seen)}"`
  },
}, {
  scene,
  title: 'The customer collects it',
  async run(world) {
    await world.edit('store', 'pickups', number, { state: 'collected' })
    await world.sees('the webshop shows that it is collected', () => pickupInShop(world), state => state === 'collected')
    const { status } = await world.sees('the order is complete', () => theOrder(world), order => objectOf(order['status'])['fulfilment'] === 'complete')
    return `the webshop shows "collected"; the order's status in the hub is ${JSON.stringify(status)}`
  },
}, {
  scene,
  title: 'Another order is cancelled in the webshop before it is collected',
  async run(world) {
    const order = await world.buy({ collect: true })
    const other = String(order['order_number'])
    await world.sees('the store has the other pickup', () => world.has('store', 'pickups', other), found => found !== undefined)
    await world.cancel(order)
    const asked = await world.sees('the store is asked to put the goods back', () => world.has('store', 'pickups', other), found => found?.['putBack'] !== undefined)
    await world.edit('store', 'pickups', other, { state: 'cancelled' })
    await world.sees('the pickup has ended', () => pickupInHub(world, other), state => state === 'cancelled')
    return `the store reads "${String(asked?.['putBack'])}" on pickup ${other}, puts the goods back, and says so`
  },
}, {
  scene,
  title: 'At the till the customer buys coffee as well; the receipt reaches the webshop',
  async run(world) {
    const customer = await theCustomer(world)
    const member = await world.sees('the till knows the customer', () => world.has('pos', 'members', String(customer['id'])), found => found !== undefined)
    const at = new Date()
    await world.edit('pos', 'receipts', 'trondheim-2-48211', {
      receiptNo: 'trondheim-2-48211', store: 'trondheim', till: 2, no: 48211, date: at.toISOString().slice(0, 10), at: at.toISOString(), cashier: { id: 1107, name: 'Sindre Aas' },
      memberNo: member?.['memberNo'], lines: [{ no: 1, ...bag }], total: bag.total, vat: bag.vat, payments: [{ type: 'card', amount: bag.total }],
    })
    const kept = await world.sees('the webshop has the receipt', async () => objectOf((await world.inShop('Customer', refOf(customer, 'webshop-no')))['metafields'])['torg.receipt-trondheim-2-48211'], receipt => receipt !== undefined)
    return `the webshop has it on the customer's account: ${String(kept)}`
  },
}]

export const mailAndProofSteps: Step[] = [{
  scene: 'An order by e-mail',
  title: 'The same customer writes an e-mail, which a mail gateway passes on',
  async run(world) {
    const customer = await theCustomer(world)
    const email = String(listOf(customer['emails'])[0]?.['value'])
    await world.edit('mail', 'inbound', message, {
      MessageID: message, From: `${String(customer['name'])} <${email}>`, FromFull: { Email: email, Name: customer['name'], MailboxHash: '' }, To: 'ordre@torget.example', Subject: 'Bestilling', Date: new Date().toUTCString(),
      TextBody: `Hei!\r\n\r\n2 x UL-BEAN-ONE Lue i lammeull 349,00\r\n1 x ${coffee} Bålkaffe 99,90\r\n\r\nName: ${String(customer['name'])}\r\nAddress: Elvegata 12, 7012 Trondheim\r\n`,
      HtmlBody: '', Attachments: [],
    })
    const document = await world.sees('the ERP has the order', () => world.has('erp', 'sales-documents', 'MAIL-B7BC2F4A'), found => found !== undefined)
    const task = await world.sees('the store has the task', () => world.has('store', 'tasks', 'MAIL-B7BC2F4A'), found => found !== undefined)
    const order = await world.record('order', `mail/order/${message}`)
    const { customer: buyer } = objectOf(order['buyer'])
    if (objectOf(buyer)['id'] !== customer['id']) throw new Error(`the order is not of the customer: ${JSON.stringify(order['buyer'])}`)
    return `order ${String(order['number'])} of the same customer: the ERP books ${Number(document?.['AmountInclTax']).toFixed(2)} NOK, the store picks ${String(task?.['pieces'])} pieces to send to ${String(task?.['label'])}`
  },
}, {
  scene: 'The proof',
  title: 'torg prove accounts for every message, record and delivery, and asks the systems what they have',
  async run(world) {
    await world.sees('no lane has work', async () => listOf((await world.call('GET', '/lanes'))['items']).filter(({ pending }) => pending !== 0), busy => busy.length === 0)
    const proof = await world.torg('prove')
    return proof.trim().split('\n').at(-1) ?? ''
  },
}]
