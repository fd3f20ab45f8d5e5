/** The records of a period, and which of them a system should have and has: 17 bytes each, so that a million of them are no burden. */

const held = 1
const seen = 2

export class RecordMarks {
  #ids = Buffer.alloc(16 * 1024)
  #marks = Buffer.alloc(1024)
  #count = 0
  /** How many are held. */
  held = 0

  /** Ids come in rising order, each once, and before the first `see`. */
  add(id: string, isHeld: boolean): void {
    if (this.#count === this.#marks.length) {
      this.#ids = Buffer.concat([this.#ids, Buffer.alloc(this.#ids.length)])
      this.#marks = Buffer.concat([this.#marks, Buffer.alloc(this.#marks.length)])
    }
    this.#ids.write(id.replaceAll('-', ''), this.#count * 16, 16, 'hex')
    if (isHeld) {
      this.#marks[this.#count] = held
      this.held += 1
    }
    this.#count += 1
  }

  /** Notes that the system has it. True the first time; false for one that was seen before or is not of the period. */
  see(id: string): boolean {
    const wanted = Buffer.from(id.replaceAll('-', ''), 'hex')
    let low = 0
    let high = this.#count - 1
    while (low <= high) {
      const middle = (low + high) >> 1
      const order = this.#ids.compare(wanted, 0, 16, middle * 16, middle * 16 + 16)
      if (order === 0) {
        const before = this.#marks[middle] ?? 0
        this.#marks[middle] = before | seen
        return (before & seen) === 0
      }
      if (order < 0) low = middle + 1
      else high = middle - 1
    }
    return false
  }

  /** Those held and never seen, in pages. */
  *missing(pageSize: number): Generator<string[]> {
    let page: string[] = []
    for (let index = 0; index < this.#count; index += 1) {
      if (this.#marks[index] !== held) continue
      const hex = this.#ids.toString('hex', index * 16, index * 16 + 16)
      page.push(`${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`)
      if (page.length === pageSize) {
        yield page
        page = []
      }
    }
    if (page.length > 0) yield page
  }
}
