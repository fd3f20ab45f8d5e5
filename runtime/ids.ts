import { randomFillSync } from 'node:crypto'

let lastMs = 0
let counter = 0

/** Randomness is fetched for many ids at once: a call costs more than its bytes. In hexadecimal digits. */
const perId = 20
const pool = Buffer.alloc(perId / 2 * 512)
let digits = ''
let used = 0

function takeRandom(): string {
  if (used === digits.length) {
    digits = randomFillSync(pool).toString('hex')
    used = 0
  }
  used += perId
  return digits.slice(used - perId, used)
}

/** The milliseconds of the last id as its text begins. */
let prefix = { ms: -1, text: '' }

function prefixOf(ms: number): string {
  if (prefix.ms !== ms) {
    const hex = ms.toString(16).padStart(12, '0')
    prefix = { ms, text: `${hex.slice(0, 8)}-${hex.slice(8)}` }
  }
  return prefix.text
}
/** Two bits that say "variant of RFC 9562", and two random ones. */
const variants = '89ab'

/**
 * A new UUIDv7 (RFC 9562): 48 bits of milliseconds, a 12 bit counter that makes the ids of one process rise
 * strictly, 62 random bits. Made here and not by PostgreSQL, which has `uuidv7()` only from version 18.
 */
export function newId(): string {
  const random = takeRandom()
  const now = Date.now()
  if (now > lastMs) {
    lastMs = now
    // Half of the counter's room is left for ids of the same millisecond.
    counter = Number.parseInt(random.slice(16), 16) & 0x7ff
  } else {
    counter += 1
    if (counter > 0xfff) {
      // Ahead of the clock rather than out of order.
      lastMs += 1
      counter = 0
    }
  }
  const variant = variants[Number.parseInt(random.slice(0, 1), 16) & 3] ?? '8'
  return `${prefixOf(lastMs)}-${(0x7000 | counter).toString(16)}-${variant}${random.slice(1, 4)}-${random.slice(4, 16)}`
}

/** Whether a text has the form of an id; anything else must not reach a `uuid` parameter. */
export function isId(text: string): boolean {
  return /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(text)
}
