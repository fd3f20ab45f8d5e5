/** The proof of completeness as `GET /api/v1/completeness` and `torg prove --json` give it. Fields are only ever added. */

export interface Money { amount: string, currency: string }

/** A number of things in one state. */
export interface Portion {
  /** See README.md beside this file; `delivered`, `waiting`, `dead` and so on. */
  state: string
  /** Of dead letters and of what is in back-off: the error's code. */
  code?: string
  count: number
  /** What they are worth, per currency. */
  amounts: Money[]
  /** Of what is not at its end: when the oldest was received or wanted, ISO 8601 UTC. */
  since?: string
}

/** The messages of one system on one day (`2026-01-31` in the proof's time zone). */
export interface MessageRow { system: string, day: string, received: number, states: Portion[], unexplained: number }

/** The records of one kind that one system first told of, on one day. */
export interface RecordRow { system: string, kind: string, day: string, saved: number, amounts: Money[], targets: TargetRow[], unexplained: number }

/** The same records towards one subscription. */
export interface TargetRow {
  subscription: string
  name?: string
  system: string
  /** Records the system is to have, or is to lose. */
  wanted: number
  /** Those it has acknowledged in their newest version. */
  acknowledged: number
  amounts: Money[]
  states: Portion[]
  unexplained: number
}

/** What a system lists, against what the hub knows of it, over the whole period. */
export interface ListingRow {
  system: string
  kind: string
  /** Documents of the period that the system has: the hub's, and those nobody here knows. */
  there: number
  /** Of those, known to the hub as records of the period, and what the system says they are worth. */
  known: number
  amounts: Money[]
  /** What the hub's records of them are worth. */
  amountsHere: Money[]
  /** Records of the period that it has acknowledged; null where nothing is delivered to it. */
  held: number | null
  /** New there, and on their way here. */
  arriving: number
  unexplained: number
  /** Why the system could not be asked. Nothing is proven of it then. */
  error?: string
}

export const reasons = ['nothing-saved', 'record-gone', 'not-raised', 'not-there', 'still-there', 'only-there', 'amount-differs'] as const
export type Reason = typeof reasons[number]

/** Something nobody can account for. */
export interface Unexplained {
  reason: Reason
  system: string
  kind?: string
  /** Of the message, the record, or the system's own document. */
  id: string
  /** The number people use. */
  number?: string
  day?: string
  /** One sentence: what is wrong. */
  detail: string
}

export interface Completeness {
  /** The period, ISO 8601 UTC, end excluded; days are counted in `zone`. */
  from: string
  to: string
  zone: string
  /** When it was made, and how long it took. */
  at: string
  seconds: number
  /** Nothing is unexplained, and every system that can list was asked. */
  balanced: boolean
  totals: { received: number, saved: number, wanted: number, acknowledged: number, unexplained: number }
  messages: MessageRow[]
  records: RecordRow[]
  listings: ListingRow[]
  /** By name; as many as were asked for at most. `totals.unexplained` counts all. */
  unexplained: Unexplained[]
}
