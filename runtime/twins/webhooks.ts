/** Sends webhooks and sends them again until the hub has taken them, as vendors do, only faster. */
import type { Logger } from 'pino'

export interface Webhook {
  eventId: string
  topic: string
  /** The body as it was when the event happened; a retry sends the same. */
  body: string
  at: string
}

export interface WebhookSender {
  send(webhook: Webhook): void
  /** How many have not been taken yet. */
  readonly pending: number
  close(): Promise<void>
}

interface SenderOptions {
  /** Where a webhook goes and what it carries, signature included; asked for every attempt. */
  request(webhook: Webhook): { url: string, headers: Record<string, string> }
  log: Logger
  /** Called once when the hub has answered 2xx, or when the vendor would give up. */
  settled(webhook: Webhook): void
  /** At most this many at once. @defaultValue 20 */
  concurrency?: number
  /** Longest pause before a webhook is sent again. @defaultValue 10,000 */
  longestRetryMs?: number
}

/** As Shopify, which waits 5 s for an answer and gives up after 4 hours: https://shopify.dev/docs/apps/build/webhooks/subscribe/https */
const answerLimitMs = 5000
const giveUpAfterMs = 4 * 3_600_000
const firstRetryMs = 500
const standardLongestRetryMs = 10_000

/** A sender for one system. */
export function createWebhookSender(options: SenderOptions): WebhookSender {
  const waiting: { webhook: Webhook, attempt: number }[] = []
  const timers = new Set<NodeJS.Timeout>()
  const running = new Set<Promise<void>>()
  const stop = new AbortController()
  const open = new Set<Webhook>()

  async function attempt(webhook: Webhook, number: number): Promise<void> {
    const taken = await post(webhook, options, stop.signal)
    if (stop.signal.aborted) return
    if (taken || Date.now() - Date.parse(webhook.at) > giveUpAfterMs) {
      open.delete(webhook)
      options.settled(webhook)
      return
    }
    const timer = setTimeout(() => {
      timers.delete(timer)
      waiting.push({ webhook, attempt: number + 1 })
      pump()
    }, Math.min(firstRetryMs * 2 ** number, options.longestRetryMs ?? standardLongestRetryMs))
    timers.add(timer)
  }

  function pump(): void {
    while (!stop.signal.aborted && running.size < (options.concurrency ?? 20)) {
      const next = waiting.shift()
      if (!next) return
      const run = attempt(next.webhook, next.attempt).finally(() => {
        running.delete(run)
        pump()
      })
      running.add(run)
    }
  }

  return {
    send(webhook) {
      open.add(webhook)
      waiting.push({ webhook, attempt: 0 })
      pump()
    },
    get pending() { return open.size },
    async close() {
      stop.abort()
      for (const timer of timers) clearTimeout(timer)
      await Promise.allSettled([...running])
    },
  }
}

async function post(webhook: Webhook, { request, log }: SenderOptions, stop: AbortSignal): Promise<boolean> {
  const { url, headers } = request(webhook)
  try {
    const response = await fetch(url, { method: 'POST', headers: { 'content-type': 'application/json', ...headers }, body: webhook.body, signal: AbortSignal.any([stop, AbortSignal.timeout(answerLimitMs)]) })
    await response.arrayBuffer()
    if (!response.ok) log.debug({ topic: webhook.topic, status: response.status }, 'the hub did not take a webhook; it is sent again')
    return response.ok
  } catch {
    return false
  }
}

/** Whether a kept line is a {@link Webhook}. */
export function isWebhook(value: unknown): value is Webhook {
  return value !== null && typeof value === 'object' && 'eventId' in value && 'topic' in value && 'body' in value && 'at' in value
}
