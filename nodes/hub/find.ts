/** `hub find`: looks a record up by what the message says of it. */
import { defineStep } from '../../runtime/kit/definition.ts'
import { toEntity } from '../../runtime/model/index.ts'
import { findHelp } from './help/find.ts'
import { createLookup, handleMissing, lookupFields, otherwiseField } from './lookup.ts'
import { messageProperty } from './message-property.ts'

export const find = defineStep({
  role: 'step',
  type: 'hub find',
  label: { en: 'hub find', nb: 'hub find', sv: 'hub find' },
  help: findHelp,
  icon: 'find.svg',
  fields: {
    ...lookupFields,
    target: {
      type: 'text',
      label: { en: 'Result to', nb: 'Resultat til', sv: 'Resultat till' },
      default: 'payload',
      required: true,
    },
    otherwise: otherwiseField,
  },
  inputs: [{ type: 'any' }],
  outputs: [
    { type: 'config:kind', property: 'config:target', label: { en: 'found', nb: 'funnet', sv: 'hittad' } },
    { type: 'same', label: { en: 'not found', nb: 'ikke funnet', sv: 'inte hittad' } },
  ],
  create({ config, hub, status }) {
    const lookup = createLookup(config, hub)
    const target = messageProperty(config.target, 'target')
    return async (msg) => {
      const { record, sought } = await lookup.find(msg)
      if (!record) {
        status({ fill: 'yellow', shape: 'ring', text: `no ${sought}` })
        return handleMissing(msg, sought, config.otherwise)
      }
      status({ fill: 'green', shape: 'dot', text: `${record.kind} ${record.number ?? record.id} v${record.version}` })
      return [target.write(msg, toEntity(record)), null]
    }
  },
})
