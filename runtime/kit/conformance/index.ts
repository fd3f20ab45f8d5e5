/**
 * The suite every connector passes, `@torg/hub/conformance`. Call {@link describeConnector} in a mocha test file.
 * It uses Node's assertions, so that a connector's package needs nothing but mocha.
 */
import { createSubject, type ConformanceOptions } from './subject.ts'
import { describeDefinition } from './definition-suite.ts'
import { describeFailures } from './failure-suite.ts'
import { describeLife } from './life-suite.ts'
import { describePalette } from './palette-suite.ts'
import { describeTwin } from './twin-suite.ts'
import { describeWebhooks } from './webhook-suite.ts'
import type { ConnectorDefinition } from '../definition.ts'

export type { ConformanceOptions } from './subject.ts'

/**
 * Declares the suite for one connector.
 *
 * @example
 * describeConnector(connector, { folder: import.meta.dirname, system: { baseUrl: 'https://erp.example.com' } })
 */
export function describeConnector(definition: ConnectorDefinition, options: ConformanceOptions): void {
  const subject = createSubject(definition, options)
  describe(`connector ${definition.name}`, () => {
    describeDefinition(subject)
    describePalette(subject)
    describeLife(subject)
    describeWebhooks(subject)
    describeFailures(subject)
    describeTwin(subject)
  })
}
