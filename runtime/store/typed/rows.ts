/** Records of typed kinds on their way into their tables, and out. Pure. */
import { isId } from '../../ids.ts'
import { escapePointer, isObject } from '../json.ts'
import { packProvenance, type PackedProvenance } from '../provenance.ts'
import type { Draft, OwnReference } from '../save-step.ts'
import { splitDocument, type TypedKind } from './definition.ts'

/**
 * The row of a record: columns of `columnsOf`.
 *
 * @param own the reference of its own kind that stands in the row; null where it has none
 */
export function toTypedRow(typed: TypedKind, draft: Draft, own: OwnReference | null): Record<string, unknown> {
  const { cells, rest } = splitDocument(typed, draft.document ?? {})
  return {
    id: draft.id, version: draft.version, schema: draft.schema, number: draft.number,
    system: own?.system ?? null, external_id: own?.id ?? null, source_time: own?.sourceTime ?? null,
    ...originColumns(draft, own), said: draft.said === undefined ? null : `\\x${draft.said}`,
    turns_at: draft.turnsAt ?? null, created_at: draft.createdAt, updated_at: draft.updatedAt, deleted_at: draft.deletedAt,
    rest, ...cells,
  }
}

interface OriginColumns { message_id: string | null, said_at: string | null, provenance: PackedProvenance | null }

/** One origin of all fields, which says what the columns say anyway, is derived from them (`torg.origins`); anything else is written as it is. */
function originColumns({ document, provenance }: Draft, own: OwnReference | null): OriginColumns {
  const packed = packProvenance(provenance)
  const [only, ...others] = packed
  if (!only || others.length > 0 || !own) return { message_id: null, said_at: null, provenance: packed }
  const { system, message, at, sourceTime = null, fields, ...more } = only
  const derived = system === own.system && (message === null || isId(message)) && isMillisecond(at) && sourceTime === own.sourceTime && (sourceTime === null || isMillisecond(sourceTime))
    && Object.keys(more).length === 0 && isAll(fields, document ?? {})
  return derived ? { message_id: message, said_at: at, provenance: null } : { message_id: null, said_at: null, provenance: packed }
}

/** Whether these are the fields of the document, own fields by their namespace. */
function isAll(pointers: readonly string[], { ext = {}, ...document }: Readonly<Record<string, unknown>>): boolean {
  if (!isObject(ext)) return false
  const known = new Set([...Object.keys(document).map(field => `/${escapePointer(field)}`), ...Object.keys(ext).map(namespace => `/ext/${escapePointer(namespace)}`)])
  return pointers.length === known.size && pointers.every(pointer => known.has(pointer))
}

const isMillisecond = (at: string): boolean => /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/.test(at)
