/** Personal data as logs, lists and screens may show it: its shape without its letters, by which one still sees what is wrong with it. Pure. */

/** `Kari` is `Xxxx`, `912 34 567` is `999 99 999`, and of objects and lists every value. Numbers become texts. */
export function mask(value: unknown): unknown {
  if (typeof value === 'string') return value.replaceAll(/\p{Lu}/gu, 'X').replaceAll(/[^\P{L}X]/gu, 'x').replaceAll(/\p{N}/gu, '9')
  if (typeof value === 'number') return mask(String(value))
  if (Array.isArray(value)) return value.map(mask)
  if (typeof value === 'object' && value !== null) return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, mask(inner)]))
  return value
}
