/** Customer: a person or an organisation that buys. */
import { Type, type Static } from 'typebox'
import { TorgError } from '../../errors.ts'
import { defineKind } from '../kind.ts'
import { addressFields, Code, Country, described, Email, Extensions, Language, Link, Money, Note, OrganisationNumber, PersonalText, Phone, Text } from '../values.ts'

const closed = { additionalProperties: false }
const contactPoint = { verified: Type.Optional(Type.Boolean({ description: 'The owner has confirmed it.' })), primary: Type.Optional(Type.Boolean({ description: 'The one to use first; at most one in the list.' })) }

export const CustomerSchema = Type.Object({
  type: Type.Enum(['person', 'organisation']),
  name: described(PersonalText, 'Full name of the person or legal name of the organisation.'),
  givenName: Type.Optional(PersonalText),
  familyName: Type.Optional(PersonalText),
  emails: Type.Optional(Type.Array(Type.Object({ value: Email, ...contactPoint }, closed))),
  phones: Type.Optional(Type.Array(Type.Object({ value: Phone, ...contactPoint }, closed))),
  addresses: Type.Optional(Type.Array(Type.Object({
    purpose: Type.Optional(Type.Array(Type.Enum(['billing', 'shipping', 'visiting']), { uniqueItems: true })), ...addressFields,
  }, closed))),
  groups: Type.Optional(Type.Array(Code, { uniqueItems: true })),
  homeStore: Type.Optional(described(Code, 'The store the customer belongs to.')),
  language: Type.Optional(Language),
  country: Type.Optional(Country),
  loyalty: Type.Optional(Type.Object({
    memberNumber: described(PersonalText, 'Number on the card or in the app.'), tier: Type.Optional(Code), points: Type.Optional(Type.Integer()),
  }, closed)),
  organisationNumber: Type.Optional(OrganisationNumber),
  vatNumber: Type.Optional(Code),
  contacts: Type.Optional(Type.Array(Type.Object({ name: PersonalText, role: Type.Optional(Text), email: Type.Optional(Email), phone: Type.Optional(Phone) }, closed))),
  parent: Type.Optional(described(Link, 'The organisation this one belongs to.')),
  priceGroup: Type.Optional(Code),
  assortment: Type.Optional(Code),
  creditLimit: Type.Optional(Money),
  invoiceTerms: Type.Optional(Type.Object({ days: Type.Integer({ minimum: 0, maximum: 365 }), reference: Type.Optional(Text) }, closed)),
  notes: Type.Optional(Type.Array(Note)),
  tags: Type.Optional(Type.Array(Text, { uniqueItems: true })),
  ext: Type.Optional(Extensions),
}, { additionalProperties: false, description: 'A person or an organisation that buys.' })

type Customer = Static<typeof CustomerSchema>

/** At most one primary e-mail and phone; fields of organisations only on organisations. */
function check(customer: Customer): TorgError | null {
  for (const list of ['emails', 'phones'] as const) {
    const second = (customer[list] ?? []).map((entry, index) => entry.primary ? index : -1).filter(index => index >= 0)[1]
    if (second !== undefined) return new TorgError('validation.schema', { detail: `The customer has more than one primary entry in ${list}. Mark only one as primary.`, pointer: `/${list}/${second}/primary`, value: true })
  }
  if (customer.type === 'person') {
    for (const field of ['organisationNumber', 'contacts', 'parent'] as const) {
      if (customer[field] !== undefined) return new TorgError('validation.schema', { detail: `A person has no ${field}. Set type to organisation, or leave ${field} out.`, pointer: `/${field}`, value: customer[field] })
    }
  }
  return null
}

export const customer = defineKind({
  name: 'customer',
  version: 1,
  label: { en: 'Customer', nb: 'Kunde', sv: 'Kund' },
  schema: CustomerSchema,
  fact: false,
  links: [{ pointer: '/parent', kind: 'customer' }],
  check,
  example: {
    type: 'person',
    name: 'Ingrid Solbakken',
    givenName: 'Ingrid',
    familyName: 'Solbakken',
    emails: [{ value: 'ingrid.solbakken@example.no', verified: true, primary: true }],
    phones: [{ value: '+4740000123', primary: true }],
    addresses: [{ purpose: ['billing', 'shipping'], name: 'Ingrid Solbakken', street: 'Elvegata 12', postalCode: '7012', city: 'Trondheim', country: 'NO' }],
    groups: ['club'],
    homeStore: 'trondheim-torg',
    language: 'nb',
    loyalty: { memberNumber: '10045871', tier: 'gold', points: 1240 },
  },
})
