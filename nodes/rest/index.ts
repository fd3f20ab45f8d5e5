/** Any system that speaks JSON over HTTP. */
import { defineConnector } from '../../runtime/kit/definition.ts'
import { connectorHelp } from './help.ts'
import { restIn } from './in.ts'
import { restOut } from './out.ts'
import { restPoll } from './poll.ts'
import { listDocuments } from './listing.ts'
import { httpOptions, systemFields } from './system.ts'

export default defineConnector({
  name: 'rest',
  label: { en: 'HTTP system', nb: 'HTTP-system', sv: 'HTTP-system' },
  help: connectorHelp,
  color: '#8fb3d9',
  icon: 'rest.svg',
  docs: 'https://www.rfc-editor.org/rfc/rfc9110',
  system: {
    fields: systemFields,
    http: httpOptions,
    async check({ config, http }, signal) {
      await http.request({ method: 'GET', path: config.checkPath, signal })
    },
    list: listDocuments,
  },
  nodes: [restIn, restPoll, restOut],
  twin: async options => (await import('./twin/index.ts')).startRestTwin(options),
})
