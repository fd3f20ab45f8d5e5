/** Phone numbers: E.164 (https://www.itu.int/rec/T-REC-E.164) and the national writing of people. Pure. */
import { callingCode } from './countries.ts'

/** Leading zeros are part of the number in Italy; in most other countries they only mean "within the country". */
const keepsZero = new Set(['IT', 'SM', 'VA'])

/**
 * A phone number in E.164 form: `+4791234567`. Undefined where it cannot be one.
 * @param country alpha-2 code, of which a number without a country code is
 */
export function internationalPhone(text: string, country?: string): string | undefined {
  const bare = text.trim().replace(/\(0\)/, '').replaceAll(/[\s().\-/\u00a0\u202f]/g, '').replace(/^00/, '+')
  let number = bare
  if (!bare.startsWith('+')) {
    const code = country === undefined ? undefined : callingCode(country)
    if (code === undefined) return undefined
    number = `+${code}${country !== undefined && keepsZero.has(country) ? bare : bare.replace(/^0/, '')}`
  }
  return /^\+[1-9]\d{6,14}$/.test(number) ? number : undefined
}

/**
 * The numbers, in E.164 form, that somebody may mean: one where the country code is written, with the plus or without, as it comes out of an address; else one in each
 * of the Nordic countries that has such numbers.
 */
export function possiblePhones(text: string): string[] {
  const international = internationalPhone(text)
  if (international !== undefined) return [international]
  // Numbers within Norway and Denmark have eight digits and no leading zero; within Sweden and Finland a zero comes first.
  const withZero = /^\D*0/.test(text)
  const countries = withZero ? ['SE', 'FI'] : ['NO', 'DK']
  const national = countries.flatMap(country => internationalPhone(text, country) ?? [])
  return withZero ? national : [...national.filter(number => number.length === 11), ...[internationalPhone(`+${text.trim()}`) ?? []].flat().filter(number => number.length > 10)]
}

/** Countries in which people write eight digits and no zero, and such in which a zero comes first. */
const nationalForms: readonly [code: string, zero: string, form: RegExp][] = [['47', '', /^\d{8}$/], ['45', '', /^\d{8}$/], ['46', '0', /^\d{6,9}$/], ['358', '0', /^\d{5,10}$/]]

/** The digits people within Norway, Denmark, Sweden or Finland write of a number in E.164 form; undefined for others. */
export function nationalPhone(international: string): string | undefined {
  for (const [code, zero, form] of nationalForms) {
    if (!international.startsWith(`+${code}`)) continue
    const digits = international.slice(code.length + 1)
    if (form.test(digits)) return `${zero}${digits}`
  }
  return undefined
}
