/** Reads an answer up to a limit, so that a system gone mad cannot fill the memory. */

export interface ResponseBody {
  text: string
  /** Parsed JSON where the answer says it is JSON and is; else the text. */
  value: unknown
  /** There was more than the limit. */
  cut: boolean
}

/** Reads at most `limit` bytes of a response; the rest is not fetched. */
export async function readBody(response: Response, limit: number): Promise<ResponseBody> {
  const chunks: Uint8Array[] = []
  let length = 0
  let cut = false
  for await (const chunk of response.body ?? []) {
    length += chunk.byteLength
    if (length > limit) {
      cut = true
      break
    }
    chunks.push(chunk)
  }
  const text = Buffer.concat(chunks).toString('utf8')
  return { text, value: parseBody(text, response.headers.get('content-type') ?? undefined), cut }
}

/** Parsed where the content type says that it is JSON and it is; else the text. */
export function parseBody(text: string, contentType: string | undefined): unknown {
  if (!/\bjson\b/i.test(contentType ?? '')) return text
  if (text.trim() === '') return null
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}
