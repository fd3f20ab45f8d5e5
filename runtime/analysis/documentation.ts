/** The catalogue as a document. */
import { catalogue, type Severity } from './catalogue.ts'

const words: Readonly<Record<Severity, string>> = { error: 'Error: refuses a deploy', warning: 'Warning: seldom meant', note: 'Note' }

/** A Markdown section for each code, in the order of the catalogue. */
export function describeCatalogue(): string {
  return Object.entries(catalogue).map(([code, { severity, title, help }]) => `## \`${code}\`\n\n**${title}.** ${words[severity]}.\n\n${help}`).join('\n\n')
}
