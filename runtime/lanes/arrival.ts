/** What a source received, as the inbox takes it. Pure. */
import { TorgError } from '../errors.ts'
import type { RegisteredSource } from '../hub.ts'
import type { NewMessage } from '../store/types.ts'

type Received = Pick<NewMessage, 'key' | 'eventId' | 'topic' | 'sourceTime' | 'contentType' | 'headers' | 'body'>

/** A message of this source. Without a key nothing can be said of its order: it is refused, and parked for a person. */
export function toNewMessage(source: RegisteredSource, { key, eventId, ...received }: Received): NewMessage {
  const hasKey = key !== null && key !== ''
  const { nodeId, type, name, system, lane } = source
  return {
    ...received, lane, system: system.key, source: nodeId,
    key: hasKey ? key : null,
    eventId: eventId === '' ? null : eventId,
    ...(!hasKey && { error: new TorgError('message.no-key', { detail: `The message "${received.topic}" of ${system.key} has no key.`, node: { id: nodeId, type, ...(name && { name }) } }).toJSON() }),
  }
}
