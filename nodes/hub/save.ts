/** `hub save`: makes a canonical entity durable, which raises it for every system that wants it. */
import { TorgError } from '../../runtime/errors.ts'
import { defineStep, type FlowMessage } from '../../runtime/kit/definition.ts'
import { kindOf, readEntity, toEntity } from '../../runtime/model/index.ts'
import type { EntityWrite } from '../../runtime/store/types.ts'
import { describeSaved, isApplied, originField, originOf } from './origin.ts'
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
    origin: originField,
  },
  inputs: [{ type: 'config:kind' }],
  outputs: [{ type: 'config:kind' }],
  create({ id, config, hub, status }) {
    const kind = kindOf(config.kind, hub.project.kinds)
    const { operation } = config

    const writeOf = (msg: FlowMessage): EntityWrite => {
      const origin = originOf(msg, { node: id, system: config.origin })
      const entity = readEntity(kind, msg.payload, { system: origin.system, operation })
      return { ...entity, operation, origin, sourceTime: msg.torg?.message?.sourceTime ?? null }
    }

    return async (msg, run) => {
      const write = writeOf(msg)
      const [saved] = await hub.save([write])
      if (!saved) throw new TorgError('hub.internal', 'The hub stored the entity but returned no outcome.')
      const { record, outcome, refused } = saved
      run?.addSaved({ id: record.id, stale: !isApplied(outcome) })
      status({ fill: !isApplied(outcome) || refused.length > 0 ? 'yellow' : 'green', shape: 'dot', text: describeSaved(saved, { called: write.refs[0]?.id, ...(operation === 'remove' && { done: 'deleted' }) }) })
      return { ...msg, payload: toEntity(record), saved: { outcome, refused } }
    }
  },
})
