/** The analysis of flows and mappings: one implementation for editor, `torg check` and deploy. Pure; see README.md. */
export { createAnalyser, type Analyser, type Surroundings } from './analyse.ts'
export { severityOf, type Severity } from './catalogue.ts'
export type { Finding, Fix } from './finding.ts'
export { describeCatalogue } from './documentation.ts'
export { factsOf } from './facts.ts'
export { isError, refuseErrors } from './refuse.ts'
