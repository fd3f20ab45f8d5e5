/** Tells the hub of what people do in the system itself, with signed webhooks. */
import { createHmac, randomUUID } from 'node:crypto'
import { join } from 'node:path'
import type { TwinOptions } from '../../../runtime/kit/definition.ts'
import { openJournal } from '../../../runtime/twins/journal.ts'
import { createWebhookSender, isWebhook, type Webhook } from '../../../runtime/twins/webhooks.ts'

export interface Teller {
  /** Sends a document to `/in/<system>/<path>`, and again until it is taken. */
  tell(path: string, document: unknown): void
  /** How many have not been taken yet. */
  readonly pending: number
  close(): Promise<void>
}

/** Webhooks as the Standard Webhooks have them, signed with the secret `webhookSecret`; without a hub nothing is sent. */
export function createTeller({ system, hubUrl, dataDir, secrets, log }: TwinOptions): Teller {
  const unsent = openJournal(dataDir === undefined ? undefined : join(dataDir, `${system}-webhooks.jsonl`), isWebhook)
  const sender = hubUrl === undefined ? undefined : createWebhookSender({
    request: webhook => ({ url: `${hubUrl}/in/${system}/${webhook.topic}`, headers: sign(webhook, secrets['webhookSecret'] ?? '') }),
    log, settled: webhook => unsent.remove(webhook.eventId),
  })
  for (const webhook of unsent.entries.values()) sender?.send(webhook)
  return {
    tell(path, document) {
      if (!sender) return
      const webhook = { eventId: `msg_${randomUUID()}`, topic: path, body: JSON.stringify(document), at: new Date().toISOString() }
      unsent.put(webhook.eventId, webhook)
      sender.send(webhook)
    },
    get pending() { return sender?.pending ?? 0 },
    async close() {
      await sender?.close()
      unsent.close()
    },
  }
}

/** https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md (Signature scheme) */
function sign({ eventId, body }: Webhook, secret: string): Record<string, string> {
  const timestamp = String(Math.floor(Date.now() / 1000))
  const signature = createHmac('sha256', Buffer.from(secret.replace(/^whsec_/, ''), 'base64')).update(`${eventId}.${timestamp}.${body}`).digest('base64')
  return { 'webhook-id': eventId, 'webhook-timestamp': timestamp, 'webhook-signature': `v1,${signature}` }
}
