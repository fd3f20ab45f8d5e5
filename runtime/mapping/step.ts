/** The vocabulary of steps: what a conversion is, and how one is described. One registry, in `steps/index.ts`. */
import type { Text } from '../kit/definition.ts'
import type { Read, State } from './read.ts'

/**
 * What a step takes. `text` is whatever can be written as text: a text, number or boolean; `decimal` a number or a text that reads like one;
 * `instant` a moment or a day as text; `list` one thing as well, `texts` those
 * of which each can be written as text.
 */
export type Taken = 'any' | 'text' | 'decimal' | 'instant' | 'list' | 'texts' | 'object'

/**
 * What a step gives: a form, a value type of the model, or what depends on the value (`same`, its `element`, its `field` at the parameter
 * `path`) or on the parameters (`codes`: values of the table).
 */
export type Given = 'any' | 'same' | 'element' | 'field' | 'codes' | 'text' | 'number' | 'integer' | 'minor' | 'decimal' | 'boolean' | 'list' | 'money' | 'totals' | 'quantity' | 'instant' | 'date' | 'phone' | 'email' | 'country' | 'gtin' | 'unit'

interface ParameterBase { label: Text, required?: boolean }
export type Parameter = ParameterBase & (
  | { type: 'text', default?: string }
  | { type: 'integer', default?: number, min?: number, max?: number }
  | { type: 'boolean', default?: boolean }
  | { type: 'choice', options: readonly string[], default?: string }
  | { type: 'texts', default?: readonly string[] }
  | { type: 'table' }
  | { type: 'constant' }
  /** A literal, or `{ path, steps? }`. */
  | { type: 'operand', default?: string | number | boolean, /** @defaultValue 'any' */ takes?: Taken }
  | { type: 'operands' }
  | { type: 'condition' }
  /** A path within the value, not within the document. */
  | { type: 'field' }
)
export type Parameters = Readonly<Record<string, Parameter>>

type Value<P extends Parameter> =
  P extends { type: 'choice', options: readonly (infer O)[] } ? O
    : P extends { type: 'text' } ? string
      : P extends { type: 'integer' } ? number
        : P extends { type: 'boolean' } ? boolean
          : P extends { type: 'texts' } ? readonly string[]
            : P extends { type: 'table' } ? Readonly<Record<string, unknown>>
              : P extends { type: 'operand' } ? Read
                : P extends { type: 'operands' } ? readonly Read[]
                  : P extends { type: 'condition' } ? (state: State) => boolean
                    : P extends { type: 'field' } ? (value: unknown) => unknown
                      : unknown

/** Parameters as `create` gets them: checked, defaults filled in, paths compiled. */
export type Resolved<P extends Parameters> = { readonly [K in keyof P]: P[K] extends { required: true } | { default: unknown } ? Value<P[K]> : Value<P[K]> | undefined }

/** What a step may ask for while it is compiled. */
export interface StepTools {
  readonly lookups: Readonly<Record<string, unknown>>
  /** Compiles a path of the document, for texts that hold paths. */
  read(path: string): Read
}

/** A compiled step. Throws ValueError where the value does not fit; undefined means missing. */
export type Convert = (value: unknown, state: State) => unknown

interface Description<P extends Parameters> {
  /** Stands in flow files: never renamed without a migration. */
  name: string
  label: Text
  help: Text
  takes: Taken
  gives: Given
  /** A number given means what the one taken meant: net or gross, minor or major units. */
  keeps?: boolean
  /** Takes a list as a whole. Others are applied to each element of a list. */
  list?: boolean
  /** Is also called when the value is missing. Others are skipped then. */
  missing?: boolean
  parameters: P
  /** Shown in the documentation and run as a test. */
  examples: readonly { input?: unknown, parameters?: Record<string, unknown>, output?: unknown }[]
}

export interface StepDefinition<P extends Parameters = Parameters> extends Description<P> {
  /** Called once when a mapping is compiled. Throws Error with a sentence where the parameters do not fit together. */
  create(given: Resolved<P>, tools: StepTools): Convert
}

/** A step whatever its parameters are; `compile` gets them resolved but not typed. */
export interface AnyStep extends Description<Parameters> {
  compile(given: Readonly<Record<string, unknown>>, tools: StepTools): Convert
}

/** Describes a step. The compiler of mappings checks and fills the parameters before `create` sees them. */
export function defineStep<const P extends Parameters>(definition: StepDefinition<P>): AnyStep {
  const { create, ...description } = definition
  const fits = (given: Readonly<Record<string, unknown>>): given is Resolved<P> & Record<string, unknown> =>
    Object.entries<Parameter>(definition.parameters).every(([name, parameter]) => parameter.required !== true || given[name] !== undefined)
  return {
    ...description,
    compile(given, tools) {
      if (!fits(given)) throw new Error('a required parameter is missing')
      return create(given, tools)
    },
  }
}
