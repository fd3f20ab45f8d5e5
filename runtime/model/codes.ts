/** Validators of codes whose form alone says too little. Each is a `format` of the published schemas. */

/**
 * Whether the text is a GTIN (8, 12, 13 or 14 digits) with the right check digit: weights 3 and 1 from the right, the sum a multiple of 10.
 * The same holds of a GLN, which has 13 digits. Source: https://www.gs1.org/services/how-calculate-check-digit-manually
 */
export function isGtin(text: string): boolean {
  if (!/^(\d{8}|\d{12,14})$/.test(text)) return false
  let sum = 0
  for (let fromRight = 0; fromRight < text.length; fromRight += 1) sum += (text.charCodeAt(text.length - 1 - fromRight) - 48) * (fromRight % 2 === 1 ? 3 : 1)
  return sum % 10 === 0
}

/** A GTIN in its one comparable form of 14 digits: a UPC of 12 digits and the EAN of 13 that starts with 0 are the same article. */
export function toGtin14(gtin: string): string { return gtin.padStart(14, '0') }

const zones = new Map<string, boolean>()

/** Whether the text names a time zone of the IANA database, https://www.iana.org/time-zones, such as Europe/Oslo. */
function isTimeZone(text: string): boolean {
  const known = zones.get(text)
  if (known !== undefined) return known
  let valid = /^([A-Z][A-Za-z_]+\/[A-Z][A-Za-z_/-]+|UTC)$/.test(text)
  try {
    if (valid) new Intl.DateTimeFormat('en', { timeZone: text }).format(0)
  } catch {
    valid = false
  }
  // What is valid is a few hundred names; what is not could be anything and is not remembered.
  if (valid) zones.set(text, true)
  return valid
}

/** The formats of the model's schemas beyond those of JSON Schema, by name. */
export const formats: Readonly<Record<string, (text: string) => boolean>> = {
  'gtin': isGtin,
  'time-zone': isTimeZone,
}
