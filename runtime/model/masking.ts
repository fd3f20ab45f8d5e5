/** Personal data as logs, lists and screens may show it: its shape without its letters, by which one still sees what is wrong with it. Pure. */

/** `Kari` is `Xxxx`, `912 34 567` is `999 99 999`, and of objects and lists every value. Numbers become texts. */
export function mask(value: unknown): unknown {
  if (typeof value === 'string') return value.replaceAll(/\p{Lu}/gu, 'X').replaceAll(/[^\P{L}X]/gu, 'x').replaceAll(/\p{N}/gu, '9')
  if (typeof value === 'number') return mask(String(value))
  if (Array.isArray(value)) return value.map(mask)
  if (typeof value === 'object' && value !== null) return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, mask(inner)]))
  return value
}

/** Digits from which on a number may be a phone or an identity number. */
const longNumber = 7
const instant = /^\d{4}-\d\d-\d\d(?:T[\d:.]+(?:Z|[+-]\d\d:?\d\d)?)?$/

/** A document whose personal data nobody has marked, as a system sent it: every text is masked but moments and short numbers, and every long number. */
export function maskUnmarked(value: unknown): unknown {
  if (typeof value === 'string') return instant.test(value) || (/^[\d.,\s-]*$/.test(value) && digitsIn(value) < longNumber) ? value : mask(value)
  if (typeof value === 'number') return digitsIn(String(value)) < longNumber ? value : mask(value)
  if (Array.isArray(value)) return value.map(maskUnmarked)
  if (typeof value === 'object' && value !== null) return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, maskUnmarked(inner)]))
  return value
}

const digitsIn = (text: string): number => text.replaceAll(/\D/g, '').length

/** Shorter ones stand in texts that are about nobody as well. */
const fewestLetters = 3
const fewestDigits = 5

/** Words and whole texts that are masked in `after`, the same document as `before`. */
export function maskedWords(before: unknown, after: unknown): Set<string> {
  const words = new Set<string>()
  const gather = (one: unknown, other: unknown): void => {
    if (typeof one === 'string' && one !== other) for (const word of wordsOf(one)) words.add(word)
    if (typeof one === 'object' && one !== null) for (const [name, inner] of Object.entries(one)) gather(inner, typeof other === 'object' && other !== null ? Reflect.get(other, name) : undefined)
  }
  gather(before, after)
  return words
}

/** Something that was made of a document: every text that is one of these words, or has one in it, is masked. */
export function maskWords(value: unknown, words: ReadonlySet<string>): unknown {
  if (typeof value === 'string') return wordsOf(value).some(word => words.has(word)) ? mask(value) : value
  if (Array.isArray(value)) return value.map(inner => maskWords(inner, words))
  if (typeof value === 'object' && value !== null) return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, maskWords(inner, words)]))
  return value
}

/** In lower case: the text, where there is a letter in it, its longer words, and the digits of a phone number, however they are grouped. */
function wordsOf(text: string): string[] {
  const whole = text.toLowerCase().trim()
  const digits = text.replaceAll(/\D/g, '')
  return [...whole.split(/[^\p{L}]+/u).filter(word => word.length >= fewestLetters), ...(/\p{L}/u.test(whole) ? [whole] : []), ...(digits.length >= fewestDigits ? [digits] : [])]
}
