/** A line of a file before anybody asked what it means. */
import { TorgError } from '../errors.ts'

export interface Row {
  readonly line: number
  /** What the file says there, as far as resuming needs it to know the line again. May be made anew each time. */
  readonly text: string
  /** Bytes of it, about. */
  readonly size: number
  /** What it says. @param text of this row, where it is at hand @throws TorgError where it cannot be read */
  read(text?: string): unknown
}

/** Characters of a line at most. */
export const longestLine = 1_000_000

export const tooLong = (line: number): TorgError => new TorgError('request.too-large', {
  detail: `Line ${line} is longer than ${longestLine} characters.`, next: 'See whether line ends are missing there; one document is one line.',
})

/** A line that cannot be read. */
export const unreadable = (line: number, text: string, fault: TorgError): Row => ({ line, text, size: text.length, read: () => { throw fault } })
