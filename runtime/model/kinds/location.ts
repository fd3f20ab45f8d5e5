/** Location: a store, a warehouse or a web channel that sells, keeps or hands over. */
import { Type, type Static } from 'typebox'
import type { TorgError } from '../../errors.ts'
import { faultOf, repeated } from '../checks.ts'
import { defineKind } from '../kind.ts'
import type { Finding } from '../validation.ts'
import { Address, BusinessDate, Code, Currency, described, Email, Extensions, Gln, Language, LocalizedText, LocalTime, OrganisationNumber, Phone, Text, TimeZone, Url } from '../values.ts'

const closed = { additionalProperties: false }
const degrees = (limit: number) => Type.Number({ minimum: -limit, maximum: limit, description: 'Degrees, WGS 84.', expects: `degrees from -${limit} to ${limit}` })
const days = ['monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday', 'sunday'] as const

const Hours = {
  opens: LocalTime,
  closes: described(LocalTime, 'After `opens`; 24:00 is the end of the day. What goes on after midnight belongs to the next day.'),
}

const LocationSchema = Type.Object({
  code: described(Code, 'The code by which orders, prices, stock and receipts name it.'),
  type: Type.Enum(['store', 'warehouse', 'web']),
  name: Text,
  market: Type.Optional(Code),
  groups: Type.Optional(Type.Array(Code, { uniqueItems: true, description: 'Regions, chains, cluster of an assortment.' })),
  organisationNumber: Type.Optional(described(OrganisationNumber, 'Of the company that runs it, such as a franchisee.')),
  gln: Type.Optional(Gln),
  address: Type.Optional(Address),
  phone: Type.Optional(Phone),
  email: Type.Optional(Email),
  url: Type.Optional(Url),
  coordinates: Type.Optional(Type.Object({ latitude: degrees(90), longitude: degrees(180) }, closed)),
  currency: Type.Optional(Currency),
  language: Type.Optional(Language),
  timeZone: Type.Optional(described(TimeZone, 'The zone of its opening hours and business dates.')),
  openingHours: Type.Optional(Type.Array(Type.Object({ days: Type.Array(Type.Enum([...days]), { minItems: 1, uniqueItems: true }), ...Hours }, closed), { description: 'Of an ordinary week, in local time. A day that is not there is closed.' })),
  exceptions: Type.Optional(Type.Array(Type.Object({
    date: BusinessDate, reason: Type.Optional(LocalizedText), hours: Type.Array(Type.Object(Hours, closed), { description: 'Empty: closed all day.' }),
  }, closed), { description: 'Days on which other hours hold.' })),
  capabilities: Type.Optional(Type.Array(Type.Enum(['pickup', 'ship', 'return']), { uniqueItems: true, description: '`pickup`: hands over orders. `ship`: sends them. `return`: takes goods back, wherever they were bought.' })),
  openedOn: Type.Optional(described(BusinessDate, 'Its first day.')),
  closedOn: Type.Optional(described(BusinessDate, 'Its last day, when it closed for good.')),
  tags: Type.Optional(Type.Array(Text, { uniqueItems: true })),
  ext: Type.Optional(Extensions),
}, { additionalProperties: false, description: 'A store, a warehouse or a web channel that sells, keeps or hands over.' })

type Location = Static<typeof LocationSchema>
interface Span { opens: string, closes: string, pointer: string }

/** Hours that are hours and do not overlap, in a zone that is known; each exception once. */
function check({ openingHours, exceptions, timeZone, openedOn, closedOn }: Location): TorgError | null {
  const week = (openingHours ?? []).map((entry, index) => ({ ...entry, pointer: `/openingHours/${index}` }))
  const special = (exceptions ?? []).map(({ hours }, index) => hours.map((span, position) => ({ ...span, pointer: `/exceptions/${index}/hours/${position}` })))
  return faultOf('validation.schema', [
    ...(timeZone === undefined && (openingHours ?? exceptions) !== undefined ? [{ detail: 'The opening hours are in local time, and the location has no timeZone. Give one, such as Europe/Oslo.', pointer: '/timeZone', value: undefined }] : []),
    ...[...week, ...special.flat()].flatMap(backwards),
    ...days.flatMap(day => overlapping(week.filter(entry => entry.days.includes(day)), day)),
    ...special.flatMap((spans, index) => overlapping(spans, exceptions?.[index]?.date ?? '')),
    ...repeated('/exceptions', exceptions, 'date', ({ date }) => date),
    ...(openedOn !== undefined && closedOn !== undefined && closedOn < openedOn ? [{ detail: `/closedOn is ${closedOn}, before the first day (${openedOn}).`, pointer: '/closedOn', value: closedOn }] : []),
  ])
}

function backwards({ opens, closes, pointer }: Span): Finding[] {
  return opens < closes ? [] : [{ detail: `${pointer} closes at ${closes}, not after it opens (${opens}). Hours past midnight are two entries: until 24:00, and from 00:00 of the next day.`, pointer: `${pointer}/closes`, value: closes }]
}

function overlapping(spans: readonly Span[], day: string): Finding[] {
  const sorted = spans.toSorted((a, b) => a.opens < b.opens ? -1 : 1)
  return sorted.flatMap(({ opens, pointer }, index) => {
    const before = sorted[index - 1]
    return before === undefined || before.closes <= opens ? [] : [{ detail: `${pointer} opens at ${opens} on ${day}, when other hours run until ${before.closes}. Make one entry of both.`, pointer: `${pointer}/opens`, value: opens }]
  })
}

export const location = defineKind({
  name: 'location',
  version: 1,
  label: { en: 'Location', nb: 'Lokasjon', sv: 'Plats' },
  schema: LocationSchema,
  fact: false,
  scope: ['market'],
  links: [],
  key: ['code'],
  check,
  example: {
    code: 'trondheim-torg',
    type: 'store',
    name: 'Fjellvind Trondheim Torg',
    market: 'no',
    groups: ['midt-norge'],
    gln: '7080000000005',
    address: { company: 'Fjellvind Trondheim Torg', street: 'Kongens gate 11', postalCode: '7013', city: 'Trondheim', country: 'NO' },
    phone: '+4773000123',
    coordinates: { latitude: 63.4298, longitude: 10.3934 },
    currency: 'NOK',
    language: 'nb',
    timeZone: 'Europe/Oslo',
    openingHours: [{ days: ['monday', 'tuesday', 'wednesday', 'thursday', 'friday'], opens: '10:00', closes: '20:00' }, { days: ['saturday'], opens: '10:00', closes: '18:00' }],
    exceptions: [{ date: '2025-12-24', reason: { nb: 'Julaften', sv: 'Julafton' }, hours: [{ opens: '10:00', closes: '13:00' }] }, { date: '2025-12-25', hours: [] }],
    capabilities: ['pickup', 'ship', 'return'],
    openedOn: '2014-03-01',
  },
})
