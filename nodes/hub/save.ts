/** `hub save`: makes a canonical entity durable, which raises it for every system that wants it. */
import { TorgError } from '../../runtime/errors.ts'
import { defineStep, type FlowMessage } from '../../runtime/kit/definition.ts'
import { kindOf, readEntity, toEntity } from '../../runtime/model/index.ts'
import type { EntityWrite, Origin, SaveOutcome } from '../../runtime/store/types.ts'
import { saveHelp } from './help/save.ts'

export const save = defineStep({
  role: 'step',
  type: 'hub save',
  label: { en: 'hub save', nb: 'hub save', sv: 'hub save' },
  help: saveHelp,
  icon: 'save.svg',
  fields: {
    kind: {
      type: 'kind',
      label: { en: 'Kind', nb: 'Type', sv: 'Typ' },
      required: true,
    },
    operation: {
      type: 'select',
      label: { en: 'Operation', nb: 'Operasjon', sv: 'Operation' },
      options: [
        { value: 'upsert', label: { en: 'Create or update', nb: 'Opprett eller oppdater', sv: 'Skapa eller uppdatera' } },
        { value: 'remove', label: { en: 'Mark as deleted', nb: 'Merk som slettet', sv: 'Markera som raderad' } },
      ],
      default: 'upsert',
    },
    origin: {
      type: 'text',
      label: { en: 'Origin', nb: 'Opphav', sv: 'Ursprung' },
      hint: {
        en: 'Key of the system the data comes from. Empty: the system whose message started the flow, or "manual".',
        nb: 'Nøkkelen til systemet dataene kommer fra. Tomt: systemet som startet flyten, eller «manual».',
        sv: 'Nyckeln till systemet som data kommer från. Tomt: systemet vars meddelande startade flödet, eller ”manual”.',
      },
      pattern: '^[a-z0-9]+(-[a-z0-9]+)*$',
      placeholder: 'webshop-no',
    },
  },
  inputs: [{ type: 'config:kind' }],
  outputs: [{ type: 'config:kind' }],
  create({ config, hub, status }) {
    const kind = kindOf(config.kind, hub.project.kinds)
    const { operation } = config

    /** Where the values come from: the field, what started the run, or a person at the editor. */
    const originOf = ({ torg }: FlowMessage): Origin => ({
      system: config.origin || torg?.message?.system || torg?.delivery?.system || 'manual',
      message: torg?.message?.id ?? null,
      at: torg?.message?.receivedAt ?? new Date().toISOString(),
    })

    const writeOf = (msg: FlowMessage): EntityWrite => {
      const origin = originOf(msg)
      const entity = readEntity(kind, msg.payload, { system: origin.system, operation })
      return { ...entity, operation, origin, sourceTime: msg.torg?.message?.sourceTime ?? null }
    }

    return async (msg, run) => {
      const write = writeOf(msg)
      const [saved] = await hub.save([write])
      if (!saved) throw new TorgError('hub.internal', 'The hub stored the entity but returned no outcome.')
      const { record, outcome, refused } = saved
      run?.addSaved({ id: record.id, stale: outcome === 'stale' || outcome === 'erased' })
      status({ fill: outcome === 'stale' || outcome === 'erased' || refused.length > 0 ? 'yellow' : 'green', shape: 'dot', text: describe(write, saved) })
      return { ...msg, payload: toEntity(record), saved: { outcome, refused } }
    }
  },
})

/** The record by its number, else by the id its writer knows: the stored references begin with any system's. */
function describe({ kind, refs, operation }: EntityWrite, { record, outcome, refused }: SaveOutcome): string {
  const what = outcome === 'unchanged' || outcome === 'stale' || outcome === 'erased' ? outcome : operation === 'remove' ? 'deleted' : outcome
  const held = refused.length > 0 ? `, ${refused.length} ${refused.length === 1 ? 'field' : 'fields'} refused` : ''
  return `${kind} ${record.number ?? refs[0]?.id ?? record.id} v${record.version} ${what}${held}`
}
