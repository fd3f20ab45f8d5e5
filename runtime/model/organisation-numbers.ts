/**
 * National organisation numbers and their check digits.
 *
 * - NO: 9 digits, modulus 11 (http://www.brreg.no/english/coordination/number.html).
 * - SE: 10 digits, modulus 10 (https://oid-base.com/get/1.3.7); a sole trader's is the owner's personal identity number, made the same way.
 * - DK: the CVR number, 8 digits, modulus 11 (http://erhvervsstyrelsen.dk/modulus_11).
 * - FI: the Y-tunnus, 7 digits, hyphen, check digit, modulus 11 (https://www.metacpan.org/pod/Algorithm::CheckDigits::M11_007).
 */
interface Rule { form: RegExp, expects: string, weights: readonly number[], sums(products: readonly number[]): boolean }

const total = (numbers: readonly number[]) => numbers.reduce((sum, number) => sum + number, 0)
/** The check digit has the weight 1, so the whole is divisible; where it would have to be 10 no number is given out. */
const modulus11 = (products: readonly number[]) => total(products) % 11 === 0
/** Products of two digits count as the sum of the two. */
const modulus10 = (products: readonly number[]) => total(products.map(product => product > 9 ? product - 9 : product)) % 10 === 0

const rules: ReadonlyMap<string, Rule> = new Map([
  ['NO', { form: /^\d{9}$/, expects: '9 digits', weights: [3, 2, 7, 6, 5, 4, 3, 2, 1], sums: modulus11 }],
  ['SE', { form: /^\d{10}$/, expects: '10 digits without hyphen', weights: [2, 1, 2, 1, 2, 1, 2, 1, 2, 1], sums: modulus10 }],
  ['DK', { form: /^\d{8}$/, expects: '8 digits', weights: [2, 7, 6, 5, 4, 3, 2, 1], sums: modulus11 }],
  ['FI', { form: /^\d{7}-\d$/, expects: '7 digits, a hyphen and a digit', weights: [7, 9, 10, 5, 8, 4, 2, 1], sums: modulus11 }],
])

/**
 * What is wrong with an organisation number, as a sentence; null where nothing is, or the rule of the country is not known here.
 * @param country ISO 3166-1 alpha-2.
 */
export function organisationNumberFault(value: string, country: string): string | null {
  const rule = rules.get(country)
  if (!rule) return null
  if (!rule.form.test(value)) return `"${value}" is no organisation number of ${country}: expected ${rule.expects}.`
  const digits = value.replace('-', '').split('').map(Number)
  if (total(digits) > 0 && rule.sums(rule.weights.map((weight, index) => weight * (digits[index] ?? 0)))) return null
  return `"${value}" is no organisation number of ${country}: its last digit does not check the others, so a digit is wrong.`
}

/**
 * The countries of whose organisation numbers a text may be one, with the number as it stands in documents: `923 609 016`, `NO923609016MVA`, `DK 1234 5678`. Where a country is
 * written that has no rule here, whatever follows it.
 */
export function possibleOrganisationNumbers(text: string): { country: string, number: string }[] {
  const [, named, rest = ''] = /^([A-Z]{2})?[\s:-]*(.*?)(?:\s*(?:MVA|MOMS))?$/s.exec(text.trim().toUpperCase()) ?? []
  const bare = rest.replaceAll(/[\s.\u00a0-]/g, '')
  if (bare === '') return []
  if (named !== undefined && !rules.has(named)) return [{ country: named, number: rest.replace(/\s+/g, ' ') }]
  return [...rules.keys()].flatMap(country => {
    const number = country === 'FI' ? bare.replace(/(?=.$)/, '-') : bare
    return (named === undefined || named === country) && organisationNumberFault(number, country) === null ? { country, number } : []
  })
}
