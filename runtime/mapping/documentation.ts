/** The steps in words, from the registry: for the help of `map` and for README.md. */
import type { Language } from '../kit/definition.ts'
import type { AnyStep, Parameter } from './step.ts'
import { steps } from './steps/index.ts'

/** A Markdown table of all steps with their parameters and an example. */
export function describeSteps(language: Language): string {
  const head = { en: ['Step', 'What it does', 'Parameters', 'Example'], nb: ['Steg', 'Hva det gjør', 'Parametere', 'Eksempel'], sv: ['Steg', 'Vad det gör', 'Parametrar', 'Exempel'] }[language]
  const rows = [...steps.values()].map(step => [`\`${step.name}\``, `**${step.label[language]}.** ${step.help[language]}`, parameters(step, language), example(step)])
  return [head, head.map(() => '---'), ...rows].map(cells => `| ${cells.map(cell => cell.replaceAll('|', '\\|')).join(' | ')} |`).join('\n')
}

const required = { en: 'required', nb: 'påkrevd', sv: 'krävs' }

function parameters({ parameters: given }: AnyStep, language: Language): string {
  return Object.entries(given).map(([name, parameter]) => `\`${name}\` ${parameter.label[language]} (${[form(parameter), ...(parameter.required === true ? [required[language]] : []), ...('default' in parameter && !Array.isArray(parameter.default) ? [`= ${JSON.stringify(parameter.default)}`] : [])].join(', ')})`).join('<br>')
}

function form(parameter: Parameter): string {
  return parameter.type === 'choice' ? parameter.options.join('/') : parameter.type
}

function example({ examples }: AnyStep): string {
  const [first] = examples
  if (!first) return ''
  const show = (value: unknown) => value === undefined ? '-' : `\`${JSON.stringify(value)}\``
  return `${show(first.input)}${first.parameters ? ` with ${show(first.parameters)}` : ''} -> ${show(first.output)}`
}
