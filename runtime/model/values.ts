/**
 * The value types all kinds share. Each has a name, a description, and what a person is told when a value does not
 * fit (`expects`). Personal data carries `pii`, the mark that masks it in logs and samples, and by which an erasure finds it (`personal.ts`).
 */
import { Type, type Static, type TSchema } from 'typebox'

const names = new Map<string, TSchema>()

/** Gives a schema a name: it becomes a `$defs` entry of every published schema that uses it. */
function named<T extends TSchema>(title: string, schema: T): T {
  const result = { ...schema, title }
  names.set(title, result)
  return result
}

/** The shared schema of this name, if there is one. */
export function valueType(title: string): TSchema | undefined { return names.get(title) }

/** A shared schema with a description for this one use. */
export function described<T extends TSchema>(schema: T, description: string): T { return { ...schema, description } }

const pattern = (title: string, regex: string, description: string, expects: string) =>
  named(title, Type.String({ pattern: regex, description, expects }))

// ---------------------------------------------------------------- texts and codes

export const Text = named('Text', Type.String({ minLength: 1, maxLength: 2000, description: 'A text for people. Never empty: leave the field out instead.', expects: 'a text of 1 to 2000 characters; leave the field out where there is none' }))
export const PersonalText = named('PersonalText', Type.String({ minLength: 1, maxLength: 2000, pii: true, description: 'A text about a person.', expects: 'a text of 1 to 2000 characters; leave the field out where there is none' }))
export const StaffText = named('StaffText', Type.String({ minLength: 1, maxLength: 2000, pii: 'staff', description: 'A text about an employee.', expects: 'a text of 1 to 2000 characters; leave the field out where there is none' }))
export const LongText = named('LongText', Type.String({ minLength: 1, maxLength: 100_000, description: 'A text of any length, plain or marked up.', expects: 'a text of 1 to 100,000 characters; leave the field out where there is none' }))
export const Code = named('Code', Type.String({ minLength: 1, maxLength: 200, description: 'A code or key agreed between systems, such as a channel, market or carrier.', expects: 'a code of 1 to 200 characters' }))
export const Sku = named('Sku', Type.String({ minLength: 1, maxLength: 200, description: 'The retailer\'s own article number of a variant.', expects: 'an article number of 1 to 200 characters' }))
export const ExternalId = named('ExternalId', Type.String({ minLength: 1, maxLength: 500, description: 'An id in the words of the system that gave it.', expects: 'an id as a text, numbers written as text' }))
export const Currency = pattern('Currency', '^[A-Z]{3}$', 'ISO 4217 currency code.', 'a currency code of three capital letters, such as NOK')
export const Country = pattern('Country', '^[A-Z]{2}$', 'ISO 3166-1 alpha-2 country code.', 'a country code of two capital letters, such as NO')
const languageTag = '^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$'
export const Language = pattern('Language', languageTag, 'BCP 47 language tag.', 'a language tag such as nb or nb-NO')
/** Where an article has another code at the till (in-house, weight), that is no GTIN: see `barcodes` of a variant. */
export const Gtin = named('Gtin', Type.String({ pattern: '^(\\d{8}|\\d{12,14})$', format: 'gtin', description: 'GTIN-8, -12, -13 or -14, digits only, with its check digit.', expects: 'a GTIN of 8, 12, 13 or 14 digits with the right check digit' }))
export const Gln = named('Gln', Type.String({ pattern: '^\\d{13}$', format: 'gtin', description: 'Global Location Number of GS1: 13 digits, the last a check digit as of a GTIN.', expects: 'a GLN of 13 digits with the right check digit' }))
/** Of the countries whose rule is known, kinds check the digits with `organisationNumberFault`. Personal, since that of a Swedish sole trader is the owner's identity number. */
export const OrganisationNumber = named('OrganisationNumber', Type.String({ pattern: '^[0-9A-Z-]{4,20}$', pii: true, description: 'National organisation number, without spaces: 923609016 in Norway, 5560360793 in Sweden, 13748136 in Denmark, 0112038-9 in Finland.', expects: 'an organisation number without spaces' }))
export const Url = named('Url', Type.String({ pattern: '^https?://', format: 'uri', maxLength: 2000, description: 'Address on the web.', expects: 'an address starting with https:// or http://' }))
export const Email = named('Email', Type.String({ format: 'email', maxLength: 320, pii: true, description: 'E-mail address.', expects: 'an e-mail address such as kari@example.no' }))
export const Phone = named('Phone', Type.String({ pattern: '^\\+[1-9]\\d{6,14}$', pii: true, description: 'Phone number in E.164 form.', expects: 'a phone number in international form, such as +4791234567' }))
export const Link = named('Link', Type.Object({
  id: Type.Optional(Type.String({ format: 'uuid', description: 'The hub\'s id of the record.', expects: 'an id of the hub, a UUID' })),
  ref: Type.Optional(Type.Object({
    system: Type.Optional(Code), kind: Type.Optional(Code), id: ExternalId,
  }, { additionalProperties: false, description: 'A system\'s own id of the record.' })),
}, { additionalProperties: false, minProperties: 1, maxProperties: 1, description: 'Points to another record, by the hub\'s id or by a system\'s own id.', expects: 'either id or ref' }))

const localized = (title: string, text: typeof Text, description: string) => named(title, Type.Record(Type.String({ pattern: languageTag }), text, {
  additionalProperties: false, minProperties: 1, description, expects: 'a text per language, such as { "nb": "Ullgenser", "sv": "Ylletröja" }',
}))
export const LocalizedText = localized('LocalizedText', Text, 'A text for people, by language (BCP 47).')
export const LocalizedLongText = localized('LocalizedLongText', LongText, 'A text of any length, by language (BCP 47).')

/**
 * One of several shapes that the field `type` tells apart. In the published schema `oneOf` with `discriminator`, so that only the shape that was
 * meant is complained about. Source of the keyword: https://spec.openapis.org/oas/v3.1.0#discriminator-object
 */
export function byType<Shapes extends TSchema[]>(shapes: [...Shapes], description: string) {
  return Type.Union(shapes, { type: 'object', discriminator: { propertyName: 'type' }, description })
}

// ---------------------------------------------------------------- numbers and money

export const DecimalNumber = pattern('Decimal', '^-?(0|[1-9]\\d*)(\\.\\d{1,12})?$', 'A decimal number as text.', 'a decimal number written as text, such as "12.5"')
export const Amount = pattern('Amount', '^-?(0|[1-9]\\d{0,14})(\\.\\d{1,6})?$', 'An amount as a decimal text with at most 6 decimals.', 'an amount written as text with a dot and at most 6 decimals, such as "199.00"')
export const Rate = pattern('Rate', '^(0|[1-9]\\d?)(\\.\\d{1,6})?$', 'A rate as a fraction: "0.25" is 25 percent.', 'a rate as a fraction written as text: "0.25" for 25 percent')

const money = (description: string) => Type.Object({ amount: Amount, currency: Currency }, { additionalProperties: false, description, expects: 'money as { "amount": "199.00", "currency": "NOK" }' })
export const Money = named('Money', money('An amount of money. Whether tax is included is said where it is used.'))
export const NetMoney = named('NetMoney', money('An amount of money without tax.'))
export const GrossMoney = named('GrossMoney', money('An amount of money with tax included.'))
export const TaxMoney = named('TaxMoney', money('An amount of tax.'))
export const Unit = pattern('Unit', '^[A-Z0-9]{1,3}$', 'UN/ECE recommendation 20 unit code: H87 piece, KGM kilogram, MTR metre.', 'a UN/ECE unit code such as H87 (piece)')
export const Quantity = named('Quantity', Type.Object({
  value: DecimalNumber,
  unit: Unit,
}, { additionalProperties: false, description: 'How much of something.', expects: 'a quantity as { "value": "2", "unit": "H87" }' }))

// ---------------------------------------------------------------- time

export const Instant = pattern('Instant', '^\\d{4}-\\d{2}-\\d{2}T\\d{2}:\\d{2}:\\d{2}(\\.\\d{1,6})?Z$', 'A moment, ISO 8601 in UTC.', 'a moment in UTC such as 2025-11-03T09:30:00.000Z')
export const BusinessDate = named('BusinessDate', Type.String({ format: 'date', description: 'A day in the calendar of the store or company, without time or zone.', expects: 'a date such as 2025-11-03' }))
export const LocalTime = pattern('LocalTime', '^(([01]\\d|2[0-3]):[0-5]\\d|24:00)$', 'A time of day in the place\'s own zone, to the minute.', 'a time of day such as 09:30, or 24:00 for the end of the day')
export const TimeZone = named('TimeZone', Type.String({ format: 'time-zone', description: 'Name of a time zone in the IANA database.', expects: 'a time zone such as Europe/Oslo' }))

// ---------------------------------------------------------------- people and places

export const addressFields = {
  name: Type.Optional(PersonalText),
  company: Type.Optional(Text),
  careOf: Type.Optional(PersonalText),
  street: Type.Optional(PersonalText),
  street2: Type.Optional(PersonalText),
  postalCode: Type.Optional(Type.String({ minLength: 1, maxLength: 20, pii: true, expects: 'a postal code as text' })),
  city: Type.Optional(Text),
  region: Type.Optional(described(Text, 'State, province or county where the country uses them.')),
  country: Country,
  phone: Type.Optional(Phone),
  email: Type.Optional(Email),
}
export const Address = named('Address', Type.Object(addressFields, { additionalProperties: false, description: 'A postal address.' }))

export const Note = named('Note', Type.Object({
  text: PersonalText,
  audience: Type.Enum(['internal', 'customer'], { description: 'Who may read it. A note the buyer wrote is `customer`.' }),
  at: Type.Optional(Instant),
}, { additionalProperties: false, description: 'A remark in free text.' }))

export const Media = named('Media', Type.Object({
  type: Type.Enum(['image', 'video', 'document', 'model-3d']),
  url: Url,
  purpose: Type.Optional(described(Code, 'What it is for: main, detail, swatch, size-guide, manual.')),
  alt: Type.Optional(described(LocalizedText, 'What it shows, for those who cannot see it.')),
  mediaType: Type.Optional(Type.String({ pattern: '^[a-z]+/[a-z0-9.+-]+$', description: 'IANA media type.', expects: 'a media type such as image/jpeg' })),
  width: Type.Optional(Type.Integer({ minimum: 1, description: 'In pixels.' })),
  height: Type.Optional(Type.Integer({ minimum: 1, description: 'In pixels.' })),
}, { additionalProperties: false, description: 'A picture, film or document. The order of a list is the order in which they are shown.' }))

/** A customer's own fields: one typed object per namespace. */
export const Extensions = named('Extensions', Type.Record(Type.String({ pattern: '^[a-z][a-z0-9-]*$' }), Type.Record(Type.String(), Type.Unknown()), {
  additionalProperties: false, description: 'Own fields, one object per namespace.', expects: 'one object per namespace, the namespace in lower case letters, digits and hyphens',
}))

export type Money = Static<typeof Money>
export type Quantity = Static<typeof Quantity>
export type Address = Static<typeof Address>
export type Link = Static<typeof Link>
