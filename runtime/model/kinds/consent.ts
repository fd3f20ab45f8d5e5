/**
 * Consent: that a customer allowed a use of their data, or took it back, once and for good. What holds now is the newest of each purpose and channel.
 * What is kept is what has to be shown later: who, when, how, and to which text (GDPR article 7(1), https://eur-lex.europa.eu/eli/reg/2016/679/oj).
 */
import { Type, type Static } from 'typebox'
import { TorgError } from '../../errors.ts'
import { defineKind } from '../kind.ts'
import { isRecord } from '../validation.ts'
import { Code, described, Extensions, Instant, Language, Link, PersonalText, StaffText } from '../values.ts'

const ConsentSchema = Type.Object({
  customer: Link,
  purpose: described(Code, 'What for: newsletter, profiling, sharing. The retailer\'s own list.'),
  channel: Type.Optional(Type.Enum(['email', 'sms', 'phone', 'post', 'push'], { description: 'Absent where the purpose has no channel.' })),
  decision: Type.Enum(['granted', 'withdrawn', 'pending'], { description: '`pending` until the customer has confirmed it, where that is asked for.' }),
  basis: Type.Optional(Type.Enum(['consent', 'existing-customer'], { description: 'Consent where absent. Some marketing to existing customers needs none until they object.' })),
  at: described(Instant, 'When the customer decided.'),
  expiresAt: Type.Optional(described(Instant, 'When it ends by itself.')),
  source: described(Code, 'Where it was given or taken back: checkout, till, app, my-page, customer-service.'),
  location: Type.Optional(described(Code, 'The store, where it was one.')),
  textVersion: Type.Optional(described(Code, 'The version of the text the customer saw.')),
  textLanguage: Type.Optional(Language),
  evidence: Type.Optional(described(PersonalText, 'What shows it: the address of the request, the id of the confirmation.')),
  recordedBy: Type.Optional(described(StaffText, 'The employee who recorded it for the customer.')),
  ext: Type.Optional(Extensions),
}, { additionalProperties: false, description: 'A decision of a customer about the use of their data.' })

function check({ decision, basis = 'consent', at, expiresAt, textVersion }: Static<typeof ConsentSchema>): TorgError | null {
  const refuse = (pointer: string, value: unknown, detail: string) => new TorgError('validation.schema', { detail, pointer, value })
  if (decision !== 'withdrawn' && basis === 'consent' && textVersion === undefined) return refuse('/textVersion', undefined, `A consent that is ${decision} must say which text the customer saw. Map textVersion; for consents from before texts had versions, agree on one name for that text.`)
  if (decision === 'pending' && basis !== 'consent') return refuse('/decision', decision, 'What is allowed without consent cannot be pending. Set the decision to granted or withdrawn, or the basis to consent.')
  if (expiresAt !== undefined && Date.parse(expiresAt) <= Date.parse(at)) return refuse('/expiresAt', expiresAt, `The consent would end at ${expiresAt}, not after it was given at ${at}. Correct one of the two.`)
  return null
}

export const consent = defineKind({
  name: 'consent',
  version: 1,
  label: { en: 'Consent', nb: 'Samtykke', sv: 'Samtycke' },
  schema: ConsentSchema,
  fact: true,
  // A withdrawal must not overtake what it withdraws.
  orderKey: ({ customer }) => isRecord(customer) && typeof customer.id === 'string' ? customer.id : JSON.stringify(customer),
  links: [{ pointer: '/customer', kind: 'customer' }],
  check,
  example: {
    customer: { ref: { system: 'crm', kind: 'customer', id: '10045871' } },
    purpose: 'newsletter',
    channel: 'email',
    decision: 'granted',
    at: '2025-11-08T13:41:52Z',
    source: 'till',
    location: 'oslo-storo',
    textVersion: 'club-2025-03',
    textLanguage: 'nb',
    recordedBy: 'Sindre Aas',
  },
})
