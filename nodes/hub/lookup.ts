/** How `hub find` and `hub update` say which record they mean. */
import { TorgError } from '../../runtime/errors.ts'
import type { Config, Fields, FlowMessage } from '../../runtime/kit/definition.ts'
import type { Hub } from '../../runtime/hub.ts'
import { kindOf, type Kind } from '../../runtime/model/index.ts'
import type { RecordSought, StoredRecord } from '../../runtime/store/types.ts'
import { messageProperty } from './message-property.ts'
import { systemOf } from './origin.ts'

export const lookupFields = {
  kind: {
    type: 'kind',
    label: { en: 'Kind', nb: 'Type', sv: 'Typ' },
    required: true,
  },
  by: {
    type: 'select',
    label: { en: 'Found by', nb: 'Finnes med', sv: 'Hittas med' },
    options: [
      { value: 'number', label: { en: 'Number', nb: 'Nummer', sv: 'Nummer' } },
      { value: 'reference', label: { en: 'A system\'s id', nb: 'Et systems id', sv: 'Ett systems id' } },
      { value: 'id', label: { en: 'The hub\'s id', nb: 'Hubens id', sv: 'Hubbens id' } },
      { value: 'match', label: { en: 'What it has in common', nb: 'Det den har felles', sv: 'Det den har gemensamt' } },
    ],
    default: 'number',
  },
  system: {
    type: 'text',
    label: { en: 'System', nb: 'System', sv: 'System' },
    hint: {
      en: 'Key of the system whose id it is. Empty: the system whose message started the flow.',
      nb: 'Nøkkelen til systemet som id-en tilhører. Tomt: systemet som startet flyten.',
      sv: 'Nyckeln till systemet som id:t tillhör. Tomt: systemet vars meddelande startade flödet.',
    },
    pattern: '^[a-z0-9]+(-[a-z0-9]+)*$',
    names: 'system',
    placeholder: 'webshop-no',
    when: { field: 'by', is: ['reference'] },
  },
  value: {
    type: 'text',
    label: { en: 'Value from', nb: 'Verdi fra', sv: 'Värde från' },
    hint: {
      en: 'Property of the message that holds the number or id; for what it has in common, fields of the kind such as emails or gtins.',
      nb: 'Egenskapen i meldingen som har nummeret eller id-en; for det den har felles, felter av typen, som emails eller gtins.',
      sv: 'Egenskapen i meddelandet som har numret eller id:t; för det den har gemensamt, fält av typen, som emails eller gtins.',
    },
    default: 'payload.number',
    required: true,
  },
} as const satisfies Fields

export const otherwiseField = {
  type: 'select',
  label: { en: 'If there is none', nb: 'Hvis den ikke finnes', sv: 'Om den inte finns' },
  options: [
    { value: 'output', label: { en: 'Second output', nb: 'Andre utgang', sv: 'Andra utgången' } },
    { value: 'fail', label: { en: 'Fail the run', nb: 'La kjøringen feile', sv: 'Låt körningen misslyckas' } },
  ],
  default: 'output',
} as const satisfies Fields[string]

export interface Lookup {
  readonly kind: Kind
  /** The record, and what was looked for in words. Null where there is none, it is deleted, or the message names none. */
  find(msg: FlowMessage): Promise<{ record: StoredRecord | null, sought: string }>
}

/** @throws TorgError `flow.invalid` where the property is none, or the kind does not exist */
export function createLookup({ kind: name, by, system, value }: Config<typeof lookupFields>, hub: Pick<Hub, 'find' | 'project'>): Lookup {
  const kind = kindOf(name, hub.project.kinds)
  const property = messageProperty(value, 'value')
  const refuse = (given: unknown, what: string): never => {
    throw new TorgError('validation.schema', { detail: `msg.${property.name} is ${what}, so it names no ${kind.name}.`, pointer: `/${property.name.replaceAll('.', '/')}`, value: given })
  }
  const named = (given: unknown, owner: string): { by: RecordSought, sought: string } => {
    if (typeof given !== 'string' && !(typeof given === 'number' && Number.isSafeInteger(given))) return refuse(given, 'neither a text nor a whole number')
    const text = String(given)
    if (by === 'number') return { by: { number: text }, sought: `${kind.name} ${text}` }
    if (by === 'id') return { by: { id: text }, sought: `${kind.name} with the id ${text}` }
    return { by: { ref: { system: owner, kind: kind.name, id: text } }, sought: `${kind.name} ${text} of ${owner}` }
  }
  const likeIn = (given: unknown): { by: RecordSought, sought: string } => {
    if (typeof given !== 'object' || given === null || Array.isArray(given)) return refuse(given, 'no object with fields of the kind')
    const document = { ...given }
    const number: unknown = Reflect.get(document, 'number')
    return { by: { like: { document, number: typeof number === 'string' ? number : null } }, sought: `${kind.name} that has this in common, or several` }
  }
  return {
    kind,
    async find(msg) {
      const given = property.read(msg)
      if (given === undefined || given === null || given === '') return { record: null, sought: `${kind.name}: msg.${property.name} is empty` }
      const { by: known, sought } = by === 'match' ? likeIn(given) : named(given, systemOf(msg, system))
      const record = await hub.find(kind.name, known)
      return { record: record?.deletedAt === null ? record : null, sought }
    },
  }
}

/** What becomes of a message whose record is not there. */
export function handleMissing(msg: FlowMessage, sought: string, otherwise: 'output' | 'fail'): (FlowMessage | null)[] {
  if (otherwise === 'output') return [null, msg]
  throw new TorgError('model.not-found', { detail: `There is no ${sought}.` })
}
