import { randomFillSync } from 'node:crypto'

let lastMs = 0
let counter = 0

/** Randomness is fetched for many ids at once: a call costs more than its bytes. */
const perId = 10
const pool = Buffer.alloc(perId * 512)
let used = pool.length

function takeRandom(): Buffer {
  if (used === pool.length) {
    randomFillSync(pool)
    used = 0
  }
  used += perId
  return pool.subarray(used - perId, used)
}

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
    counter = random.readUInt16BE(8) & 0x7ff
  } else {
    counter += 1
    if (counter > 0xfff) {
      // Ahead of the clock rather than out of order.
      lastMs += 1
      counter = 0
    }
  }
  const bytes = Buffer.allocUnsafe(16)
  bytes.writeUIntBE(lastMs, 0, 6)
  bytes.writeUInt16BE(0x7000 | counter, 6)
  random.copy(bytes, 8, 0, 8)
  bytes.writeUInt8(0x80 | (bytes.readUInt8(8) & 0x3f), 8)
  const hex = bytes.toString('hex')
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`
}

/** Whether a text has the form of an id; anything else must not reach a `uuid` parameter. */
export function isId(text: string): boolean {
  return /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(text)
}
