/** What a system lists itself, compared with what the hub knows of it. */
import { toTorgError, type TorgError } from '../errors.ts'
import type { RegisteredSystem } from '../hub.ts'
import type { ListedItem } from '../kit/definition.ts'
import { Decimal, minorUnit } from '../model/decimals.ts'
import type { Census, CensusPeriod, ListedMatch } from '../store/census-types.ts'
import { RecordMarks } from './marks.ts'
import type { ListingRow, Unexplained } from './report.ts'
import { Sums } from './sums.ts'

/** What is delivered was wanted before, so it cannot be older there; but clocks differ. */
const clockSlackMs = 3_600_000
const pageSize = 500
/** A document listed twice is counted once, up to so many that are unknown here. */
const rememberedStrangers = 10_000

export interface ListingWant {
  census: Census
  period: CensusPeriod
  system: RegisteredSystem
  kind: string
  worth: readonly string[] | undefined
  /** Whether the hub delivers this kind to it. */
  delivered: boolean
  /** What is younger than this there may be on its way, ISO 8601 UTC. */
  settledBefore: string
  signal: AbortSignal
  name(found: Unexplained): void
}

/** Undefined where the system cannot list this kind. A system that does not answer is told in the row, not thrown. */
export async function proveListing(want: ListingWant): Promise<ListingRow | undefined> {
  const { system, kind, period, signal, delivered } = want
  const list = (): AsyncIterable<readonly ListedItem[]> | undefined =>
    system.list?.({ kind, from: new Date(Date.parse(period.from) - clockSlackMs).toISOString(), ...(!delivered && { to: period.to }), signal })
  const pages = list()
  if (!pages) return undefined
  const comparison = new Comparison(want)
  try {
    // First what the hub says it delivered, then the system's list: what is delivered in between is there but not asked for.
    await comparison.collect()
    await comparison.compareAll(pages)
    // While documents change, those on the edge of a page can slip from one to the next: what is missing is asked for again.
    const again = comparison.misses ? list() : undefined
    if (again) await comparison.compareAll(again)
    await comparison.finish()
    return comparison.row()
  } catch (thrown) {
    const error = toTorgError(thrown, 'system.unavailable')
    if (error.code === 'hub.unavailable' || error.code === 'hub.internal') throw error
    return comparison.row(error)
  }
}

class Comparison {
  readonly #want: ListingWant
  readonly #marks = new RecordMarks()
  readonly #strangers = new Set<string>()
  readonly #there = new Sums()
  readonly #here = new Sums()
  #listed = 0
  #known = 0
  #arriving = 0
  #unexplained = 0

  constructor(want: ListingWant) { this.#want = want }

  /** Whether records are missing so far. */
  get misses(): boolean { return this.#marks.missing(1).next().done !== true }

  async collect(): Promise<void> {
    const { census, period, system, kind } = this.#want
    for await (const rows of census.held(period, { system: system.key, kind })) for (const { id, held } of rows) this.#marks.add(id, held)
  }

  async compareAll(pages: AsyncIterable<readonly ListedItem[]>): Promise<void> {
    for await (const page of pages) for (let at = 0; at < page.length; at += pageSize) await this.#compare(page.slice(at, at + pageSize))
  }

  async #compare(items: readonly ListedItem[]): Promise<void> {
    const { census, period, system, kind, worth } = this.#want
    const matches = await census.match(items, { system: system.key, kind, period, amount: worth })
    const strangers: ListedItem[] = []
    for (const [index, item] of items.entries()) {
      const match = matches[index]
      if (match) {
        if (this.#marks.see(match.id)) this.#compareOne(item, match)
      } else if (!item.at || (item.at >= period.from && item.at < period.to)) strangers.push(item)
    }
    await this.#trace(strangers)
  }

  #compareOne(item: ListedItem, match: ListedMatch): void {
    const { system, kind } = this.#want
    this.#listed += 1
    this.#known += 1
    const currency = item.amount?.currency ?? match.currency
    const amount = item.amount && inMajorUnits(item.amount, currency)
    this.#there.add(amount, currency)
    if (amount !== undefined) this.#here.add(match.amount, match.currency)
    const found = { system: system.key, kind, id: match.id, number: match.number ?? item.id }
    const named = `${kind} ${found.number}`
    if (match.removed) this.#name({ ...found, reason: 'still-there', detail: `${system.key} acknowledged the removal of ${named}, but still has it as ${item.id}.` })
    else if (amount !== undefined && match.amount !== null && !match.open && !match.arriving && (currency !== match.currency || !new Decimal(amount).eq(new Decimal(match.amount)))) {
      this.#name({ ...found, reason: 'amount-differs', detail: `${named} is ${match.amount} ${match.currency} here, but ${amount} ${currency} in ${system.key}.` })
    }
  }

  /** Documents that are no record: on their way, ended on purpose, or never heard of. */
  async #trace(items: readonly ListedItem[]): Promise<void> {
    const { census, period, system, kind, settledBefore } = this.#want
    const fresh = items.filter(({ id }) => !this.#strangers.has(id))
    if (fresh.length === 0) return
    const traces = await census.traces(fresh.map(({ id }) => id), { system: system.key, from: period.from })
    for (const item of fresh) {
      if (this.#strangers.size < rememberedStrangers) this.#strangers.add(item.id)
      const trace = traces.get(item.id)
      // Test orders and the like are not the hub's; that their flow ended them was counted with the messages.
      if (trace === 'ended') continue
      this.#listed += 1
      if (trace === 'pending' || trace === 'dead' || (item.at && item.at >= settledBefore)) this.#arriving += 1
      else this.#name({ reason: 'only-there', system: system.key, kind, id: item.id, ...(item.number !== undefined && { number: item.number }), detail: `${system.key} has the ${kind} ${item.number ?? item.id}, of which the hub knows nothing.` })
    }
  }

  async finish(): Promise<void> {
    const { census, system, kind } = this.#want
    for (const ids of this.#marks.missing(pageSize)) {
      for (const { id, number } of await census.stillHeld(ids, system.key)) {
        this.#name({ reason: 'not-there', system: system.key, kind, id, ...(number !== null && { number }), detail: `${system.key} acknowledged ${kind} ${number ?? id}, but does not have it.` })
      }
    }
  }

  #name(found: Unexplained): void {
    this.#unexplained += 1
    this.#want.name(found)
  }

  row(error?: TorgError): ListingRow {
    const { system, kind, delivered } = this.#want
    return {
      system: system.key, kind, there: this.#listed, known: this.#known, amounts: this.#there.toMoney(), amountsHere: this.#here.toMoney(),
      held: delivered ? this.#marks.held : null, arriving: this.#arriving, unexplained: this.#unexplained, ...(error && { error: error.message }),
    }
  }
}

/** Undefined where the system gave something that is no decimal number. */
function inMajorUnits({ amount, minor }: NonNullable<ListedItem['amount']>, currency: string | null): string | undefined {
  if (!/^-?\d+(\.\d+)?$/.test(amount)) return undefined
  return minor ? new Decimal(amount).times(minorUnit(currency ?? '')).toFixed() : amount
}
