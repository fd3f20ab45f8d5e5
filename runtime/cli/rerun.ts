/** `torg rerun`: stored messages through the flows deployed now. */
import { repairCommand } from './repair-options.ts'

export const run = repairCommand({
  type: 'messages',
  again: 'run again',
  options: {
    topic: { option: { type: 'string' }, field: 'topic' },
    key: { option: { type: 'string', multiple: true }, field: 'keys' },
    id: { option: { type: 'string', multiple: true }, field: 'ids' },
    every: { option: { type: 'boolean' }, field: 'every' },
  },
})
