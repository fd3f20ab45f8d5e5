/** Steps on texts. */
import { ValueError } from '../read.ts'
import { defineStep, type AnyStep } from '../step.ts'
import { textOf, toText } from '../values.ts'
import { separator } from './parameters.ts'

export const textSteps: readonly AnyStep[] = [
  defineStep({
    name: 'text',
    label: { en: 'As text', nb: 'Som tekst', sv: 'Som text' },
    help: { en: 'Writes a number or boolean as text.', nb: 'Skriver et tall eller en boolsk verdi som tekst.', sv: 'Skriver ett tal eller ett booleskt värde som text.' },
    takes: 'text', gives: 'text', parameters: {},
    examples: [{ input: 450789469, output: '450789469' }, { input: true, output: 'true' }],
    create: () => toText,
  }),
  defineStep({
    name: 'trim',
    label: { en: 'Trim', nb: 'Fjern mellomrom i endene', sv: 'Ta bort blanksteg i ändarna' },
    help: { en: 'Takes spaces off both ends.', nb: 'Fjerner mellomrom i begge ender.', sv: 'Tar bort blanksteg i båda ändarna.' },
    takes: 'text', gives: 'text', parameters: {},
    examples: [{ input: '  Oslo ', output: 'Oslo' }],
    create: () => value => toText(value).trim(),
  }),
  defineStep({
    name: 'upper',
    label: { en: 'Capital letters', nb: 'Store bokstaver', sv: 'Versaler' },
    help: { en: 'Writes all letters as capitals.', nb: 'Skriver alle bokstaver store.', sv: 'Skriver alla bokstäver som versaler.' },
    takes: 'text', gives: 'text', parameters: {},
    examples: [{ input: 'nok', output: 'NOK' }],
    create: () => value => toText(value).toUpperCase(),
  }),
  defineStep({
    name: 'lower',
    label: { en: 'Small letters', nb: 'Små bokstaver', sv: 'Gemener' },
    help: { en: 'Writes all letters small.', nb: 'Skriver alle bokstaver små.', sv: 'Skriver alla bokstäver som gemener.' },
    takes: 'text', gives: 'text', parameters: {},
    examples: [{ input: 'Kari@Example.NO', output: 'kari@example.no' }],
    create: () => value => toText(value).toLowerCase(),
  }),
  defineStep({
    name: 'replace',
    label: { en: 'Replace', nb: 'Erstatt', sv: 'Ersätt' },
    help: { en: 'Replaces every occurrence of a text by another.', nb: 'Erstatter hver forekomst av en tekst med en annen.', sv: 'Ersätter varje förekomst av en text med en annan.' },
    takes: 'text', gives: 'text',
    parameters: {
      find: { type: 'text', required: true, label: { en: 'Find', nb: 'Finn', sv: 'Sök' } },
      with: { type: 'text', default: '', label: { en: 'Replace with', nb: 'Erstatt med', sv: 'Ersätt med' } },
    },
    examples: [{ input: '#1001', parameters: { find: '#' }, output: '1001' }],
    create: ({ find, with: replacement }) => value => toText(value).replaceAll(find, () => replacement),
  }),
  defineStep({
    name: 'substring',
    label: { en: 'Part of text', nb: 'Del av tekst', sv: 'Del av text' },
    help: { en: 'Takes a part of a text. The first character is 0; a negative start counts from the end.', nb: 'Tar en del av en tekst. Første tegn er 0; negativ start teller fra slutten.', sv: 'Tar en del av en text. Första tecknet är 0; negativ start räknar från slutet.' },
    takes: 'text', gives: 'text',
    parameters: {
      start: { type: 'integer', default: 0, label: { en: 'Start', nb: 'Start', sv: 'Start' } },
      length: { type: 'integer', min: 0, label: { en: 'Length', nb: 'Lengde', sv: 'Längd' } },
    },
    examples: [{ input: 'Elvegata 12, oppgang B', parameters: { length: 11 }, output: 'Elvegata 12' }, { input: '7038010055720', parameters: { start: -4 }, output: '5720' }],
    create: ({ start, length }) => value => {
      const characters = Array.from(toText(value))
      const from = start < 0 ? Math.max(0, characters.length + start) : start
      return characters.slice(from, length === undefined ? undefined : from + length).join('')
    },
  }),
  defineStep({
    name: 'pad',
    label: { en: 'Fill up', nb: 'Fyll ut', sv: 'Fyll ut' },
    help: { en: 'Fills a text up to a length.', nb: 'Fyller ut en tekst til en lengde.', sv: 'Fyller ut en text till en längd.' },
    takes: 'text', gives: 'text',
    parameters: {
      length: { type: 'integer', required: true, min: 1, max: 1000, label: { en: 'Length', nb: 'Lengde', sv: 'Längd' } },
      with: { type: 'text', default: '0', label: { en: 'Fill with', nb: 'Fyll med', sv: 'Fyll med' } },
      side: { type: 'choice', options: ['start', 'end'], default: 'start', label: { en: 'Side', nb: 'Side', sv: 'Sida' } },
    },
    examples: [{ input: 42, parameters: { length: 6 }, output: '000042' }],
    create: ({ length, with: fill, side }) => value => side === 'start' ? toText(value).padStart(length, fill) : toText(value).padEnd(length, fill),
  }),
  defineStep({
    name: 'split',
    label: { en: 'Split', nb: 'Del opp', sv: 'Dela upp' },
    help: { en: 'Splits a text into a list; parts are trimmed, empty ones left out.', nb: 'Deler en tekst i en liste; delene trimmes, tomme utelates.', sv: 'Delar en text till en lista; delarna trimmas, tomma utelämnas.' },
    takes: 'text', gives: 'list',
    parameters: { separator: { ...separator, default: ',' } },
    examples: [{ input: 'vip, club,', output: ['vip', 'club'] }],
    create: given => value => toText(value).split(given.separator).map(part => part.trim()).filter(part => part !== ''),
  }),
  defineStep({
    name: 'template',
    label: { en: 'Text with values', nb: 'Tekst med verdier', sv: 'Text med värden' },
    help: { en: 'Writes a text in which {path} stands for a value of the source and {$value} for the value so far. What is missing is written as nothing.', nb: 'Skriver en tekst der {sti} står for en verdi i kilden og {$value} for verdien så langt. Det som mangler, blir ingenting.', sv: 'Skriver en text där {sökväg} står för ett värde i källan och {$value} för värdet så långt. Det som saknas blir ingenting.' },
    takes: 'any', gives: 'text', missing: true,
    parameters: { text: { type: 'text', required: true, label: { en: 'Text', nb: 'Tekst', sv: 'Text' } } },
    examples: [{ input: 1042, parameters: { text: 'Order {$value}' }, output: 'Order 1042' }],
    create: ({ text }, { read }) => {
      const parts = text.split(/\{([^{}]+)\}/).map((part, index) => index % 2 === 0 ? () => part : read(part.trim()))
      return (_value, state) => parts.map(part => {
        const found = part(state)
        return found === undefined ? '' : toText(found)
      }).join('')
    },
  }),
  defineStep({
    name: 'concatenate',
    label: { en: 'Put together', nb: 'Sett sammen', sv: 'Sätt ihop' },
    help: { en: 'Puts the value and others together; missing and empty ones are left out, separator included.', nb: 'Setter verdien sammen med andre; de som mangler eller er tomme, utelates, også skilletegnet.', sv: 'Sätter ihop värdet med andra; sådana som saknas eller är tomma utelämnas, även avgränsaren.' },
    takes: 'text', gives: 'text', missing: true,
    parameters: { with: { type: 'operands', required: true, label: { en: 'With', nb: 'Med', sv: 'Med' } }, separator: { ...separator, default: ' ' } },
    examples: [{ input: 'Ingrid', parameters: { with: ['Solbakken'] }, output: 'Ingrid Solbakken' }, { parameters: { with: ['Solbakken'] }, output: 'Solbakken' }],
    create: given => (value, state) => {
      const parts = [value === undefined ? undefined : toText(value), ...given.with.map(read => textOf(read, state))].filter(part => part !== undefined && part !== '')
      return parts.length === 0 ? undefined : parts.join(given.separator)
    },
  }),
  defineStep({
    name: 'parse-json',
    label: { en: 'Read JSON', nb: 'Les JSON', sv: 'Läs JSON' },
    help: { en: 'Reads a text that holds JSON.', nb: 'Leser en tekst som inneholder JSON.', sv: 'Läser en text som innehåller JSON.' },
    takes: 'text', gives: 'any', parameters: {},
    examples: [{ input: '{"a":1}', output: { a: 1 } }],
    create: () => value => {
      try {
        const parsed: unknown = JSON.parse(toText(value))
        return parsed === null ? undefined : parsed
      } catch { throw new ValueError('is not JSON', value) }
    },
  }),
  defineStep({
    name: 'to-json',
    label: { en: 'Write JSON', nb: 'Skriv JSON', sv: 'Skriv JSON' },
    help: { en: 'Writes the value as JSON text.', nb: 'Skriver verdien som JSON-tekst.', sv: 'Skriver värdet som JSON-text.' },
    takes: 'any', gives: 'text', list: true, parameters: {},
    examples: [{ input: { a: 1 }, output: '{"a":1}' }],
    create: () => value => JSON.stringify(value),
  }),
]
