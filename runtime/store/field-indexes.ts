/** Indexes of a project's own fields: one for each that is marked searchable, made when the mark comes and dropped when it goes. */
import { createHash } from 'node:crypto'
import { guarded, type Database } from './db.ts'
import { typedKind } from './typed/index.ts'

/** A text, number or boolean at a JSON pointer of a kind's documents. Its text has at most 500 characters, which fit into an index. */
export interface IndexedField { kind: string, pointer: string }

export interface FieldIndexes {
  /**
   * Makes the indexes of these fields that are missing, and drops those of all others. Saves go on meanwhile. One process at a time; may be repeated
   * after being cut off.
   * @returns how many were made and dropped
   */
  indexFields(fields: readonly IndexedField[]): Promise<{ made: number, dropped: number }>
}

const prefix = 'record_ext_'

// One that is not valid was cut off while it was made.
const present = `
select c.relname as name, i.indisvalid as valid from pg_index i join pg_class c on c.oid = i.indexrelid join pg_namespace n on n.oid = c.relnamespace
where n.nspname = 'torg' and starts_with(c.relname, '${prefix}')`

/** The text at a pointer of the record `alias`, as an index and whoever searches by it must write it alike; of typed kinds in the column `rest`. */
export function textAt(pointer: string, alias = '', column = 'document'): string {
  const steps = pointer.split('/').slice(1)
  if (steps.length === 0 || !steps.every(step => /^[A-Za-z][\w-]*$/.test(step))) throw new Error(`${pointer} is no pointer to search by.`)
  const document = alias === '' ? column : `${alias}.${column}`
  return steps.length === 1 ? `${document} ->> '${steps.join()}'` : `${document} #>> '{${steps.join(',')}}'`
}

const nameOf = ({ kind, pointer }: IndexedField): string => `${prefix}${createHash('sha256').update(`${kind} ${pointer}`).digest('hex').slice(0, 24)}`

function statementOf(field: IndexedField): string {
  if (!/^[a-z-]+$/.test(field.kind)) throw new Error(`${field.kind} is no kind.`)
  const typed = typedKind(field.kind)
  if (typed) {
    const text = textAt(field.pointer, '', 'rest')
    return `create index concurrently ${nameOf(field)} on ${typed.table} ((${text}), updated_at, id) where ${text} is not null`
  }
  const text = textAt(field.pointer)
  return `create index concurrently ${nameOf(field)} on torg.record ((${text}), updated_at, id) where kind = '${field.kind}' and ${text} is not null`
}

export function createFieldIndexes(db: Database): FieldIndexes {
  return {
    indexFields: fields => guarded('Making the indexes of searchable fields', async () => {
      const found = await db.query<{ name: string, valid: boolean }>(present)
      const wanted = new Map(fields.map(field => [nameOf(field), field]))
      const gone = found.filter(({ name, valid }) => !valid || !wanted.has(name))
      for (const { name } of gone) await db.query(`drop index concurrently if exists torg.${name}`)
      const missing = [...wanted].filter(([name]) => !found.some(index => index.name === name && index.valid))
      for (const [, field] of missing) await db.query(statementOf(field))
      return { made: missing.length, dropped: gone.length }
    }),
  }
}
