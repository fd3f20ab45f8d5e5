/** Customer: a person or an organisation that buys. */
import { Type, type Static } from 'typebox'
import type { TorgError } from '../../errors.ts'
import { faultOf } from '../checks.ts'
import { defineKind } from '../kind.ts'
import { organisationNumberFault } from '../organisation-numbers.ts'
import type { Finding } from '../validation.ts'
import { addressFields, BusinessDate, Code, Country, described, Email, Extensions, ExternalId, Language, Link, Money, Note, OrganisationNumber, PersonalText, Phone, StaffText, Text } from '../values.ts'
import { customerMatch } from './customer-match.ts'

const closed = { additionalProperties: false }
const contactPoint = { verified: Type.Optional(Type.Boolean({ description: 'The owner has confirmed it.' })), primary: Type.Optional(Type.Boolean({ description: 'The one to use first; at most one in the list.' })) }

export const CustomerSchema = Type.Object({
  type: Type.Enum(['person', 'organisation']),
  name: described(PersonalText, 'Full name of the person or legal name of the organisation.'),
  givenName: Type.Optional(PersonalText),
  familyName: Type.Optional(PersonalText),
  birthDate: Type.Optional(Type.String({ format: 'date', pii: true, description: 'Of a person.', expects: 'a date such as 1990-05-17' })),
  emails: Type.Optional(Type.Array(Type.Object({ value: Email, ...contactPoint }, closed))),
  phones: Type.Optional(Type.Array(Type.Object({ value: Phone, ...contactPoint }, closed))),
  addresses: Type.Optional(Type.Array(Type.Object({
    id: Type.Optional(described(ExternalId, 'Tells the address from the customer\'s others.')),
    purpose: Type.Optional(Type.Array(Type.Enum(['billing', 'shipping', 'visiting']), { uniqueItems: true })),
    primary: Type.Optional(Type.Boolean({ description: 'The one to use first; at most one of each purpose.' })),
    ...addressFields,
  }, closed))),
  groups: Type.Optional(Type.Array(Code, { uniqueItems: true })),
  homeStore: Type.Optional(described(Code, 'The store the customer belongs to.')),
  language: Type.Optional(Language),
  country: Type.Optional(described(Country, 'Where the customer lives or is registered. Its rule is the one the organisation number is checked by.')),
  loyalty: Type.Optional(Type.Object({
    memberNumber: described(PersonalText, 'Number on the card or in the app.'), tier: Type.Optional(Code),
    points: Type.Optional(Type.Integer({ description: 'Balance; below 0 where points were taken back after they were spent.' })),
    memberSince: Type.Optional(BusinessDate),
  }, closed)),
  organisationNumber: Type.Optional(OrganisationNumber),
  vatNumber: Type.Optional(Code),
  contacts: Type.Optional(Type.Array(Type.Object({
    id: Type.Optional(described(ExternalId, 'Tells the contact from the organisation\'s others.')),
    customer: Type.Optional(described(Link, 'The same person as a customer of their own, who logs in and orders.')),
    name: PersonalText, role: Type.Optional(Text), email: Type.Optional(Email), phone: Type.Optional(Phone),
    primary: Type.Optional(Type.Boolean({ description: 'The one to ask first; at most one.' })),
  }, closed))),
  parent: Type.Optional(described(Link, 'The organisation this one belongs to.')),
  priceGroup: Type.Optional(Code),
  assortment: Type.Optional(Code),
  creditLimit: Type.Optional(Money),
  invoiceTerms: Type.Optional(Type.Object({ days: Type.Integer({ minimum: 0, maximum: 365 }), reference: Type.Optional(Text) }, closed)),
  eInvoice: Type.Optional(Type.Object({
    scheme: described(Code, 'Peppol\'s code of the scheme: 0192 for Norwegian, 0007 for Swedish organisation numbers.'), id: described(Code, 'The receiver\'s address in that scheme.'),
  }, { additionalProperties: false, description: 'Where invoices are sent electronically.' })),
  accountManager: Type.Optional(described(StaffText, 'The sales person who looks after the customer.')),
  notes: Type.Optional(Type.Array(Note)),
  tags: Type.Optional(Type.Array(Text, { uniqueItems: true })),
  ext: Type.Optional(Extensions),
}, { additionalProperties: false, description: 'A person or an organisation that buys.' })

type Customer = Static<typeof CustomerSchema>

/** What only an organisation has. */
const ofOrganisations = ['organisationNumber', 'contacts', 'parent', 'eInvoice'] as const
/** Names are not among it: a sole trader has them. */
const ofPersons = ['birthDate'] as const

/** At most one primary of each, fields on the type they belong to, an organisation number that can exist. */
function check(customer: Customer): TorgError | null {
  return faultOf('validation.schema', [...primaryFindings(customer), ...typeFindings(customer), ...numberFindings(customer)])
}

function primaryFindings({ emails = [], phones = [], contacts = [], addresses = [] }: Customer): Finding[] {
  const second = (list: readonly { primary?: boolean }[], name: string, of = ''): Finding[] => {
    const [, index] = list.flatMap(({ primary }, index) => primary ? [index] : [])
    return index === undefined ? [] : [{ detail: `The customer has more than one primary entry in ${name}${of}. Mark only one as primary.`, pointer: `/${name}/${index}/primary`, value: true }]
  }
  const purposes = [...new Set(addresses.flatMap(({ purpose = [] }) => purpose))]
  return [
    ...second(emails, 'emails'), ...second(phones, 'phones'), ...second(contacts, 'contacts'),
    ...purposes.flatMap(purpose => second(addresses.map(address => ({ primary: address.primary === true && address.purpose?.includes(purpose) === true })), 'addresses', ` for ${purpose}`)),
  ]
}

function typeFindings(customer: Customer): Finding[] {
  const [others, type, other] = customer.type === 'person' ? [ofOrganisations, 'A person', 'organisation'] as const : [ofPersons, 'An organisation', 'person'] as const
  return others.flatMap(field => customer[field] === undefined ? [] : [{ detail: `${type} has no ${field}. Set type to ${other}, or leave ${field} out.`, pointer: `/${field}`, value: customer[field] }])
}

function numberFindings({ organisationNumber, country }: Customer): Finding[] {
  const fault = organisationNumber === undefined || country === undefined ? null : organisationNumberFault(organisationNumber, country)
  return fault === null ? [] : [{ detail: `${fault} Correct it, or leave it out until it is known.`, pointer: '/organisationNumber', value: organisationNumber }]
}

export const customer = defineKind({
  name: 'customer',
  version: 1,
  label: { en: 'Customer', nb: 'Kunde', sv: 'Kund' },
  schema: CustomerSchema,
  fact: false,
  scope: ['country', 'homeStore'],
  links: [{ pointer: '/parent', kind: 'customer' }, { pointer: '/contacts/*/customer', kind: 'customer' }],
  match: customerMatch,
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
