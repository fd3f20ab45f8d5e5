/** `torg backfill`: every record there is to a subscription that has never had it. */
import { repairCommand } from './repair-options.ts'

export const run = repairCommand({
  type: 'records',
  names: 'hub changes node or tab',
  again: 'sent, as far as the filter of the node wants them',
  options: {
    kind: { option: { type: 'string' }, field: 'kind' },
    number: { option: { type: 'string', multiple: true }, field: 'numbers' },
    id: { option: { type: 'string', multiple: true }, field: 'ids' },
    period: { option: { type: 'string' }, field: 'period' },
  },
})
