/** What checks of kinds have in common: findings that a schema cannot make, and the error they become. */
import { TorgError } from '../errors.ts'
import { currencyExponent, Decimal } from './decimals.ts'
import type { Finding } from './validation.ts'
import type { Money } from './values.ts'

/** The first finding as an error, with all of them in `errors`; null where there is none. */
export function faultOf(code: 'model.totals' | 'validation.schema', found: readonly Finding[]): TorgError | null {
  const [first, ...others] = found
  if (first === undefined) return null
  const more = others.length === 0 ? '' : ` (and ${others.length} more)`
  return new TorgError(code, { detail: `${first.detail}${more}`, pointer: first.pointer, value: first.value, errors: [...found] })
}

/** Every element whose key an earlier one of the list has already. `field` is where the key stands in an element, empty where the element is the key. */
export function repeated<Item>(pointer: string, items: readonly Item[] | undefined, field: string, keyOf: (item: Item) => string): Finding[] {
  const seen = new Set<string>()
  return (items ?? []).flatMap((item, index) => {
    const key = keyOf(item)
    const before = seen.has(key)
    seen.add(key)
    return before ? [{ detail: `${pointer} has "${key}" more than once. Give each once.`, pointer: `${pointer}/${index}${field === '' ? '' : `/${field}`}`, value: key }] : []
  })
}

/** A number that must be above 0, or with `orZero` not below. */
export function notPositive(pointer: string, text: string | undefined, { orZero = false }: { orZero?: boolean } = {}): Finding[] {
  if (text === undefined) return []
  const sign = new Decimal(text).cmp(new Decimal(0))
  if (sign > 0 || (orZero && sign === 0)) return []
  return [{ detail: `${pointer} is ${text}; it must ${orZero ? 'not be below 0' : 'be above 0'}.`, pointer, value: text }]
}

/** A sum that is paid must have no more decimals than its currency. */
export function unpayable(pointer: string, { amount, currency }: Money): Finding[] {
  const exponent = currencyExponent(currency)
  const value = new Decimal(amount)
  if (value.eq(value.round(exponent))) return []
  return [{ detail: `${pointer} is ${amount} ${currency}, but amounts paid in ${currency} have at most ${exponent} decimals.`, pointer: `${pointer}/amount`, value: amount }]
}

/** A period that ends at or before its start would never hold. */
export function emptyPeriod({ validFrom, validTo }: { validFrom?: string, validTo?: string }): Finding[] {
  if (validFrom === undefined || validTo === undefined || Date.parse(validFrom) < Date.parse(validTo)) return []
  return [{ detail: `/validTo is ${validTo}, which is not after validFrom (${validFrom}). The end is the first moment that is no longer meant.`, pointer: '/validTo', value: validTo }]
}
