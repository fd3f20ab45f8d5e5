/** `validate`: the only node that turns something unknown into a type. */
import { Type } from 'typebox'
import { defineStep } from '../../runtime/kit/definition.ts'
import { schemaError } from './findings.ts'
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
  inputs: [{ type: 'any' }],
  outputs: [
    { type: 'config:against', label: { en: 'valid', nb: 'gyldig', sv: 'giltig' } },
    { type: 'any', label: { en: 'invalid', nb: 'ugyldig', sv: 'ogiltig' } },
  ],
  create({ config, hub, status }) {
    const type = String(config.against)
    const check = validatorOf(type, hub)
    const property = messageProperty(config.property, 'property')
    let valid = 0
    let invalid = 0
    const show = (): void => status({ fill: invalid > 0 ? 'yellow' : 'green', shape: 'dot', text: invalid > 0 ? `${valid} valid, ${invalid} invalid` : `${valid} valid` })
    return (msg) => {
      const findings = check(property.read(msg))
      if (findings.length === 0) {
        valid += 1
        show()
        return [msg, null]
      }
      invalid += 1
      show()
      const error = schemaError(`msg.${property.name} as ${type}`, findings)
      if (config.otherwise === 'fail') throw error
      const { message: detail, pointer, value, errors } = error
      return [null, { ...msg, invalid: { detail, pointer, value, errors } }]
    }
  },
})
