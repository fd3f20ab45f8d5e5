/** Takes secrets out of texts that people will see: errors, logs, dead letters. */

/** Shorter ones would mask innocent words; nobody should have a secret of three letters. */
const shortestMasked = 4

/** A function that replaces every given secret, plain and URL-encoded, with dots. */
export function createMask(secrets: readonly string[]): (text: string) => string {
  const hidden = [...new Set(secrets.flatMap(secret => [secret, encodeURIComponent(secret)]))]
    .filter(secret => secret.length >= shortestMasked)
    .sort((a, b) => b.length - a.length)
  return text => hidden.reduce((masked, secret) => masked.replaceAll(secret, '••••'), text)
}
