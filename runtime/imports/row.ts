/** A line of a file as it was read, before anybody asked what it means. */
import { TorgError } from '../errors.ts'

/** `text` is what the file says there, as far as resuming needs it to know the line again. */
export type Row = { line: number, text: string } & ({ value: unknown } | { fault: TorgError })

/** Characters of a line at most. */
export const longestLine = 1_000_000

export const tooLong = (line: number): TorgError => new TorgError('request.too-large', {
  detail: `Line ${line} is longer than ${longestLine} characters.`, next: 'See whether line ends are missing there; one document is one line.',
})
