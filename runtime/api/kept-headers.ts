/** Which headers of a webhook are stored with it. */

/** What a header's name must end with: what the event is, when, and where it came from. */
const telling = /(?:^|-)(?:id|topic|event|type|version|timestamp|time|at|domain|test|source|attempt|language|agent|name|key-id)$/
const secret = /auth|cookie|signature|hmac|secret|token|password|api-?key|access/
const longest = 500

/** Headers that tell about the event. Whatever may carry a secret or a signature is left out, and so is everything unknown. */
export function keepHeaders(headers: Readonly<Record<string, string | undefined>>): Record<string, string> {
  const kept: Record<string, string> = {}
  for (const name in headers) {
    const value = headers[name]
    if (value !== undefined && value.length <= longest && telling.test(name) && !secret.test(name)) kept[name] = value
  }
  return kept
}
