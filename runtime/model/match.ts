/** Rules by which two documents of one kind are recognised as the same thing, beside their references. Pure. */
import type { MatchKey, MatchRules } from '../store/types.ts'
import { isRecord } from './validation.ts'

type Document = Readonly<Record<string, unknown>>

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
export function byFields(name: string, fields: readonly string[]): MatchRule {
  return {
    name, sure: true,
    values: document => {
      const parts = fields.map(field => textOf(document[field]))
      return parts.some(part => part === '') ? [] : [parts.length === 1 ? parts.join('') : JSON.stringify(parts)]
    },
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
