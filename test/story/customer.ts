/** The customer: what the CRM changes, what may be handed out, and how nothing remains. */
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import pg from 'pg'
import { message, refOf, theCustomer } from './shopping.ts'
import type { Step } from './step.ts'
import { listOf, objectOf, type Json, type World } from './world.ts'

const phone = '+4790655512'
const remark = 'Ring før klokken tolv'

export const phoneSteps: Step[] = [{
  scene: 'The customer',
  title: 'The CRM changes the phone number, and notes something for customer service',
  async run(world) {
    const customer = await theCustomer(world)
    const id = String(customer['id'])
    await world.edit('crm', 'contacts', id, { mobile: '906 55 512', remark })
    const [shop, erp, till] = await world.sees('webshop, ERP and till have the number', () => Promise.all([world.inShop('Customer', refOf(customer, 'webshop-no')), world.has('erp', 'customers', id), world.has('pos', 'members', id)]),
      ([inShop, inErp, atTill]) => inShop['phone'] === phone && inErp?.['PhoneNo'] === phone && atTill?.['phone'] === phone)
    if (erp?.['Remark'] !== remark) throw new Error(`the ERP did not get the remark: ${JSON.stringify(erp)}`)
    if (till?.['remark'] !== undefined) throw new Error(`the till was given the remark, which roles.json keeps from it: ${JSON.stringify(till)}`)
    return `webshop, ERP and PoS have ${String(shop['phone'])}; the remark is with the ERP, and not at the tills, which may not read it`
  },
}]

export const privacySteps: Step[] = [{
  scene: 'The customer leaves',
  title: 'Everything about the customer is exported',
  async run(world) {
    const customer = await theCustomer(world)
    const found = JSON.parse(await world.torg('erasures', 'export', String(customer['id']))) as { records: Record<string, unknown[]>, messages: unknown[], deliveries: unknown[] }
    const counts = Object.entries(found.records).map(([kind, records]) => `${records.length} ${kind}${records.length === 1 ? '' : 's'}`).sort()
    for (const wanted of ['2 orders', '1 receipt', '1 fulfilment']) if (!counts.includes(wanted)) throw new Error(`the export has ${counts.join(', ')}; ${wanted} is missing`)
    return `the customer, ${counts.join(', ')}, ${found.messages.length} messages as they came, ${found.deliveries.length} deliveries`
  },
}, {
  scene: 'The customer leaves',
  title: 'The customer is erased, here and in every system',
  async run(world) {
    const customer = await theCustomer(world)
    const id = String(customer['id'])
    const words = [String(listOf(customer['emails'])[0]?.['value']), phone, '906 55 512', String(customer['name'])]
    const total = (await world.has('erp', 'sales-documents', '1001'))?.['AmountInclTax']
    await world.torg('erasures', 'start', id, '--why', 'asked for it at the till')
    const look = async (): Promise<Json> => objectOf(listOf((await world.call('GET', '/privacy/erasures'))['items'])[0])
    const byHand = ({ systems }: Json): unknown[] => listOf(systems).filter(({ state }) => state === 'by-hand').map(({ system }) => system)
    const { id: erased } = await world.sees('every system has confirmed but the mailbox, which the hub does not feed', look, erasure => listOf(erasure['systems']).every(({ system, state }) => state === (system === 'mail' ? 'by-hand' : 'confirmed')) && byHand(erasure).length === 1)
    await world.remove('mail', 'inbound', message)
    await world.torg('erasures', 'confirm', String(erased), 'mail', '--note', 'taken out of the mailbox')
    const erasure = await world.sees('the erasure is done', look, ({ state }) => state === 'done')
    for (const system of ['webshop-no', 'erp', 'crm', 'pos', 'store', 'mail']) {
      const held = await world.all(system)
      const left = words.filter(word => held.includes(word))
      if (left.length > 0) throw new Error(`${system} still has ${left.join(', ')}`)
    }
    const places = await placesWith(world, words)
    if (places.length > 0) throw new Error(`the hub still has the customer's data in ${places.join(', ')}`)
    const kept = (await world.has('erp', 'sales-documents', '1001'))?.['AmountInclTax']
    if (kept !== total) throw new Error(`the amount of the order was ${String(total)} and is ${String(kept)}`)
    return `${listOf(erasure['systems']).map(({ system, confirmed }) => `${String(system)} confirmed${confirmed === null ? '' : ' by hand'}`).join(', ')}; e-mail, phone and name are in no table, file or log of the hub, and in none of these systems; the order's ${Number(kept).toFixed(2)} NOK stay in the books`
  },
}, {
  scene: 'The customer leaves',
  title: 'Nothing was lost on the way',
  async run(world) {
    const { items } = await world.call('GET', '/dead-letters')
    if (listOf(items).length > 0) throw new Error(`there are dead letters: ${JSON.stringify(items)}`)
    if (world.log().trim() !== '') throw new Error(`the hub has warned: ${world.log()}`)
    return 'no dead letter, no warning in the log'
  },
}]

/** Tables and files of the hub in which one of the words stands, as text or as bytes. */
async function placesWith(world: World, words: readonly string[]): Promise<string[]> {
  const client = new pg.Client({ connectionString: world.databaseUrl })
  await client.connect()
  try {
    const tables = (await client.query<{ name: string }>(`select relname as name from pg_class where relnamespace = 'torg'::regnamespace and relkind in ('r', 'p') and not relispartition order by 1`)).rows
    const found: string[] = []
    for (const { name } of tables) for (const word of words) {
      const { rows } = await client.query(`select 1 from torg."${name}" t where t::text ilike '%' || $1 || '%' or t::text ilike '%' || encode(convert_to($1, 'UTF8'), 'hex') || '%' limit 1`, [word])
      if (rows.length > 0) found.push(`torg.${name} (${word})`)
    }
    // What the stand-ins keep is theirs; it is looked at in the systems themselves.
    const files = (await readdir(world.data, { recursive: true, withFileTypes: true })).filter(entry => entry.isFile() && !entry.parentPath.includes(join(world.data, 'twins'))).map(entry => join(entry.parentPath, entry.name))
    for (const file of files) {
      const text = await readFile(file, 'utf8')
      found.push(...words.filter(word => text.includes(word)).map(word => `${file} (${word})`))
    }
    return [...found, ...words.filter(word => world.log().includes(word)).map(word => `the log (${word})`)]
  } finally {
    await client.end()
  }
}
