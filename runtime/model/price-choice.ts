/** Which of a variant's prices is the one to pay. Pure. */
import { Decimal } from './decimals.ts'
import { price as priceKind, type Price } from './kinds/price.ts'

/** Who buys where, when and how much. */
export interface PriceWant {
  /** A moment, ISO 8601. */
  at: string
  currency: string
  /** Only prices of this list; absent: of any. */
  list?: string
  channel?: string
  store?: string
  customerGroups?: readonly string[]
  /** The hub's id of the customer. */
  customer?: string
  /** Decimal text. @defaultValue '1' */
  quantity?: string
  /** What is bought where it is not the variant's own unit. */
  unit?: string
  /** Only gross prices (true) or net ones (false). */
  taxIncluded?: boolean
}

/** Whether a stored document is a price as it is now. */
export function isPrice(document: unknown): document is Price { return priceKind.validate(document).length === 0 }

/** A price with whatever tells it from others. */
export interface PriceCandidate { id: string, price: Price }

export interface PriceChoice<Candidate extends PriceCandidate> {
  /** The one to pay. */
  price: Candidate
  /** What it would be without campaigns and without belonging to a group; null where there is none. */
  regular: Candidate | null
}

/**
 * The price in effect. Of prices of the same type for the same buyers only the one of the narrowest place (store, channel, everywhere) and then of the
 * highest quantity reached holds: a store at the airport may be dearer. Of those that are left the buyer pays the lowest: a club price, an agreed
 * price or a campaign makes nothing dearer. Of equal ones a campaign goes first, then the one that began last, then the lower id, so that the answer is always the same.
 *
 * @returns null where no price holds
 */
export function choosePrice<Candidate extends PriceCandidate>(candidates: readonly Candidate[], want: PriceWant): PriceChoice<Candidate> | null {
  const holding = candidates.filter(({ price }) => holds(price, want))
  const winners = [...Map.groupBy(holding, ({ price: { type, customerGroup, customer } }) => JSON.stringify([type, customerGroup, customer?.id])).values()].flatMap(group => group.toSorted(byPlace).slice(0, 1))
  const [price] = winners.toSorted(byAmount)
  if (!price) return null
  return { price, regular: winners.find(({ price: { type, customerGroup, customer } }) => type === 'regular' && customerGroup === undefined && customer === undefined) ?? null }
}

function holds(price: Price, { at, currency, list, channel, store, customerGroups = [], customer, quantity = '1', unit, taxIncluded }: PriceWant): boolean {
  const moment = Date.parse(at)
  return (price.type === 'regular' || price.type === 'campaign')
    && price.value.currency === currency
    && (list === undefined || price.list === list)
    && (price.channel === undefined || price.channel === channel)
    && (price.store === undefined || price.store === store)
    && (price.customerGroup === undefined || customerGroups.includes(price.customerGroup))
    && (price.customer === undefined || (customer !== undefined && price.customer.id === customer))
    && price.unit === unit
    && (taxIncluded === undefined || price.taxIncluded === taxIncluded)
    && (price.minimumQuantity === undefined || new Decimal(price.minimumQuantity.value).cmp(new Decimal(quantity)) <= 0)
    && (price.validFrom === undefined || Date.parse(price.validFrom) <= moment)
    && (price.validTo === undefined || moment < Date.parse(price.validTo))
}

const width = ({ store, channel }: Price): number => store !== undefined ? 0 : channel !== undefined ? 1 : 2
const least = ({ minimumQuantity }: Price): Decimal => new Decimal(minimumQuantity?.value ?? '0')
const begin = ({ validFrom }: Price): number => validFrom === undefined ? -Infinity : Date.parse(validFrom)

function byPlace(one: PriceCandidate, other: PriceCandidate): number {
  return width(one.price) - width(other.price) || least(other.price).cmp(least(one.price)) || byAmount(one, other)
}

function byAmount(one: PriceCandidate, other: PriceCandidate): number {
  return new Decimal(one.price.value.amount).cmp(new Decimal(other.price.value.amount))
    || Number(other.price.type === 'campaign') - Number(one.price.type === 'campaign')
    || begin(other.price) - begin(one.price) || (one.id < other.id ? -1 : 1)
}
