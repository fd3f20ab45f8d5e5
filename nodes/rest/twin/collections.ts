/** The documents of the stand-in: JSON by collection and id, the last one wins. */
import { join } from 'node:path'
import { openJournal } from '../../../runtime/twins/journal.ts'

export interface StoredDocument {
  collection: string
  id: string
  document: Record<string, unknown>
  createdAt: string
  updatedAt: string
  /** How often it was written. */
  writes: number
}

export interface Collections {
  names(): string[]
  /** Documents of a collection by time of change, oldest first, and by id where times are equal. */
  list(collection: string): StoredDocument[]
  get(collection: string, id: string): StoredDocument | undefined
  /** Creates or replaces a document; `merge` keeps the members that are not given. */
  write(collection: string, id: string, document: Record<string, unknown>, merge?: boolean): { stored: StoredDocument, created: boolean }
  remove(collection: string, id: string): boolean
  /** An id that no document of the collection has. */
  nextId(collection: string): string
  clear(): void
  close(): void
}

const byNumber = new Intl.Collator('en', { numeric: true }).compare

/** Opens the documents of one stand-in, kept in `dataDir` if there is one. */
export function openCollections({ system, dataDir, now = () => new Date() }: { system: string, dataDir?: string | undefined, now?: () => Date }): Collections {
  const journal = openJournal(dataDir === undefined ? undefined : join(dataDir, `${system}.jsonl`), isStored)
  const { entries } = journal
  const keyOf = (collection: string, id: string): string => `${collection}/${id}`
  const of = (collection: string): StoredDocument[] => [...entries.values()].filter(entry => entry.collection === collection)
  let given = 0
  return {
    names: () => [...new Set([...entries.values()].map(entry => entry.collection))].sort(),
    list: collection => of(collection).sort((a, b) => (a.updatedAt === b.updatedAt ? byNumber(a.id, b.id) : a.updatedAt < b.updatedAt ? -1 : 1)),
    get: (collection, id) => entries.get(keyOf(collection, id)),
    write(collection, id, document, merge = false) {
      const before = entries.get(keyOf(collection, id))
      const at = now().toISOString()
      const stored = { collection, id, document: merge ? { ...before?.document, ...document } : document, createdAt: before?.createdAt ?? at, updatedAt: at, writes: (before?.writes ?? 0) + 1 }
      journal.put(keyOf(collection, id), stored)
      return { stored, created: before === undefined }
    },
    remove(collection, id) {
      const known = entries.has(keyOf(collection, id))
      if (known) journal.remove(keyOf(collection, id))
      return known
    },
    nextId(collection) {
      do given += 1
      while (entries.has(keyOf(collection, String(10_000 + given))))
      return String(10_000 + given)
    },
    clear() { for (const key of [...entries.keys()]) journal.remove(key) },
    close: () => journal.close(),
  }
}

function isStored(value: unknown): value is StoredDocument {
  return value !== null && typeof value === 'object' && 'collection' in value && typeof value.collection === 'string' && 'id' in value && typeof value.id === 'string'
    && 'document' in value && typeof value.document === 'object' && 'updatedAt' in value && 'createdAt' in value && 'writes' in value
}
