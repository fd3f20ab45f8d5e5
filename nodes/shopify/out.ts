/** `shopify out`: writes to the shop with one mutation of its Admin API. */
import { TorgError } from '../../runtime/errors.ts'
import { askAdmin } from './admin-api.ts'
import { mutationOutHelp } from './help.ts'
import { defineStep } from './system.ts'

export const mutationSink = defineStep({
  role: 'sink',
  type: 'shopify out',
  label: { en: 'shopify out', nb: 'shopify out', sv: 'shopify out' },
  help: mutationOutHelp,
  fields: {
    mutation: {
      type: 'text',
      label: { en: 'Mutation', nb: 'Mutasjon', sv: 'Mutation' },
      hint: {
        en: 'GraphQL, as in Shopify\'s documentation. The payload holds its variables. Ask for userErrors { field message }.',
        nb: 'GraphQL, som i dokumentasjonen til Shopify. Payload har variablene. Be om userErrors { field message }.',
        sv: 'GraphQL, som i Shopifys dokumentation. Payload har variablerna. Be om userErrors { field message }.',
      },
      placeholder: 'mutation ($input: CustomerInput!) { customerUpdate(input: $input) { customer { id } userErrors { field message } } }',
      multiline: true,
      required: true,
    },
  },
  inputs: [{ type: 'any' }],
  outputs: [{ type: 'any', label: { en: 'answer', nb: 'svar', sv: 'svar' } }],
  create({ config: { mutation }, system, status }) {
    const name = nameOf(mutation)
    return async (msg, run) => {
      if (run && !run.open) throw new TorgError('run.closed', `The run had settled before ${system.key} was called; nothing was sent.`)
      const did = `do ${name}`
      const advice = 'Correct the mapping, or the mutation on the node, and run it again.'
      const data = await askAdmin(system, { query: mutation, variables: msg.payload, did, advice, ...(run && { signal: run.signal }) })
      if (data === undefined) throw new TorgError('system.refused', { detail: `${system.key} answered ${name} without data, so it is not known whether it was done.`, next: advice })
      const refused = userErrorsOf(data)
      if (refused) throw new TorgError('system.refused', { detail: `${system.key} did not ${did}: ${refused.text}.`, pointer: refused.pointer, value: msg.payload, next: advice })
      status({ fill: 'green', shape: 'dot', text: name })
      return { ...msg, payload: data }
    }
  },
})

/** The name of the mutation's first field, for messages. */
function nameOf(mutation: string): string {
  const name = /^\s*mutation\b[^{]*\{\s*(?:\w+\s*:\s*)?(\w+)/.exec(mutation)?.[1]
  if (name === undefined) throw new TorgError('flow.invalid', { detail: 'shopify out needs a GraphQL mutation: mutation ($input: CustomerInput!) { customerUpdate(input: $input) { userErrors { field message } } }', pointer: '/mutation', value: mutation })
  return name
}

/** A refused mutation is answered 200: https://shopify.dev/docs/api/usage/response-codes */
function userErrorsOf(data: unknown): { text: string, pointer: string } | null {
  const answers = typeof data === 'object' && data !== null ? Object.values(data) as ({ userErrors?: { field?: string[] | null, message?: string }[] } | null)[] : []
  const errors = answers.flatMap(answer => answer?.userErrors ?? [])
  const [first] = errors
  if (!first) return null
  return {
    text: errors.map(({ field, message = 'no reason given' }) => `${field?.length ? `${field.join('.')}: ` : ''}${message}`).join('; '),
    pointer: (first.field ?? []).map(part => `/${part}`).join(''),
  }
}
