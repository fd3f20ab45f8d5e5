/** `hub update`: changes a record that is there: some of its fields, its state, or both. */
import { TorgError, toTorgError } from '../../runtime/errors.ts'
import { defineStep, type FlowMessage } from '../../runtime/kit/definition.ts'
import { readChange, toEntity, type Kind } from '../../runtime/model/index.ts'
import type { EntityWrite, SaveOutcome, StoredRecord } from '../../runtime/store/types.ts'
import { updateHelp } from './help/update.ts'
import { createLookup, handleMissing, lookupFields, otherwiseField } from './lookup.ts'
import { messageProperty, type MessageProperty } from './message-property.ts'
import { describeSaved, isApplied, originField, originOf } from './origin.ts'

/** So often a change is worked out anew where somebody else changed the record meanwhile. */
const attempts = 5

export const update = defineStep({
  role: 'step',
  type: 'hub update',
  label: { en: 'hub update', nb: 'hub update', sv: 'hub update' },
  help: updateHelp,
  icon: 'update.svg',
  fields: {
    ...lookupFields,
    change: {
      type: 'text',
      label: { en: 'Changes from', nb: 'Endringer fra', sv: 'Ändringar från' },
      hint: {
        en: 'Property that holds the fields to change, for example payload. A field that is null is taken away. Empty: only the state changes.',
        nb: 'Egenskapen som har feltene som skal endres, for eksempel payload. Et felt som er null, blir fjernet. Tomt: bare tilstanden endres.',
        sv: 'Egenskapen som har fälten som ska ändras, till exempel payload. Ett fält som är null tas bort. Tomt: bara tillståndet ändras.',
      },
      default: 'payload',
    },
    state: {
      type: 'text',
      label: { en: 'New state', nb: 'Ny tilstand', sv: 'Nytt tillstånd' },
      hint: {
        en: 'For example confirmed (order), ready (fulfilment), done (refund). Empty: the state stays.',
        nb: 'For eksempel confirmed (ordre), ready (levering), done (refusjon). Tomt: tilstanden blir som den er.',
        sv: 'Till exempel confirmed (order), ready (leverans), done (återbetalning). Tomt: tillståndet förblir.',
      },
      placeholder: 'confirmed',
    },
    version: {
      type: 'text',
      label: { en: 'Only version from', nb: 'Bare versjon fra', sv: 'Bara version från' },
      hint: {
        en: 'Property that holds the version the change was made for. Refused where the record has changed since. Empty: any version.',
        nb: 'Egenskapen som har versjonen endringen ble laget for. Avvises hvis posten er endret siden. Tomt: enhver versjon.',
        sv: 'Egenskapen som har versionen som ändringen gjordes för. Avvisas om posten har ändrats sedan dess. Tomt: vilken version som helst.',
      },
      placeholder: 'payload.version',
    },
    origin: originField,
    otherwise: otherwiseField,
  },
  inputs: [{ type: 'any' }],
  outputs: [
    { type: 'config:kind', label: { en: 'updated', nb: 'oppdatert', sv: 'uppdaterad' } },
    { type: 'same', label: { en: 'not found', nb: 'ikke funnet', sv: 'inte hittad' } },
  ],
  create({ id, config, hub, status }) {
    const lookup = createLookup(config, hub)
    const { kind } = lookup
    const change = config.change ? messageProperty(config.change, 'change') : undefined
    const version = config.version ? messageProperty(config.version, 'version') : undefined
    requireChange(kind, { change, state: config.state })

    const writeOf = (msg: FlowMessage, record: StoredRecord): EntityWrite => {
      const origin = originOf(msg, { node: id, system: config.origin })
      const given = change?.read(msg) ?? {}
      const fields = typeof given === 'object' && config.state ? { ...kind.move(record.document, config.state, origin.at), ...given } : given
      const ifVersion = version ? versionOf(version, msg) : record.version
      return { ...readChange(kind, fields, { record, system: origin.system }), operation: 'upsert', origin, sourceTime: null, ifVersion }
    }

    return async (msg, run) => {
      const apply = async (left: number): Promise<SaveOutcome | string> => {
        const { record, sought } = await lookup.find(msg)
        if (!record) return sought
        try {
          const [saved] = await hub.save([writeOf(msg, record)])
          if (saved) return saved
        } catch (thrown) {
          // Worked out on a version that is not the newest any more: once more, unless the flow insists on that version.
          const { code, pointer } = toTorgError(thrown)
          if (version === undefined && left > 0 && code === 'request.conflict' && pointer === '/version') return apply(left - 1)
          throw thrown
        }
        throw new TorgError('hub.internal', 'The hub stored the change but returned no outcome.')
      }
      const saved = await apply(attempts)
      if (typeof saved === 'string') {
        status({ fill: 'yellow', shape: 'ring', text: `no ${saved}` })
        return handleMissing(msg, saved, config.otherwise)
      }
      const { record, outcome, refused } = saved
      run?.addSaved({ id: record.id, stale: !isApplied(outcome) })
      status({ fill: !isApplied(outcome) || refused.length > 0 ? 'yellow' : 'green', shape: 'dot', text: describeSaved(saved, { done: config.state || outcome }) })
      return [{ ...msg, payload: toEntity(record), saved: { outcome, refused } }, null]
    }
  },
})

function requireChange(kind: Kind, { change, state }: { change: MessageProperty | undefined, state: string }): void {
  if (!change && !state) throw new TorgError('flow.invalid', { detail: 'hub update changes nothing: name the property with the changes, a new state, or both', pointer: '/change' })
  if (state && !kind.moves.includes(state)) {
    const states = kind.moves.length === 0 ? `the ${kind.name} has no states to choose` : `there are ${kind.moves.join(', ')}`
    throw new TorgError('flow.invalid', { detail: `"${state}" is no state of the kind ${kind.name} that can be chosen; ${states}`, pointer: '/state', value: state })
  }
}

function versionOf(property: MessageProperty, msg: FlowMessage): number {
  const given = property.read(msg)
  const version = typeof given === 'string' && /^\d+$/.test(given) ? Number(given) : given
  if (typeof version === 'number' && Number.isSafeInteger(version)) return version
  throw new TorgError('validation.schema', { detail: `msg.${property.name} is no version of a record.`, pointer: `/${property.name.replaceAll('.', '/')}`, value: given })
}
