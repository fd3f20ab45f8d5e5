/** Exact arithmetic on decimal strings, and what is known of currencies. No floats anywhere. */
import { Big as SharedBig } from 'big.js'

/** A constructor of our own, so that its settings cannot be changed by another package using big.js. */
export const Decimal = SharedBig()
Decimal.DP = 12
Decimal.RM = Decimal.roundHalfUp
export type Decimal = InstanceType<typeof Decimal>

/** ISO 4217 currencies whose minor unit is not a hundredth. */
const exponents: Readonly<Record<string, number>> = {
  BIF: 0, CLP: 0, DJF: 0, GNF: 0, ISK: 0, JPY: 0, KMF: 0, KRW: 0, PYG: 0, RWF: 0, UGX: 0, UYI: 0, VND: 0, VUV: 0, XAF: 0, XOF: 0, XPF: 0,
  BHD: 3, IQD: 3, JOD: 3, KWD: 3, LYD: 3, OMR: 3, TND: 3, CLF: 4, UYW: 4,
}

/** Decimals of a currency's minor unit: 2 for NOK, 0 for ISK, 3 for KWD. */
export function currencyExponent(currency: string): number { return exponents[currency] ?? 2 }

/** The smallest amount of a currency: 0.01 for NOK. */
export function minorUnit(currency: string): Decimal { return new Decimal(10).pow(-currencyExponent(currency)) }

/** A decimal as a plain string, never with an exponent, with at least the currency's decimals: `199` NOK is `199.00`. */
export function toAmount(value: Decimal, currency: string): string {
  const plain = value.toFixed()
  const point = plain.indexOf('.')
  const missing = currencyExponent(currency) - (point < 0 ? 0 : plain.length - point - 1)
  if (missing <= 0) return plain
  return `${plain}${point < 0 ? '.' : ''}${'0'.repeat(missing)}`
}
