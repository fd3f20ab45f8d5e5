/** `hub settle`: the flow decides itself how its run ends. */
import { TorgError } from '../../runtime/errors.ts'
import { deliveryOf } from '../../runtime/kit/batch.ts'
import { defineStep, type FlowMessage } from '../../runtime/kit/definition.ts'
import { settleHelp } from './help/settle.ts'
import { messageProperty } from './message-property.ts'

export const settle = defineStep({
  role: 'step',
  type: 'hub settle',
  label: { en: 'hub settle', nb: 'hub settle', sv: 'hub settle' },
  help: settleHelp,
  icon: 'settle.svg',
  fields: {
    decision: {
      type: 'select',
      label: { en: 'Decision', nb: 'Avgjørelse', sv: 'Beslut' },
      options: [
        { value: 'done', label: { en: 'Done', nb: 'Ferdig', sv: 'Klar' } },
        { value: 'retry', label: { en: 'Try again later', nb: 'Prøv igjen senere', sv: 'Försök igen senare' } },
        { value: 'dead-letter', label: { en: 'Dead letter', nb: 'Dead letter', sv: 'Dead letter' } },
      ],
      default: 'dead-letter',
    },
    after: {
      type: 'number',
      label: { en: 'After', nb: 'Etter', sv: 'Efter' },
      default: 300,
      min: 1,
      max: 86_400,
      unit: 's',
      when: { field: 'decision', is: ['retry'] },
    },
    reason: {
      type: 'text',
      label: { en: 'Reason', nb: 'Årsak', sv: 'Orsak' },
      hint: {
        en: 'What the person who finds it must know. Used when the property below is empty.',
        nb: 'Det den som skal ordne opp, trenger å vite. Brukes når egenskapen under er tom.',
        sv: 'Det som den som ska reda ut saken behöver veta. Används när egenskapen nedan är tom.',
      },
      placeholder: 'The customer is blocked',
      when: { field: 'decision', is: ['retry', 'dead-letter'] },
    },
    reasonProperty: {
      type: 'text',
      label: { en: 'Reason from', nb: 'Årsak fra', sv: 'Orsak från' },
      hint: {
        en: 'A property of the message, for example error.message after a Catch node.',
        nb: 'En egenskap i meldingen, for eksempel error.message etter en Catch-node.',
        sv: 'En egenskap i meddelandet, till exempel error.message efter en Catch-nod.',
      },
      placeholder: 'error.message',
      default: '',
      when: { field: 'decision', is: ['retry', 'dead-letter'] },
    },
  },
  inputs: [{ type: 'any' }],
  outputs: [],
  create({ config, log, status }) {
    const { decision, after } = config
    const property = config.reasonProperty ? messageProperty(config.reasonProperty, 'reasonProperty') : undefined

    const reasonOf = (msg: FlowMessage): string => {
      const found = property?.read(msg)
      if (typeof found === 'string' && found !== '') return found
      if (found !== undefined && found !== null && found !== '') return JSON.stringify(found)
      return config.reason || 'The flow gave no reason.'
    }

    return (msg, run) => {
      if (!run) {
        log.warn('hub settle got a message that belongs to no durable run; nothing was settled. Start the flow from a system\'s source node or from hub changes.')
        status({ fill: 'yellow', shape: 'ring', text: 'not in a run' })
        return
      }
      if (decision === 'done') {
        run.decide({ outcome: 'done' })
        status({ fill: 'green', shape: 'dot', text: 'done' })
        return
      }
      const reason = reasonOf(msg)
      const error = decision === 'retry'
        ? new TorgError('settle.retry', { detail: reason, retryAfterMs: after * 1000 })
        : new TorgError('settle.dead-letter', { detail: reason })
      const { batch } = msg.torg ?? {}
      const item = deliveryOf(msg)
      if (batch) {
        const items = item ? [item] : batch.items
        // Several at once: which of them the flow means is seen when each has run alone.
        for (const { idempotencyKey } of items) run.failItem(idempotencyKey, { error, shared: items.length > 1 })
      } else run.decide({ outcome: 'failed', error })
      status(decision === 'retry' ? { fill: 'yellow', shape: 'ring', text: `again in ${after} s: ${reason}` } : { fill: 'red', shape: 'dot', text: reason })
    }
  },
})
