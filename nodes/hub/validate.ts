/** `validate`: the only node that turns something unknown into a type. */
import { Type } from 'typebox'
import { forItems, itemsOf, withItems } from '../../runtime/kit/batch.ts'
import { defineStep, type FlowMessage } from '../../runtime/kit/definition.ts'
import { schemaError } from '../../runtime/model/index.ts'
import { validateHelp } from './help/validate.ts'
import { messageProperty } from './message-property.ts'
import { validatorOf } from './types.ts'

export const validate = defineStep({
  role: 'step',
  type: 'validate',
  label: { en: 'validate', nb: 'validate', sv: 'validate' },
  help: validateHelp,
  icon: 'validate.svg',
  fields: {
    against: {
      type: 'json',
      label: { en: 'Type', nb: 'Type', sv: 'Typ' },
      hint: {
        en: 'A canonical kind, a type of a connector, or a schema of this project.',
        nb: 'En kanonisk type, en type fra en connector eller et skjema i prosjektet.',
        sv: 'En kanonisk typ, en typ från en connector eller ett schema i projektet.',
      },
      default: '',
      schema: Type.String({ minLength: 1 }),
      editor: 'type',
      required: true,
    },
    property: {
      type: 'text',
      label: { en: 'Property', nb: 'Egenskap', sv: 'Egenskap' },
      default: 'payload',
      required: true,
    },
    otherwise: {
      type: 'select',
      label: { en: 'If it does not fit', nb: 'Hvis det ikke passer', sv: 'Om det inte passar' },
      options: [
        { value: 'fail', label: { en: 'Fail the run', nb: 'La kjøringen feile', sv: 'Låt körningen misslyckas' } },
        { value: 'output', label: { en: 'Second output', nb: 'Andre utgang', sv: 'Andra utgången' } },
      ],
      default: 'fail',
    },
  },
  inputs: [{ type: 'any', property: 'config:property', batch: true }],
  outputs: [
    { type: 'config:against', property: 'config:property', label: { en: 'valid', nb: 'gyldig', sv: 'giltig' } },
    { type: 'any', property: 'config:property', label: { en: 'invalid', nb: 'ugyldig', sv: 'ogiltig' } },
  ],
  create({ id, name, config, hub, status }) {
    const type = String(config.against)
    const check = validatorOf(type, hub)
    const property = messageProperty(config.property, 'property')
    let valid = 0
    let invalid = 0
    const show = (): void => status({ fill: invalid > 0 ? 'yellow' : 'green', shape: 'dot', text: invalid > 0 ? `${valid} valid, ${invalid} invalid` : `${valid} valid` })
    /** What does not fit; undefined where it does. */
    const judge = (document: unknown): { detail: string, pointer: string | undefined, value: unknown, errors: unknown } | undefined => {
      const findings = check(document)
      if (findings.length === 0) valid += 1
      else invalid += 1
      show()
      if (findings.length === 0) return undefined
      const error = schemaError(`msg.${property.name} as ${type}`, findings)
      if (config.otherwise === 'fail') throw error
      const { message: detail, pointer, value, errors } = error
      return { detail, pointer, value, errors }
    }
    return async (msg, run) => {
      const document = property.read(msg)
      const items = run && itemsOf(msg, document)
      if (!items) {
        const fault = judge(document)
        return fault ? [null, { ...msg, invalid: fault }] : [msg, null]
      }
      const judged = await forItems(items, { run, node: { id, name, type: 'validate' }, work: ({ value }) => judge(value) })
      const only = (wanted: typeof judged): FlowMessage | null =>
        wanted.length === 0 ? null : property.write(withItems(msg, wanted.map(({ delivery }) => delivery)), wanted.map(({ value }) => value))
      const misfits = judged.filter(({ result }) => result)
      const refused = only(misfits)
      return [only(judged.filter(({ result }) => !result)), refused && { ...refused, invalid: misfits.map(({ result }) => result) }]
    }
  },
})
