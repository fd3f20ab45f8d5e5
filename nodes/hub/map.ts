/** `map`: one document from another by rules that are data. */
import { defineStep, type DeliveryFacts, type FlowMessage } from '../../runtime/kit/definition.ts'
import { deliveryOf, forItems, itemsOf, withItems } from '../../runtime/kit/batch.ts'
import { compileMapping, mappingSchema } from '../../runtime/mapping/index.ts'
import { mapHelp } from './help/map.ts'
import { messageProperty } from './message-property.ts'

/** What a mapping may read as `$context`: facts of the message that stay the same on every attempt. */
function contextOf(msg: FlowMessage, delivery: DeliveryFacts | undefined): Record<string, unknown> {
  const { message } = msg.torg ?? {}
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
  inputs: [{ type: 'config:mapping.from', property: 'config:source', batch: true }],
  outputs: [{ type: 'config:mapping.to', property: 'config:target' }],
  create({ id, name, config, hub }) {
    const source = messageProperty(config.source, 'source')
    const target = messageProperty(config.target, 'target')
    // So that what is stored of it can be explained.
    const mappedHere = (msg: FlowMessage): FlowMessage => msg.torg ? { ...msg, torg: { ...msg.torg, mapping: id } } : msg
    const apply = compileMapping(config.mapping, { lookups: hub.project.lookups })
    return async (msg, run) => {
      const input = source.read(msg)
      const items = run && itemsOf(msg, input)
      if (!items) return target.write(mappedHere(msg), await apply(input, contextOf(msg, deliveryOf(msg))))
      const mapped = await forItems(items, { run, node: { id, name, type: 'map' }, work: ({ value, delivery }) => apply(value, contextOf(msg, delivery)) })
      if (mapped.length === 0) return undefined
      // What could not be mapped leaves the source's list as well: elements and items belong together by their places.
      const kept = mapped.length < items.length ? source.write(withItems(msg, mapped.map(({ delivery }) => delivery)), mapped.map(({ value }) => value)) : msg
      return target.write(kept, mapped.map(({ result }) => result))
    }
  },
})
