/** `torg redeliver`: records once more to the systems that have them, at their newest version. */
import { repairCommand } from './repair-options.ts'

export const run = repairCommand({
  type: 'deliveries',
  again: 'sent again',
  options: {
    kind: { option: { type: 'string' }, field: 'kind' },
    number: { option: { type: 'string', multiple: true }, field: 'numbers' },
    id: { option: { type: 'string', multiple: true }, field: 'ids' },
    period: { option: { type: 'string' }, field: 'period' },
  },
})
