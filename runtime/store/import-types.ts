/** What the store promises of imports: files of canonical entities, line by line, that go on where they were cut off. */
import type { StoredError } from '../errors.ts'

/** What is said of a file before its lines are sent. */
export interface ImportDeclaration {
  kind: string
  /** The system whose file it is; its references are meant, and its changes are made in its name. */
  system: string
  /** `full`: records of the system that the file does not hold are removed. `partial`: the file says nothing of others. */
  mode: 'full' | 'partial'
  format: 'ndjson' | 'csv'
  /** Makes entities of the lines; null: they are entities, or a CSV whose header names their fields. */
  mapping: Record<string, unknown> | null
  /** Reads and checks everything, and changes nothing. */
  dryRun: boolean
  by: string
}

/**
 * `waiting`: for lines, at first or again after `line`. `receiving`: they come in. `confirm`: a person is to say whether so much may be removed.
 * `removing`: the file is in, and what it does not hold is being removed.
 */
export type ImportState = 'waiting' | 'receiving' | 'confirm' | 'removing' | 'done' | 'cancelled'

/** How the lines of a file came out. */
export interface ImportCounts {
  /** Lines that were not empty. */
  rows: number
  created: number
  updated: number
  /** Said nothing new, so nothing was sent to anybody. */
  unchanged: number
  /** Not applied: older than what the system had said before, or of a customer who was erased. */
  stale: number
  /** Removed: by lines with `deletedAt`, and because a full file does not hold them. */
  removed: number
  /** Refused, each with its reason in the list of errors. */
  failed: number
  /** Of these, such of which not even the reference could be read. */
  unreadable: number
}

export interface Import extends ImportDeclaration, ImportCounts {
  id: string
  at: string
  state: ImportState
  /** The last line that is settled; sent again, the file goes on behind it. */
  line: number
  /** Of a full file that was read: how many living records of the system it does not hold, and how many there were. */
  absent: number | null
  known: number | null
  /** Absent, but not the system's to remove. */
  kept: number
  /** What it raised and is no delivery yet, of all subscriptions. */
  raising: number
  /** Why it waits for lines or for a person. */
  reason: string | null
  endedAt: string | null
  endedBy: string | null
}

/** A line that was refused. `text` is what stood there, shortened. */
export interface ImportError { line: number, error: StoredError, text: string }

/** Who receives the lines of an import. */
export interface ImportReceiver { id: string, receiver: string }

/** Some lines that are settled. */
export interface SettledLines {
  /** The last of them. */
  line: number
  /** SHA-256 of all lines up to it. */
  digest: Buffer
  /** Of the whole import, so that the same settled twice counts once. */
  counts: ImportCounts
  errors: ImportError[]
  /** The system's own ids that stood in the lines; needed of full files only. */
  present: string[]
}

export interface ImportStore {
  /** @throws request.conflict where another import of this kind and system is not over */
  declareImport(declaration: ImportDeclaration): Promise<Import>
  /**
   * Begins to receive lines, or goes on. Others are kept off for `holdMs`; renewed by every call that names the receiver.
   * @throws request.not-found; request.conflict where it does not wait for lines
   */
  receiveImport(receiver: ImportReceiver, holdMs: number): Promise<Import & { digest: Buffer | null }>
  /** Keeps the import. @throws request.conflict where somebody else has it by now, or it was cancelled */
  holdImport(receiver: ImportReceiver, holdMs: number): Promise<void>
  /** @throws as {@link holdImport}; nothing of it is stored then */
  settleLines(receiver: ImportReceiver, holdMs: number, lines: SettledLines): Promise<void>
  /** Lines ceased to come before the end: the import waits for them. */
  interruptImport(receiver: ImportReceiver, reason: string): Promise<void>
  /** Whoever received the lines has ended and could not say so: this is why, once the hold has run out. */
  noteImport(id: string, reason: string): Promise<void>
  /**
   * All lines are in. A full file ends what it does not hold: at once, or after a person said so where more than this share (0 to 1) of the
   * system's records is absent, or a line could not be read at all.
   */
  endImport(receiver: ImportReceiver, mostAbsent: number): Promise<Import>
  /** Newest first; `before` is the id of the last one seen. */
  imports(page: { limit: number, before?: string }): Promise<Import[]>
  import(id: string): Promise<Import | null>
  /** In the order of the lines, behind `after`. */
  importErrors(id: string, page: { limit: number, after: number }): Promise<ImportError[]>
  /** Lets a full file remove what it does not hold. Null: it does not wait for that. */
  confirmImport(id: string, by: string): Promise<Import | null>
  /** Nothing more is done; what was saved stays. Null: it is over. */
  cancelImport(id: string, by: string): Promise<Import | null>
  /**
   * The next `limit` references of an import that removes: one of each record that the file does not hold; `upTo` is the last of them, null where
   * there are no more. Null: no import removes.
   */
  nextAbsent(limit: number): Promise<{ id: string, kind: string, system: string, ids: string[], upTo: string | null } | null>
  /** What became of them; it goes on behind `upTo`, and with null the import is done. */
  settleAbsent(id: string, outcome: { upTo: string | null, removed: number, kept: number }): Promise<void>
}
