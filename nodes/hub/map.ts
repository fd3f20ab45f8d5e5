/** `map`: one document from another by rules that are data. */
import { defineStep, type FlowMessage } from '../../runtime/kit/definition.ts'
import { compileMapping, mappingSchema } from '../../runtime/mapping/index.ts'
import { mapHelp } from './help/map.ts'
import { messageProperty } from './message-property.ts'

/** What a mapping may read as `$context`: facts of the message that stay the same on every attempt. */
function contextOf({ torg }: FlowMessage): Record<string, unknown> {
  const { message, delivery } = torg ?? {}
  if (message) {
    const { system, key, topic, eventId, sourceTime, receivedAt } = message
    return { system, key, topic, eventId, sourceTime, receivedAt }
  }
  if (delivery) {
    const { system, kind, version, operation, reason, reference, idempotencyKey } = delivery
    return { system, kind, version, operation, reason, reference, idempotencyKey }
  }
  return {}
}

export const map = defineStep({
  role: 'step',
  type: 'map',
  label: { en: 'map', nb: 'map', sv: 'map' },
  help: mapHelp,
  icon: 'map.svg',
  fields: {
    mapping: {
      type: 'json',
      label: { en: 'Mapping', nb: 'Mapping', sv: 'Mappning' },
      default: { from: 'any', to: 'any', rules: [] },
      schema: mappingSchema,
      check: (value, { lookups }) => { compileMapping(value, { lookups }) },
      editor: 'mapping',
      required: true,
    },
    source: {
      type: 'text',
      label: { en: 'Source property', nb: 'Kildeegenskap', sv: 'Källegenskap' },
      default: 'payload',
      required: true,
    },
    target: {
      type: 'text',
      label: { en: 'Target property', nb: 'Målegenskap', sv: 'Målegenskap' },
      default: 'payload',
      required: true,
    },
  },
  inputs: [{ type: 'config:mapping.from' }],
  outputs: [{ type: 'config:mapping.to' }],
  create({ config, hub }) {
    const source = messageProperty(config.source, 'source')
    const target = messageProperty(config.target, 'target')
    const apply = compileMapping(config.mapping, { lookups: hub.project.lookups })
    return async (msg) => target.write(msg, await apply(source.read(msg), contextOf(msg)))
  },
})
