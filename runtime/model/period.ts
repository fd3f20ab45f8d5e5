/** Kinds that hold for a time only: a price, a campaign, a listing. Pure. */

/** The fields with the first moment (ISO 8601) that is meant and the first that no longer is. Absent in a document: always was, until further notice. */
export interface Period { from: string, to: string }

type Document = Readonly<Record<string, unknown>>

/** Whether the document is meant at a moment. */
export function isInEffect({ from, to }: Period, document: Document, at: string): boolean {
  const now = Date.parse(at)
  const [begins, ends] = [document[from], document[to]]
  return !(typeof begins === 'string' && Date.parse(begins) > now) && !(typeof ends === 'string' && Date.parse(ends) <= now)
}

/** The moments at which it begins or ends. */
export function momentsOf({ from, to }: Period, document: Document): string[] {
  return [document[from], document[to]].filter(moment => typeof moment === 'string')
}
