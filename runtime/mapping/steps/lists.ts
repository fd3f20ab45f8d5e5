/** Steps on lists and on presence. */
import { type State, ValueError } from '../read.ts'
import { defineStep, type AnyStep } from '../step.ts'
import { isRecord, sameValue, toDecimal, toText } from '../values.ts'
import { separator } from './parameters.ts'

const listOf = (value: unknown): readonly unknown[] => Array.isArray(value) ? value : value === undefined ? [] : [value]

export const listSteps: readonly AnyStep[] = [
  defineStep({
    name: 'default',
    label: { en: 'If missing', nb: 'Hvis den mangler', sv: 'Om det saknas' },
    help: { en: 'Uses another value where there is none. `value: null` writes null.', nb: 'Bruker en annen verdi der ingen finnes. `value: null` skriver null.', sv: 'Använder ett annat värde där inget finns. `value: null` skriver null.' },
    takes: 'any', gives: 'same', list: true, missing: true,
    parameters: { value: { type: 'operand', required: true, label: { en: 'Value', nb: 'Verdi', sv: 'Värde' } } },
    examples: [{ parameters: { value: 'NO' }, output: 'NO' }, { input: 'SE', parameters: { value: 'NO' }, output: 'SE' }],
    create: given => (value, state) => value === undefined ? given.value(state) : value,
  }),
  defineStep({
    name: 'required',
    label: { en: 'Must be there', nb: 'Må finnes', sv: 'Måste finnas' },
    help: { en: 'Fails where there is no value.', nb: 'Feiler der det ikke er noen verdi.', sv: 'Misslyckas där det inte finns något värde.' },
    takes: 'any', gives: 'same', list: true, missing: true, parameters: {},
    examples: [{ input: '1042', output: '1042' }],
    create: () => value => {
      if (value === undefined || value === '') throw new ValueError('is missing, and must be there', value)
      return value
    },
  }),
  defineStep({
    name: 'omit-empty',
    label: { en: 'Leave out if empty', nb: 'Utelat hvis tom', sv: 'Utelämna om tomt' },
    help: { en: 'Counts an empty or blank text, an empty list or an empty object as missing.', nb: 'Regner en tom eller blank tekst, en tom liste eller et tomt objekt som om det mangler.', sv: 'Räknar en tom eller blank text, en tom lista eller ett tomt objekt som om det saknas.' },
    takes: 'any', gives: 'same', list: true, parameters: {},
    examples: [{ input: ' ' }, { input: [] }, { input: 'B 201', output: 'B 201' }],
    create: () => value => {
      if (typeof value === 'string') return value.trim() === '' ? undefined : value
      if (Array.isArray(value)) return value.length === 0 ? undefined : value
      return isRecord(value) && Object.keys(value).length === 0 ? undefined : value
    },
  }),
  defineStep({
    name: 'first',
    label: { en: 'First', nb: 'Første', sv: 'Första' },
    help: { en: 'The first element of a list.', nb: 'Første element i en liste.', sv: 'Första elementet i en lista.' },
    takes: 'list', gives: 'element', list: true, parameters: {},
    examples: [{ input: ['a', 'b'], output: 'a' }, { input: [] }],
    create: () => value => listOf(value)[0],
  }),
  defineStep({
    name: 'last',
    label: { en: 'Last', nb: 'Siste', sv: 'Sista' },
    help: { en: 'The last element of a list.', nb: 'Siste element i en liste.', sv: 'Sista elementet i en lista.' },
    takes: 'list', gives: 'element', list: true, parameters: {},
    examples: [{ input: ['a', 'b'], output: 'b' }],
    create: () => value => listOf(value).at(-1),
  }),
  defineStep({
    name: 'item',
    label: { en: 'By position', nb: 'Etter plass', sv: 'Efter plats' },
    help: { en: 'The element of a list at a position that stands elsewhere; 0 is the first.', nb: 'Elementet i en liste på en plass som står et annet sted; 0 er det første.', sv: 'Elementet i en lista på en plats som står någon annanstans; 0 är det första.' },
    takes: 'list', gives: 'element', list: true,
    parameters: { index: { type: 'operand', required: true, label: { en: 'Position', nb: 'Plass', sv: 'Plats' } } },
    examples: [{ input: ['a', 'b'], parameters: { index: 1 }, output: 'b' }, { input: ['a'], parameters: { index: '3' } }],
    create: given => (value, state) => {
      const index = given.index(state)
      return index === undefined ? undefined : listOf(value)[toDecimal(index).toNumber()]
    },
  }),
  defineStep({
    name: 'count',
    label: { en: 'Count', nb: 'Antall', sv: 'Antal' },
    help: { en: 'How many elements a list has; 0 where it is missing.', nb: 'Hvor mange elementer en liste har; 0 der den mangler.', sv: 'Hur många element en lista har; 0 där den saknas.' },
    takes: 'list', gives: 'integer', list: true, missing: true, parameters: {},
    examples: [{ input: ['a', 'b'], output: 2 }, { output: 0 }],
    create: () => value => listOf(value).length,
  }),
  defineStep({
    name: 'join',
    label: { en: 'Join', nb: 'Slå sammen', sv: 'Slå samman' },
    help: { en: 'Puts the texts of a list together; empty ones are left out.', nb: 'Setter tekstene i en liste sammen; tomme utelates.', sv: 'Sätter ihop texterna i en lista; tomma utelämnas.' },
    takes: 'texts', gives: 'text', list: true,
    parameters: { separator: { ...separator, default: ', ' } },
    examples: [{ input: ['a', '', 'b'], output: 'a, b' }],
    create: given => value => listOf(value).map(toText).filter(text => text !== '').join(given.separator),
  }),
  defineStep({
    name: 'unique',
    label: { en: 'Each once', nb: 'Hver én gang', sv: 'Var och en en gång' },
    help: { en: 'Leaves out what already stands in the list.', nb: 'Utelater det som alt står i listen.', sv: 'Utelämnar det som redan står i listan.' },
    takes: 'list', gives: 'same', list: true, parameters: {},
    examples: [{ input: ['a', 'b', 'a'], output: ['a', 'b'] }],
    create: () => value => {
      const result: unknown[] = []
      for (const item of listOf(value)) if (!result.some(other => sameValue(other, item))) result.push(item)
      return result
    },
  }),
  defineStep({
    name: 'filter',
    label: { en: 'Only those that', nb: 'Bare de som', sv: 'Bara de som' },
    help: { en: 'Keeps the elements for which a condition holds; paths in it start with $element.', nb: 'Beholder elementene der en betingelse er oppfylt; stier i den begynner med $element.', sv: 'Behåller elementen där ett villkor är uppfyllt; sökvägar i det börjar med $element.' },
    takes: 'list', gives: 'same', list: true,
    parameters: { condition: { type: 'condition', required: true, label: { en: 'Condition', nb: 'Betingelse', sv: 'Villkor' } } },
    examples: [{ input: [{ kind: 'a' }, { kind: 'b' }], parameters: { condition: { path: '$element.kind', is: 'b' } }, output: [{ kind: 'b' }] }],
    create: given => (value, state: State) => {
      const outer = state.element
      try {
        return listOf(value).filter(element => { state.element = element; return given.condition(state) })
      } finally { state.element = outer }
    },
  }),
  defineStep({
    name: 'get',
    label: { en: 'Field of it', nb: 'Felt i den', sv: 'Fält i det' },
    help: { en: 'Takes a field out of the value, by a path within it.', nb: 'Tar et felt ut av verdien, med en sti i den.', sv: 'Tar ut ett fält ur värdet, med en sökväg i det.' },
    takes: 'object', gives: 'field',
    parameters: { path: { type: 'field', required: true, label: { en: 'Path', nb: 'Sti', sv: 'Sökväg' } } },
    examples: [{ input: { value: 'green' }, parameters: { path: 'value' }, output: 'green' }, { input: [{ a: 1 }, { a: 2 }], parameters: { path: 'a' }, output: [1, 2] }],
    create: given => value => given.path(value),
  }),
]
