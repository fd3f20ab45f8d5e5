/** By what a customer is recognised, and what speaks against it: a wrong match shows one person what belongs to another. */
import { comparableName, differ, recordsOf, textOf, type Match } from '../match.ts'
import { possibleOrganisationNumbers } from '../organisation-numbers.ts'
import { possiblePhones } from '../phones.ts'
import { isRecord } from '../validation.ts'

type Document = Readonly<Record<string, unknown>>

/**
 * An address that its source knows to be unconfirmed may be anybody's: who types another person's e-mail into a webshop must not get that
 * person's record.
 */
const confirmed = (list: unknown): string[] => recordsOf(list).filter(({ verified }) => verified !== false).map(({ value }) => textOf(value))

const memberNumber = ({ loyalty }: Document): string => isRecord(loyalty) ? textOf(loyalty.memberNumber).toUpperCase() : ''

const inCountry = (country: string, number: string): string => `${country} ${number.replace('-', '')}`

/** National numbers are given out per country: without one there is nothing to compare. */
const organisation = ({ country, organisationNumber }: Document): string => {
  const [land, number] = [textOf(country), textOf(organisationNumber)]
  return land === '' || number === '' ? '' : inCountry(land, number)
}

export const customerMatch: Match = {
  rules: [
    {
      name: 'organisation-number', sure: true, values: document => [organisation(document)],
      search: {
        name: 'organisationNumber', fields: ['/organisationNumber', '/country'], expects: 'an organisation number of NO, SE, DK or FI, or one of another country behind its code', example: 'NO 923609016',
        forms: text => possibleOrganisationNumbers(text).map(({ country, number }) => inCountry(country, number)),
      },
    },
    {
      name: 'loyalty-number', sure: true, values: document => [memberNumber(document)],
      search: { name: 'loyaltyNumber', fields: ['/loyalty/memberNumber'], expects: 'a member number', example: '10045871', forms: text => [memberNumber({ loyalty: { memberNumber: text } })] },
    },
    // Case does not count, in no mailbox that is met in practice. What follows a plus stays: to some servers it is another mailbox.
    {
      name: 'email', sure: false, values: ({ emails }) => confirmed(emails).map(email => email.toLowerCase()),
      search: { name: 'email', fields: ['/emails'], expects: 'an e-mail address', example: 'kari@example.no', forms: text => text.includes('@') ? [text.trim().toLowerCase()] : [] },
    },
    {
      name: 'phone', sure: false, values: ({ phones }) => confirmed(phones).map(phone => phone.replace(/[^+\d]/g, '')),
      search: { name: 'phone', fields: ['/phones'], expects: 'a phone number, international or as it is written within Norway, Sweden, Denmark or Finland', example: '+4722334455', forms: possiblePhones },
    },
  ],
  contradiction: (one, other, rules) => {
    if (differ(one.type, other.type)) return 'different types, a person and an organisation'
    if (differ(organisation(one), organisation(other))) return 'different organisation numbers'
    if (differ(memberNumber(one), memberNumber(other))) return 'different loyalty numbers'
    if (differ(one.birthDate, other.birthDate)) return 'different birth dates'
    if (rules.some(rule => rule !== 'email' && rule !== 'phone')) return null
    return one.type === 'organisation' || other.type === 'organisation' ? organisationNames(one, other) : personNames(one, other, rules)
  },
}

/** Accountants take the invoices of many organisations at one address. */
function organisationNames(one: Document, other: Document): string | null {
  return differ(comparableName(one.name), comparableName(other.name)) ? 'different names' : null
}

/** Families share an address. Given names tell them apart; somebody who married keeps the e-mail, but a number of the family goes round. */
function personNames(one: Document, other: Document, rules: readonly string[]): string | null {
  const [a, b] = [namesOf(one), namesOf(other)]
  if (differ(a.given, b.given)) return 'different given names'
  return !rules.includes('email') && differ(a.family, b.family) ? 'different family names, and only the phone number in common' : null
}

/** First given name and family name; from the whole name, which some systems write "Solbakken, Ingrid", where they are not given apart. */
function namesOf({ name, givenName, familyName }: Document): { given: string, family: string } {
  const [before = '', after] = textOf(name).split(',', 2)
  const words = comparableName(after === undefined ? before : `${after} ${before}`).split(' ')
  return {
    given: comparableName(givenName).split(' ')[0] || (words[0] ?? ''),
    family: comparableName(familyName).split(' ').at(-1) || (words.length > 1 ? words.at(-1) ?? '' : ''),
  }
}
