/** Steps on numbers and money. Exact decimal arithmetic; amounts leave as decimal text. */
import { currencyExponent, Decimal, minorUnit, rounding, toAmount } from '../../model/decimals.ts'
import { type Read, type State, ValueError } from '../read.ts'
import { defineStep, type AnyStep } from '../step.ts'
import { decimalOf, sameValue, textOf, toDecimal, toText } from '../values.ts'
import { currency, decimals } from './parameters.ts'

const zero = new Decimal(0)
const by = { type: 'operand', required: true, takes: 'decimal' } as const

/** A binary operation; a missing operand fails for products and counts as nothing for sums. */
function combined(read: Read, whenMissing: 'fail' | 'keep', combine: (a: Decimal, b: Decimal) => Decimal) {
  return (value: unknown, state: State): unknown => {
    const operand = decimalOf(read, state)
    if (operand !== undefined) return combine(toDecimal(value), operand)
    if (whenMissing === 'keep') return toDecimal(value)
    throw new ValueError('cannot be computed with, because the other value is missing', value)
  }
}

function currencyOf(read: Read, state: State): string {
  const code = textOf(read, state)
  if (code === undefined || !/^[A-Z]{3}$/.test(code)) throw new ValueError('is no currency code such as NOK', code, read.at?.(state))
  return code
}

function plainNumber(value: unknown, separator: string): Decimal {
  if (typeof value !== 'string') return toDecimal(value)
  const bare = value.replaceAll(/[\s\u00a0\u202f']/g, '')
  const plain = separator === ',' ? bare.replaceAll('.', '').replace(',', '.') : bare.replaceAll(',', '')
  try { return toDecimal(plain.replace(/^\u2212/, '-')) } catch { throw new ValueError(`is not a decimal number with "${separator}" before the decimals`, value) }
}

export const numberSteps: readonly AnyStep[] = [
  defineStep({
    name: 'number',
    label: { en: 'As number', nb: 'Som tall', sv: 'Som tal' },
    help: { en: 'Makes a JSON number. Only for systems that demand one: amounts stay exact as decimal text.', nb: 'Lager et JSON-tall. Bare for systemer som krever det: beløp er eksakte som desimaltekst.', sv: 'Gör ett JSON-tal. Bara för system som kräver det: belopp är exakta som decimaltext.' },
    takes: 'decimal', gives: 'number', keeps: true, parameters: {},
    examples: [{ input: '199.00', output: 199 }, { input: '0.25', output: 0.25 }],
    create: () => value => toDecimal(value).toNumber(),
  }),
  defineStep({
    name: 'decimal',
    label: { en: 'As decimal text', nb: 'Som desimaltekst', sv: 'Som decimaltext' },
    help: { en: 'Reads a number as people write it, with spaces and a decimal comma if so, into decimal text.', nb: 'Leser et tall slik folk skriver det, med mellomrom og eventuelt desimalkomma, til desimaltekst.', sv: 'Läser ett tal som folk skriver det, med mellanslag och eventuellt decimalkomma, till decimaltext.' },
    takes: 'text', gives: 'decimal', keeps: true,
    parameters: { separator: { type: 'choice', options: ['.', ','], default: '.', label: { en: 'Decimal sign', nb: 'Desimaltegn', sv: 'Decimaltecken' } } },
    examples: [{ input: 0.06, output: '0.06' }, { input: '1 299,50', parameters: { separator: ',' }, output: '1299.5' }],
    create: ({ separator }) => value => plainNumber(value, separator),
  }),
  defineStep({
    name: 'add',
    label: { en: 'Add', nb: 'Legg til', sv: 'Addera' },
    help: { en: 'Adds another value; a missing one counts as 0.', nb: 'Legger til en annen verdi; mangler den, teller den som 0.', sv: 'Adderar ett annat värde; saknas det räknas det som 0.' },
    takes: 'decimal', gives: 'decimal',
    parameters: { by: { ...by, label: { en: 'Value', nb: 'Verdi', sv: 'Värde' } } },
    examples: [{ input: '0.1', parameters: { by: '0.2' }, output: '0.3' }],
    create: given => combined(given.by, 'keep', (a, b) => a.plus(b)),
  }),
  defineStep({
    name: 'subtract',
    label: { en: 'Subtract', nb: 'Trekk fra', sv: 'Subtrahera' },
    help: { en: 'Takes another value off; a missing one counts as 0.', nb: 'Trekker fra en annen verdi; mangler den, teller den som 0.', sv: 'Drar av ett annat värde; saknas det räknas det som 0.' },
    takes: 'decimal', gives: 'decimal',
    parameters: { by: { ...by, label: { en: 'Value', nb: 'Verdi', sv: 'Värde' } } },
    examples: [{ input: '199.00', parameters: { by: '20' }, output: '179' }],
    create: given => combined(given.by, 'keep', (a, b) => a.minus(b)),
  }),
  defineStep({
    name: 'multiply',
    label: { en: 'Multiply', nb: 'Gang', sv: 'Multiplicera' },
    help: { en: 'Multiplies by another value, which must be there.', nb: 'Ganger med en annen verdi, som må finnes.', sv: 'Multiplicerar med ett annat värde, som måste finnas.' },
    takes: 'decimal', gives: 'decimal',
    parameters: { by: { ...by, label: { en: 'By', nb: 'Med', sv: 'Med' } } },
    examples: [{ input: '19.99', parameters: { by: 3 }, output: '59.97' }],
    create: given => combined(given.by, 'fail', (a, b) => a.times(b)),
  }),
  defineStep({
    name: 'divide',
    label: { en: 'Divide', nb: 'Del', sv: 'Dividera' },
    help: { en: 'Divides by another value, to 12 decimals. Round afterwards.', nb: 'Deler på en annen verdi, med 12 desimaler. Rund av etterpå.', sv: 'Dividerar med ett annat värde, med 12 decimaler. Avrunda efteråt.' },
    takes: 'decimal', gives: 'decimal',
    parameters: { by: { ...by, label: { en: 'By', nb: 'På', sv: 'Med' } } },
    examples: [{ input: '25', parameters: { by: 100 }, output: '0.25' }],
    create: given => combined(given.by, 'fail', (a, b) => {
      if (b.eq(zero)) throw new ValueError('cannot be divided by 0', a.toFixed())
      return a.div(b)
    }),
  }),
  defineStep({
    name: 'negate',
    label: { en: 'Change sign', nb: 'Bytt fortegn', sv: 'Byt tecken' },
    help: { en: 'Makes plus minus and minus plus.', nb: 'Gjør pluss til minus og minus til pluss.', sv: 'Gör plus till minus och minus till plus.' },
    takes: 'decimal', gives: 'decimal', keeps: true, parameters: {},
    examples: [{ input: '12.50', output: '-12.5' }, { input: 0, output: '0' }],
    create: () => value => { const decimal = toDecimal(value); return decimal.eq(zero) ? decimal : decimal.neg() },
  }),
  defineStep({
    name: 'absolute',
    label: { en: 'Without sign', nb: 'Uten fortegn', sv: 'Utan tecken' },
    help: { en: 'Takes a minus off.', nb: 'Fjerner minus.', sv: 'Tar bort minus.' },
    takes: 'decimal', gives: 'decimal', keeps: true, parameters: {},
    examples: [{ input: '-3', output: '3' }],
    create: () => value => toDecimal(value).abs(),
  }),
  defineStep({
    name: 'round',
    label: { en: 'Round', nb: 'Rund av', sv: 'Avrunda' },
    help: { en: 'Rounds to a number of decimals and writes that many.', nb: 'Runder av til et antall desimaler og skriver så mange.', sv: 'Avrundar till ett antal decimaler och skriver så många.' },
    takes: 'decimal', gives: 'decimal', keeps: true,
    parameters: {
      decimals: { ...decimals, default: 2 },
      mode: { type: 'choice', options: ['half-up', 'half-even', 'down', 'up'], default: 'half-up', label: { en: 'How', nb: 'Hvordan', sv: 'Hur' } },
    },
    examples: [{ input: '2.345', output: '2.35' }, { input: '2.345', parameters: { mode: 'half-even' }, output: '2.34' }],
    create: given => value => toDecimal(value).round(given.decimals, rounding[given.mode]).toFixed(given.decimals),
  }),
  defineStep({
    name: 'sum',
    label: { en: 'Sum', nb: 'Summer', sv: 'Summera' },
    help: { en: 'Adds all numbers of a list; of none the sum is 0.', nb: 'Legger sammen alle tall i en liste; uten tall er summen 0.', sv: 'Summerar alla tal i en lista; utan tal är summan 0.' },
    takes: 'decimal', gives: 'decimal', list: true, missing: true, keeps: true, parameters: {},
    examples: [{ input: ['0.10', 0.2], output: '0.3' }, { output: '0' }],
    create: () => value => {
      if (value === undefined) return zero
      if (!Array.isArray(value)) return toDecimal(value)
      let total = zero
      for (const item of value) total = total.plus(toDecimal(item))
      return total
    },
  }),
  defineStep({
    name: 'money',
    label: { en: 'As money', nb: 'Som penger', sv: 'Som pengar' },
    help: { en: 'Makes { amount, currency }. Without decimals the amount keeps its own, at least those of the currency.', nb: 'Lager { amount, currency }. Uten desimaler beholder beløpet sine egne, minst valutaens.', sv: 'Gör { amount, currency }. Utan decimaler behåller beloppet sina egna, minst valutans.' },
    takes: 'decimal', gives: 'money', keeps: true,
    parameters: {
      currency,
      decimals,
      minor: { type: 'boolean', default: false, label: { en: 'The number is in minor units (øre, cents)', nb: 'Tallet er i øre eller cent', sv: 'Talet är i öre eller cent' } },
    },
    examples: [
      { input: '199', parameters: { currency: 'NOK' }, output: { amount: '199.00', currency: 'NOK' } },
      { input: 19900, parameters: { currency: 'NOK', minor: true }, output: { amount: '199.00', currency: 'NOK' } },
    ],
    create: given => (value, state) => {
      const code = currencyOf(given.currency, state)
      const amount = given.minor ? toDecimal(value).times(minorUnit(code)) : toDecimal(value)
      return { amount: toAmount(given.decimals === undefined ? amount : amount.round(given.decimals), code), currency: code }
    },
  }),
  defineStep({
    name: 'minor',
    label: { en: 'In minor units', nb: 'I øre eller cent', sv: 'I öre eller cent' },
    help: { en: 'Writes an amount as a whole number of øre or cents.', nb: 'Skriver et beløp som et helt antall øre eller cent.', sv: 'Skriver ett belopp som ett helt antal öre eller cent.' },
    takes: 'decimal', gives: 'minor', keeps: true,
    parameters: { currency },
    examples: [{ input: '199.00', parameters: { currency: 'NOK' }, output: 19900 }, { input: '1500', parameters: { currency: 'ISK' }, output: 1500 }],
    create: given => (value, state) => toDecimal(value).times(new Decimal(10 ** currencyExponent(currencyOf(given.currency, state)))).round(0).toNumber(),
  }),
  defineStep({
    name: 'totals',
    label: { en: 'Net, tax and gross', nb: 'Netto, avgift og brutto', sv: 'Netto, moms och brutto' },
    help: {
      en: 'Makes { net, tax, gross } from an amount and its tax, rounded to the currency: the amount is gross where tax is included, otherwise net.',
      nb: 'Lager { net, tax, gross } av et beløp og avgiften, avrundet til valutaen: beløpet er brutto når avgift er inkludert, ellers netto.',
      sv: 'Gör { net, tax, gross } av ett belopp och dess moms, avrundat till valutan: beloppet är brutto när moms ingår, annars netto.',
    },
    takes: 'decimal', gives: 'totals',
    parameters: {
      tax: { type: 'operand', default: '0', takes: 'decimal', label: { en: 'Tax', nb: 'Avgift', sv: 'Moms' } },
      included: { type: 'operand', required: true, label: { en: 'Tax is included', nb: 'Avgift er inkludert', sv: 'Moms ingår' } },
      currency,
    },
    examples: [
      { input: '125.00', parameters: { tax: '25.00', included: true, currency: 'NOK' }, output: { net: { amount: '100.00', currency: 'NOK' }, tax: { amount: '25.00', currency: 'NOK' }, gross: { amount: '125.00', currency: 'NOK' } } },
      { input: '100.00', parameters: { tax: '25.00', included: false, currency: 'NOK' }, output: { net: { amount: '100.00', currency: 'NOK' }, tax: { amount: '25.00', currency: 'NOK' }, gross: { amount: '125.00', currency: 'NOK' } } },
    ],
    create: given => (value, state) => {
      const code = currencyOf(given.currency, state)
      const exponent = currencyExponent(code)
      const amount = toDecimal(value).round(exponent)
      const tax = (decimalOf(given.tax, state) ?? zero).round(exponent)
      const included = sameValue(given.included(state), true)
      const money = (sum: Decimal) => ({ amount: toAmount(sum, code), currency: code })
      return { net: money(included ? amount.minus(tax) : amount), tax: money(tax), gross: money(included ? amount : amount.plus(tax)) }
    },
  }),
  defineStep({
    name: 'quantity',
    label: { en: 'As quantity', nb: 'Som mengde', sv: 'Som kvantitet' },
    help: { en: 'Makes { value, unit } with a UN/ECE unit code; H87 is a piece.', nb: 'Lager { value, unit } med en UN/ECE-enhetskode; H87 er stykk.', sv: 'Gör { value, unit } med en UN/ECE-enhetskod; H87 är styck.' },
    takes: 'decimal', gives: 'quantity',
    parameters: { unit: { type: 'operand', default: 'H87', label: { en: 'Unit', nb: 'Enhet', sv: 'Enhet' } } },
    examples: [{ input: 2, output: { value: '2', unit: 'H87' } }],
    create: given => (value, state) => ({ value: toDecimal(value).toFixed(), unit: toText(given.unit(state) ?? 'H87') }),
  }),
]
