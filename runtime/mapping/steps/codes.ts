/** Steps on codes: lookups, booleans, phones, countries, article numbers. */
import { isGtin } from '../../model/codes.ts'
import { ValueError } from '../read.ts'
import { defineStep, type AnyStep } from '../step.ts'
import { isRecord, sameValue, textOf, toText } from '../values.ts'
import { countryCode } from '../../model/countries.ts'
import { internationalPhone } from '../../model/phones.ts'
import { invalid } from './parameters.ts'

type Invalid = 'fail' | 'omit' | 'keep'

function onInvalid(policy: Invalid, message: string, value: unknown): unknown {
  if (policy === 'fail') throw new ValueError(message, value)
  return policy === 'keep' ? value : undefined
}

/** Common words for units -> UN/ECE recommendation 20. */
const units: Readonly<Record<string, string>> = {
  st: 'H87', stk: 'H87', styck: 'H87', stykk: 'H87', pc: 'H87', pcs: 'H87', piece: 'H87', pieces: 'H87', each: 'EA', ea: 'EA', unit: 'C62', units: 'C62', one: 'C62',
  kg: 'KGM', kilo: 'KGM', g: 'GRM', gram: 'GRM', t: 'TNE', lb: 'LBR', lbs: 'LBR', oz: 'ONZ', m: 'MTR', meter: 'MTR', metre: 'MTR', cm: 'CMT', mm: 'MMT',
  m2: 'MTK', 'm²': 'MTK', m3: 'MTQ', 'm³': 'MTQ', l: 'LTR', liter: 'LTR', litre: 'LTR', dl: 'DLT', cl: 'CLT', ml: 'MLT', h: 'HUR', hour: 'HUR', time: 'HUR', timme: 'HUR', timmar: 'HUR',
  par: 'PR', pair: 'PR', pk: 'PK', pakke: 'PK', paket: 'PK', pack: 'PK', sett: 'SET', set: 'SET',
}

const unitCodes = new Map(Object.entries(units))
const knownCodes = new Set(unitCodes.values())

const yes = ['true', '1', 'yes', 'y', 'ja', 'j', 'on']
const no = ['false', '0', 'no', 'n', 'nei', 'nej', 'off']

export const codeSteps: readonly AnyStep[] = [
  defineStep({
    name: 'boolean',
    label: { en: 'As yes or no', nb: 'Som ja eller nei', sv: 'Som ja eller nej' },
    help: { en: 'Reads true/false, 1/0, yes/no, ja/nei and their kind, or own words, as a boolean.', nb: 'Leser true/false, 1/0, yes/no, ja/nei og lignende, eller egne ord, som boolsk verdi.', sv: 'Läser true/false, 1/0, yes/no, ja/nej och liknande, eller egna ord, som booleskt värde.' },
    takes: 'text', gives: 'boolean',
    parameters: {
      true: { type: 'texts', default: yes, label: { en: 'Means yes', nb: 'Betyr ja', sv: 'Betyder ja' } },
      false: { type: 'texts', default: no, label: { en: 'Means no', nb: 'Betyr nei', sv: 'Betyder nej' } },
    },
    examples: [{ input: 'Ja', output: true }, { input: 0, output: false }],
    create: given => {
      const words = new Map([...given.false.map(word => [word.toLowerCase(), false] as const), ...given.true.map(word => [word.toLowerCase(), true] as const)])
      return value => {
        const found = words.get(toText(value).trim().toLowerCase())
        if (found === undefined) throw new ValueError(`is neither yes (${given.true.join(', ')}) nor no (${given.false.join(', ')})`, value)
        return found
      }
    },
  }),
  defineStep({
    name: 'equals',
    label: { en: 'Is equal to', nb: 'Er lik', sv: 'Är lika med' },
    help: { en: 'Whether the value equals another one.', nb: 'Om verdien er lik en annen.', sv: 'Om värdet är lika med ett annat.' },
    takes: 'any', gives: 'boolean', missing: true,
    parameters: { to: { type: 'operand', required: true, label: { en: 'To', nb: 'Med', sv: 'Med' } } },
    examples: [{ input: 'paid', parameters: { to: 'paid' }, output: true }, { parameters: { to: 'paid' }, output: false }],
    create: given => (value, state) => sameValue(value, given.to(state)),
  }),
  defineStep({
    name: 'lookup',
    label: { en: 'Look up', nb: 'Slå opp', sv: 'Slå upp' },
    help: {
      en: 'Finds the value for a code in a table of the project (`lookups/<table>.json`) or in `values`. A code that is not there gives `default`, or fails, is left out or kept.',
      nb: 'Finner verdien for en kode i en av prosjektets tabeller (`lookups/<table>.json`) eller i `values`. En kode som ikke finnes, gir `default`, eller feiler, utelates eller beholdes.',
      sv: 'Hittar värdet för en kod i en av projektets tabeller (`lookups/<table>.json`) eller i `values`. En kod som inte finns ger `default`, eller misslyckas, utelämnas eller behålls.',
    },
    takes: 'text', gives: 'codes',
    parameters: {
      table: { type: 'text', label: { en: 'Table', nb: 'Tabell', sv: 'Tabell' } },
      values: { type: 'table', label: { en: 'Codes and values', nb: 'Koder og verdier', sv: 'Koder och värden' } },
      default: { type: 'constant', label: { en: 'Otherwise', nb: 'Ellers', sv: 'Annars' } },
      otherwise: { ...invalid, label: { en: 'If the code is not there', nb: 'Hvis koden ikke finnes', sv: 'Om koden inte finns' } },
    },
    examples: [
      { input: 'authorized', parameters: { values: { authorized: 'authorised', paid: 'captured' } }, output: 'authorised' },
      { input: true, parameters: { values: { true: 'gross', false: 'net' } }, output: 'gross' },
      { input: 'x', parameters: { values: {}, default: 'other' }, output: 'other' },
    ],
    create: (given, { lookups }) => {
      if ((given.table === undefined) === (given.values === undefined)) throw new Error('lookup needs either table or values')
      const { table: name } = given
      const table: unknown = name === undefined ? given.values : Object.hasOwn(lookups, name) ? lookups[name] : undefined
      if (!isRecord(table)) throw new Error(`the project has no table lookups/${name}.json with codes and values${Object.keys(lookups).length > 0 ? `; it has ${Object.keys(lookups).join(', ')}` : ''}`)
      const values = new Map(Object.entries(table))
      return value => {
        const code = toText(value)
        const found = values.get(code)
        if (found !== undefined) return found
        if (given.default !== undefined) return given.default
        return onInvalid(given.otherwise, name === undefined ? `is not among the codes ${[...values.keys()].slice(0, 20).join(', ')}` : `is not in the table lookups/${name}.json; add it there`, value)
      }
    },
  }),
  defineStep({
    name: 'phone',
    label: { en: 'As phone number', nb: 'Som telefonnummer', sv: 'Som telefonnummer' },
    help: { en: 'Writes a phone number in E.164 form (+4791234567). A national number needs the country.', nb: 'Skriver et telefonnummer i E.164-form (+4791234567). Et nasjonalt nummer trenger landet.', sv: 'Skriver ett telefonnummer i E.164-form (+46701234567). Ett nationellt nummer behöver landet.' },
    takes: 'text', gives: 'phone',
    parameters: { country: { type: 'operand', label: { en: 'Country', nb: 'Land', sv: 'Land' } }, invalid },
    examples: [{ input: '912 34 567', parameters: { country: 'NO' }, output: '+4791234567' }, { input: '0046 70-123 45 67', output: '+46701234567' }, { input: 'n/a', parameters: { invalid: 'omit' } }],
    create: given => (value, state) => {
      const country = given.country === undefined ? undefined : countryCode(textOf(given.country, state) ?? '')
      return internationalPhone(toText(value), country) ?? onInvalid(given.invalid, 'is not a phone number that can be written in international form', value)
    },
  }),
  defineStep({
    name: 'email',
    label: { en: 'As e-mail address', nb: 'Som e-postadresse', sv: 'Som e-postadress' },
    help: { en: 'Trims an e-mail address, writes it in small letters and checks its form.', nb: 'Trimmer en e-postadresse, skriver den med små bokstaver og sjekker formen.', sv: 'Trimmar en e-postadress, skriver den med gemener och kontrollerar formen.' },
    takes: 'text', gives: 'email',
    parameters: { invalid },
    examples: [{ input: ' Kari@Example.no', output: 'kari@example.no' }, { input: 'kari', parameters: { invalid: 'omit' } }],
    create: given => value => {
      const address = toText(value).trim().toLowerCase()
      return /^[^\s@<>]+@[^\s@<>.]+(\.[^\s@<>.]+)+$/.test(address) ? address : onInvalid(given.invalid, 'is not an e-mail address', value)
    },
  }),
  defineStep({
    name: 'country',
    label: { en: 'As country code', nb: 'Som landkode', sv: 'Som landskod' },
    help: { en: 'Reads a country code of two or three letters, or a name in English, Norwegian, Swedish, Danish, Finnish or German, as a code of two letters.', nb: 'Leser en landkode på to eller tre bokstaver, eller et navn på engelsk, norsk, svensk, dansk, finsk eller tysk, som en kode på to bokstaver.', sv: 'Läser en landskod på två eller tre bokstäver, eller ett namn på engelska, norska, svenska, danska, finska eller tyska, som en kod på två bokstäver.' },
    takes: 'text', gives: 'country',
    parameters: { invalid },
    examples: [{ input: 'NOR', output: 'NO' }, { input: 'Sverige', output: 'SE' }, { input: 'dk', output: 'DK' }],
    create: given => value => countryCode(toText(value)) ?? onInvalid(given.invalid, 'is not a country', value),
  }),
  defineStep({
    name: 'gtin',
    label: { en: 'As GTIN', nb: 'Som GTIN', sv: 'Som GTIN' },
    help: { en: 'Checks length and check digit of a GTIN (EAN, UPC).', nb: 'Sjekker lengde og kontrollsiffer i et GTIN (EAN, UPC).', sv: 'Kontrollerar längd och kontrollsiffra i ett GTIN (EAN, UPC).' },
    takes: 'text', gives: 'gtin',
    parameters: { invalid },
    examples: [{ input: '4006381333931', output: '4006381333931' }, { input: '4006381333932', parameters: { invalid: 'omit' } }],
    create: given => value => {
      const text = toText(value).replaceAll(/[\s-]/g, '')
      return isGtin(text) ? text : onInvalid(given.invalid, 'is not a GTIN with a valid check digit', value)
    },
  }),
  defineStep({
    name: 'unit',
    label: { en: 'As unit code', nb: 'Som enhetskode', sv: 'Som enhetskod' },
    help: { en: 'Reads a common word for a unit (stk, pcs, kg) as its UN/ECE code; a code in capitals is kept.', nb: 'Leser et vanlig ord for en enhet (stk, pcs, kg) som UN/ECE-kode; en kode i store bokstaver beholdes.', sv: 'Läser ett vanligt ord för en enhet (st, pcs, kg) som UN/ECE-kod; en kod i versaler behålls.' },
    takes: 'text', gives: 'unit',
    parameters: { invalid },
    examples: [{ input: 'stk', output: 'H87' }, { input: 'KGM', output: 'KGM' }, { input: 'kg', output: 'KGM' }],
    create: given => value => {
      const text = toText(value).trim()
      const known = unitCodes.get(text.toLowerCase().replace(/\.$/, ''))
      if (knownCodes.has(text)) return text
      return known ?? onInvalid(given.invalid, 'is not a known unit; write it with lookup, or correct the source', value)
    },
  }),
]
