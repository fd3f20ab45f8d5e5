/** Exact arithmetic on decimal strings, and what is known of currencies. No floats anywhere. */
import { Big as SharedBig } from 'big.js'

/** A constructor of our own, so that its settings cannot be changed by another package using big.js. */
const Big = SharedBig()
Big.DP = 12
Big.RM = Big.roundHalfUp
type Big = InstanceType<typeof Big>

/** How a last digit is rounded, as big.js counts them. */
export const rounding = { 'down': 0, 'half-up': 1, 'half-even': 2, 'up': 3 } as const
export type Rounding = typeof rounding[keyof typeof rounding]

/** Digits a safe integer holds whatever they are. */
const mostDigits = 15
const powers = Array.from({ length: mostDigits + 1 }, (_, exponent) => 10 ** exponent)
/** By a constant index: never undefined for scales up to {@link mostDigits}. */
const powerOf = (exponent: number): number => powers[exponent] ?? Number.NaN

/**
 * An exact decimal. Up to 15 digits it is a whole number of units with a scale (`12.50` is 1250 and 2), on which the operations of a
 * processor are exact; what does not fit is left to big.js, which takes ten times as long. Immutable.
 */
export class Decimal {
  /** NaN where it is big. */
  readonly #units: number
  readonly #scale: number
  readonly #big: Big | undefined

  /**
   * @param value decimal text, with or without an exponent, or a finite number; with a `scale` (0 to 15), whole units of it
   * @throws Error for any other text or number
   */
  constructor(value: string | number | Big, scale?: number) {
    this.#scale = 0
    if (typeof value === 'number' && (scale !== undefined || Number.isSafeInteger(value))) {
      this.#units = value
      this.#scale = scale ?? 0
      return
    }
    const simple = Decimal.ofSimple(typeof value === 'object' ? value.toFixed() : String(value))
    if (simple === undefined) {
      this.#big = typeof value === 'object' ? value : new Big(value)
      this.#units = Number.NaN
    } else {
      this.#units = simple.#units
      this.#scale = simple.#scale
    }
  }

  /** Reads plain decimal text of up to 15 digits, such as `-12.50`; undefined for any other text. */
  static ofSimple(text: string): Decimal | undefined {
    const length = text.length
    const negative = text.charCodeAt(0) === 45
    let units = 0
    let digits = 0
    let point = -1
    for (let at = negative ? 1 : 0; at < length; at += 1) {
      const digit = text.charCodeAt(at) - 48
      if (digit >= 0 && digit <= 9) {
        units = units * 10 + digit
        digits += 1
      } else if (digit === -2 && point < 0 && digits > 0) point = digits
      else return undefined
    }
    if (digits === 0 || digits > mostDigits || point === digits) return undefined
    return new Decimal(negative ? -units : units, point < 0 ? 0 : digits - point)
  }

  #toBig(): Big { return this.#big ?? new Big(this.toFixed()) }

  plus(other: Decimal): Decimal { return this.#add(other, 1) }
  minus(other: Decimal): Decimal { return this.#add(other, -1) }

  #add(other: Decimal, sign: 1 | -1): Decimal {
    const scale = this.#scale > other.#scale ? this.#scale : other.#scale
    const own = this.#units * powerOf(scale - this.#scale)
    const others = other.#units * powerOf(scale - other.#scale)
    if (isExact(own) && isExact(others) && isExact(own + sign * others)) return new Decimal(own + sign * others, scale)
    return new Decimal(sign === 1 ? this.#toBig().plus(other.#toBig()) : this.#toBig().minus(other.#toBig()))
  }

  times(other: Decimal): Decimal {
    const product = this.#units * other.#units
    const scale = this.#scale + other.#scale
    return isExact(product) && scale <= mostDigits ? new Decimal(product, scale) : new Decimal(this.#toBig().times(other.#toBig()))
  }

  /** To 12 decimals, half up. @throws Error for a division by 0 */
  div(other: Decimal): Decimal { return new Decimal(this.#toBig().div(other.#toBig())) }

  neg(): Decimal { return this.#big ? new Decimal(this.#big.neg()) : new Decimal(-this.#units, this.#scale) }
  abs(): Decimal { return this.#big ? new Decimal(this.#big.abs()) : new Decimal(Math.abs(this.#units), this.#scale) }

  /** Below 0, 0 or above 0, as this is less than, equal to or greater than the other. */
  cmp(other: Decimal): number {
    const scale = this.#scale > other.#scale ? this.#scale : other.#scale
    const own = this.#units * powerOf(scale - this.#scale)
    const others = other.#units * powerOf(scale - other.#scale)
    if (isExact(own) && isExact(others)) return own < others ? -1 : own > others ? 1 : 0
    return this.#toBig().cmp(other.#toBig())
  }

  eq(other: Decimal): boolean { return this.cmp(other) === 0 }

  round(decimals: number, mode: Rounding = rounding['half-up']): Decimal {
    if (this.#big) return new Decimal(this.#big.round(decimals, mode))
    if (decimals >= this.#scale) return this
    const factor = powerOf(this.#scale - decimals)
    const rest = this.#units % factor
    const whole = (this.#units - rest) / factor
    return new Decimal(whole + (roundsAway(whole, Math.abs(rest), factor, mode) ? Math.sign(this.#units) : 0), decimals)
  }

  /** As plain text, never with an exponent: without zeros at the end, but with `least` decimals. */
  toFixed(least = 0): string {
    if (this.#big) return padded(this.#big.toFixed(), least)
    let units = this.#units
    let scale = this.#scale
    while (scale > least && units % 10 === 0) {
      units /= 10
      scale -= 1
    }
    if (scale === 0) return least === 0 ? String(units) : `${units}.${'0'.repeat(least)}`
    const digits = String(units < 0 ? -units : units)
    const whole = digits.length > scale ? digits.slice(0, digits.length - scale) : '0'
    const decimals = digits.length > scale ? digits.slice(digits.length - scale) : digits.padStart(scale, '0')
    return `${units < 0 ? '-' : ''}${whole}.${decimals}${scale < least ? '0'.repeat(least - scale) : ''}`
  }

  /** The nearest number. Exact operands of a division give the nearest, as reading the text would. */
  toNumber(): number { return this.#big ? this.#big.toNumber() : this.#units === 0 ? 0 : this.#units / powerOf(this.#scale) }
}

/** Whether an operation on exact operands has given an exact result; false for NaN. */
const isExact = (value: number): boolean => value <= Number.MAX_SAFE_INTEGER && value >= -Number.MAX_SAFE_INTEGER

function roundsAway(whole: number, rest: number, factor: number, mode: Rounding): boolean {
  switch (mode) {
    case rounding['down']: return false
    case rounding['up']: return rest > 0
    case rounding['half-even']: return rest * 2 > factor || (rest * 2 === factor && whole % 2 !== 0)
    case rounding['half-up']: return rest * 2 >= factor
  }
}

function padded(text: string, least: number): string {
  const point = text.indexOf('.')
  const missing = least - (point < 0 ? 0 : text.length - point - 1)
  return missing <= 0 ? text : `${text}${point < 0 ? '.' : ''}${'0'.repeat(missing)}`
}

/** ISO 4217 currencies whose minor unit is not a hundredth. */
const exponents: ReadonlyMap<string, number> = new Map(Object.entries({
  BIF: 0, CLP: 0, DJF: 0, GNF: 0, ISK: 0, JPY: 0, KMF: 0, KRW: 0, PYG: 0, RWF: 0, UGX: 0, UYI: 0, VND: 0, VUV: 0, XAF: 0, XOF: 0, XPF: 0,
  BHD: 3, IQD: 3, JOD: 3, KWD: 3, LYD: 3, OMR: 3, TND: 3, CLF: 4, UYW: 4,
}))

/** Decimals of a currency's minor unit: 2 for NOK, 0 for ISK, 3 for KWD. */
export function currencyExponent(currency: string): number { return exponents.get(currency) ?? 2 }

/** The smallest amount of a currency: 0.01 for NOK. */
export function minorUnit(currency: string): Decimal { return new Decimal(1, currencyExponent(currency)) }

/** A decimal as a plain string, never with an exponent, with at least the currency's decimals: `199` NOK is `199.00`. */
export function toAmount(value: Decimal, currency: string): string { return value.toFixed(currencyExponent(currency)) }
