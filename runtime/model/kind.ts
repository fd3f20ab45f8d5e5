/** What a kind is, and how one is made from its definition. */
import type { Ajv2020 } from 'ajv/dist/2020.js'
import type { Static, TSchema } from 'typebox'
import type { TorgError } from '../errors.ts'
import type { Text } from '../kit/definition.ts'
import type { KindRules } from '../store/types.ts'
import { byFields, toMatchRules, type Match, type Search } from './match.ts'
import { isInEffect, momentsOf, type Period } from './period.ts'
import { personalData } from './personal.ts'
import { extendSchema, extensibleParts, searchableFields, type Extension, type SearchableField } from './extensions.ts'
import { changeFault, stateFault, type Machine, type States } from './states.ts'
import { convert, versionIn, type Conversion } from './versions.ts'
import { createAjv, findings, isRecord, once, publish, type Finding, type JsonSchema } from './validation.ts'

/** Where a document points to another record. `*` in the pointer stands for every element of a list. */
export interface KindLink { pointer: string, kind: string }

/** A kind as the hub uses it: schema, rules, checks. */
export interface Kind {
  /** Name in flow files and in the store: `order`. */
  readonly name: string
  /** Name and major version, kept with every record: `order@1`. */
  readonly schemaName: string
  /** `$id` of the published schema: `urn:torg:schema:order@1`. */
  readonly schemaId: string
  /** JSON Schema draft 2020-12. */
  readonly schema: JsonSchema
  readonly label: Text
  /** Its name for several, as addresses have it: `orders`. */
  readonly plural: string
  readonly rules: KindRules
  readonly links: readonly KindLink[]
  /** Where the document says what it is worth: the path to a Money that a proof of completeness sums. */
  readonly worth?: readonly string[]
  /** Top-level fields that say where a record belongs; rows of the role table may hold for some of their values only. */
  readonly scope: readonly string[]
  /** Every state machine of the kind by name; empty where it has no states. */
  readonly machines: Readonly<Record<string, Machine>>
  /** Everything that does not fit the schema; empty where the document is valid. */
  validate(document: unknown): Finding[]
  /** The same, and where nothing was found, what a schema cannot say (sums, currencies, states). */
  examine(document: unknown): { findings: Finding[], fault: TorgError | null }
  /** Whether a valid document may follow another one; null where it may. */
  checkChange(before: Record<string, unknown>, after: Record<string, unknown>): TorgError | null
  /**
   * A document stored under `from` as one of `to`, both names of this kind's schemas (`order@1`). What has another name stays as it is.
   * @throws TorgError `validation.schema` where there is no converter
   */
  convert(document: Record<string, unknown>, from: string, to?: string): Record<string, unknown>
  /** Whether a document is meant at a moment, ISO 8601: always, but where the kind has a period. */
  inEffect(document: Record<string, unknown>, at: string): boolean
  /** Whether documents begin and end. */
  readonly hasPeriod: boolean
  /** States a flow may ask for by name. */
  readonly moves: readonly string[]
  /**
   * What is to be written to bring a valid document into one of {@link Kind.moves} at a moment; nothing where it is there already. Whether it may
   * go there is `checkChange`'s.
   */
  move(document: Record<string, unknown>, state: string, at: string): Record<string, unknown>
  /** What is never written but follows from the document, such as the order's status; null where the kind has none. */
  status(document: Record<string, unknown>): Record<string, string> | null
  /** The document as a screen may show it: personal data masked. */
  masked(document: Record<string, unknown>): Record<string, unknown>
  /** A worked example, valid and checked. */
  readonly example: Record<string, unknown>
  /** Parts beside the record itself that may have own fields of a customer: `lines`. */
  readonly extensibleParts: readonly string[]
  /** Own fields that a person may search for. */
  readonly searchable: readonly SearchableField[]
  /** By what match keys tell records are found, with the rule that compares it. */
  readonly searches: readonly (Search & { rule: string })[]
  /** The same kind with these own fields and no others; without, `ext` takes whatever comes. */
  extend(extensions: readonly Extension[], ajv: () => Ajv2020): Kind
}

/** A kind as its own file describes it. Only `check`, `checkChange` and `status` see the document with a static type. */
export interface KindDefinition<S extends TSchema, Told extends TSchema> {
  name: string
  version: number
  label: Text
  /** @defaultValue the name with an s */
  plural?: string
  schema: S
  fact: boolean
  orderKey?(document: Record<string, unknown>): string
  links: readonly KindLink[]
  scope?: readonly string[]
  worth?: readonly string[]
  /** The fields that together tell one record from all others, beside its references: a sure match rule of the name `key`. */
  key?: readonly string[]
  /** What else two documents of the same thing have in common. */
  match?: Match
  period?: Period
  /** From every earlier version of the schema to the next; required where the version is above 1. */
  previous?: readonly Conversion[]
  states?: States<Static<S>>
  check?(document: Static<S>): TorgError | null
  /** What beyond its `states` forbids a change. */
  checkChange?(before: Static<S>, after: Static<S>): TorgError | null
  /**
   * `of` describes no more than what the status is derived from: it is asked for with every record on its way to a system, and a document
   * stored under an earlier schema has one too.
   */
  status?: { of: Told, derive(document: Static<Told>): Record<string, string> }
  example: Static<S>
}

const shared = once(createAjv)

/** Gives a kind its checks. The schema is compiled when it is first used: not every process needs every kind. Throws where the example is no object. */
export function defineKind<S extends TSchema, Told extends TSchema>(definition: KindDefinition<S, Told>): Kind {
  const schemaName = `${definition.name}@${definition.version}`
  return makeKind(definition, publish(definition.schema, { $id: `urn:torg:schema:${schemaName}`, title: schemaName }), { extensions: [], ajv: shared })
}

function makeKind<S extends TSchema, Told extends TSchema>(definition: KindDefinition<S, Told>, schema: JsonSchema, { extensions, ajv }: { extensions: readonly Extension[], ajv: () => Ajv2020 }): Kind {
  const { name, version, label, plural = `${name}s`, fact, orderKey, links, scope = [], worth, key, match, period, previous = [], states, check, checkChange, status } = definition
  const schemaName = `${name}@${version}`
  const validate = once(() => ajv().compile(schema))
  const fits = (document: unknown): document is Static<S> => validate()(document)
  const told = status && once(() => shared().compile(status.of))
  const tells = (document: unknown): document is Static<Told> => told?.()(document) === true
  const example: unknown = definition.example
  if (!isRecord(example)) throw new Error(`The example of ${name} is not an object`)
  const rules = [...key ? [byFields('key', key, example)] : [], ...match?.rules ?? []]
  for (let earlier = 1; earlier < version; earlier += 1) if (!previous.some(conversion => conversion.version === earlier)) throw new Error(`${name}@${version} has no converter from ${name}@${earlier}`)
  const convertTo: Kind['convert'] = (document, given, wanted = schemaName) => {
    const [from, to] = [versionIn(name, given), versionIn(name, wanted)]
    return from === null || to === null ? document : convert(document, { kind: name, from, to, conversions: previous })
  }
  const { masked, without, bare, identifiers } = personalData(schema)
  const examineChange: Kind['checkChange'] = (before, after) => {
    if (!fits(before) || !fits(after)) return null
    return (states ? changeFault(states.read(before), states.read(after)) : null) ?? checkChange?.(before, after) ?? null
  }
  return {
    name, schemaName, label, plural, schema, links, scope, example, ...(worth && { worth }), machines: states?.machines ?? {},
    schemaId: `urn:torg:schema:${schemaName}`,
    rules: {
      fact, links: links.map(link => link.pointer), ...(previous.length > 0 && { upgrade: (document: Record<string, unknown>, from: string) => ({ document: convertTo(document, from), schema: schemaName }) }), ...(period && { momentsOf: document => momentsOf(period, document) }), ...(orderKey && { orderKey }), ...((states ?? checkChange) && { checkChange: examineChange }),
      ...(rules.length > 0 && { match: toMatchRules({ ...match, rules }) }),
      personal: {
        without, bare, identifiers,
        customers: links.filter(link => link.kind === 'customer').map(link => link.pointer),
        partOf: links.filter(({ pointer, kind }) => kind !== 'customer' && pointer.lastIndexOf('/') === 0),
      },
    },
    validate: document => findings(validate(), document),
    examine: document => fits(document)
      ? { findings: [], fault: check?.(document) ?? (states ? stateFault(states.read(document)) : null) }
      : { findings: findings(validate(), document), fault: null },
    checkChange: examineChange,
    convert: convertTo,
    masked,
    hasPeriod: period !== undefined,
    inEffect: (document, at) => period === undefined || isInEffect(period, document, at),
    moves: Object.keys(states?.moves ?? {}),
    move: (document, state, at) => {
      const move = states?.moves?.[state]
      return move && !(fits(document) && states.read(document)[0]?.state === state) ? { ...move(at) } : {}
    },
    status: document => status && tells(document) ? status.derive(document) : null,
    extensibleParts: extensibleParts(schema),
    searchable: searchableFields(extensions),
    searches: rules.flatMap(({ name: rule, search }) => search ? { ...search, rule } : []),
    extend: (given, own) => {
      const extended = makeKind(definition, extendSchema(schema, given), { extensions: given, ajv: own })
      // What was stored before a project changed its own fields has states all the same.
      return { ...extended, checkChange: examineChange, rules: { ...extended.rules, ...(extended.rules.checkChange && { checkChange: examineChange }) } }
    },
  }
}

