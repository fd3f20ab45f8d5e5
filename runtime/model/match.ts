/** Rules by which two documents of one kind are recognised as the same thing, beside their references. Pure. */
import type { MatchKey, MatchRules } from '../store/types.ts'
import { isRecord } from './validation.ts'

type Document = Readonly<Record<string, unknown>>

/** How records are looked for by what a match rule compares. */
export interface Search {
  /** As a parameter of the hub API: `loyaltyNumber`. */
  name: string
  /** JSON pointers of the fields it stands in: whoever may not read one of them does not find by it. */
  fields: readonly string[]
  /** What is to be written, in words that follow "is". */
  expects: string
  example: string
  /** What the rule compares where somebody writes this: in several forms where it may mean several things, none where it cannot be such a value. */
  forms(text: string): string[]
}

/** What two documents may have in common. */
export interface MatchRule {
  /** Short, and kept with every key: `email`. */
  name: string
  /**
   * Whether one such value is given to one thing only, as a loyalty number is. What is not sure counts where exactly one record has it, and
   * nothing contradicts.
   */
  sure: boolean
  /** The values in the form in which they are compared. Documents may be partial. */
  values(document: Document, number: string | null): string[]
  /** Absent where records are found by it in another way. */
  search?: Search
}

/** The match rules of a kind, and what speaks against a match. */
export interface Match {
  rules: readonly MatchRule[]
  /**
   * Why the documents cannot be of the same thing although these rules say so, in words that follow "the two have"; null where they can be.
   */
  contradiction?(one: Document, other: Document, rules: readonly string[]): string | null
}

/** Longer values are no numbers, and would not fit into an index. */
const longest = 600

/** The rule that several fields together tell a record from all others. Where one is missing it says nothing. */
export function byFields(name: string, fields: readonly string[], example: Document): MatchRule {
  const [only = name, ...others] = fields
  const written = (field: string): string => encodeURIComponent(textOf(example[field]))
  return {
    name, sure: true,
    search: {
      name: others.length > 0 ? name : only, fields: fields.map(field => `/${field}`),
      ...others.length > 0
        ? { expects: `${fields.join('/')}, with %2F for a slash within one of them`, example: fields.map(written).join('/'), forms: text => joined(text.split('/').map(decoded), fields.length) }
        : { expects: `the ${only}`, example: textOf(example[only]), forms: text => [text.trim()] },
    },
    values: document => joined(fields.map(field => textOf(document[field])), fields.length),
  }
}

/** All parts as one text; none where one is missing. */
function joined(parts: readonly string[], count: number): string[] {
  return parts.length !== count || parts.some(part => part === '') ? [] : [parts.length === 1 ? parts.join('') : JSON.stringify(parts)]
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part).trim()
  } catch {
    return ''
  }
}

/** What the store needs of the rules. */
export function toMatchRules({ rules, contradiction }: Match): MatchRules {
  return {
    keys: (document, number) => rules.flatMap(({ name, sure, values }): MatchKey[] =>
      [...new Set(values(document, number))].filter(value => value !== '' && value.length <= longest).map(value => ({ rule: name, value, sure }))),
    contradiction: (one, other, matched) => contradiction?.(one, other, matched) ?? null,
  }
}

/** A text without what stands around it; empty where there is none. */
export function textOf(value: unknown): string {
  return typeof value === 'string' ? value.trim() : ''
}

/** The objects in a list; none where there is no list. */
export function recordsOf(value: unknown): Document[] {
  return Array.isArray(value) ? value.filter(isRecord) : []
}

/** Whether both are given and differ. */
export function differ(one: unknown, other: unknown): boolean {
  const [a, b] = [textOf(one), textOf(other)]
  return a !== '' && b !== '' && a !== b
}

/** A name as it is compared: without case, accents, punctuation and double spaces. */
export function comparableName(name: unknown): string {
  return textOf(name).normalize('NFKD').replace(/\p{M}/gu, '').toLocaleLowerCase('en').replace(/[^\p{L}\p{N}]+/gu, ' ').trim()
}
