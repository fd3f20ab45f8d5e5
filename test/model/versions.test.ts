import { expect } from 'chai'
import { Type } from 'typebox'
import { defineKind } from '../../runtime/model/kind.ts'
import { joinEntity } from '../../runtime/model/entity.ts'

type Json = Record<string, unknown>

const label = { en: 'Parcel', nb: 'Pakke', sv: 'Paket' }
/** Weight was in grams, then in kilograms; since the third version it has a unit. */
const previous = [
  { version: 1, up: ({ grams, ...rest }: Json): Json => ({ ...rest, kilograms: Number(grams) / 1000 }), down: ({ kilograms, ...rest }: Json): Json => ({ ...rest, grams: Number(kilograms) * 1000 }) },
  { version: 2, up: ({ kilograms, ...rest }: Json): Json => ({ ...rest, weight: { value: kilograms, unit: 'KGM' } }), down: ({ weight, ...rest }: Json): Json => ({ ...rest, kilograms: (weight as { value: unknown }).value }) },
]
const schema = Type.Object({ name: Type.String(), weight: Type.Object({ value: Type.Number(), unit: Type.String() }) }, { additionalProperties: false })
const define = (versions: typeof previous) => defineKind({ name: 'parcel', version: 3, label, schema, fact: false, links: [], previous: versions, example: { name: 'Box', weight: { value: 2.5, unit: 'KGM' } } })

describe('versions of a schema', () => {
  const parcel = define(previous)
  const first = { name: 'Box', grams: 2500 }

  it('are converted up, to what is valid, and down again to what it was', () => {
    expect(parcel.convert(first, 'parcel@1')).to.deep.equal(parcel.example)
    expect(parcel.validate(parcel.convert(first, 'parcel@1'))).to.deep.equal([])
    expect(parcel.convert(parcel.convert(first, 'parcel@1'), 'parcel@3', 'parcel@1')).to.deep.equal(first)
    expect(parcel.convert({ name: 'Box', kilograms: 2.5 }, 'parcel@2')).to.deep.equal(parcel.example)
  })
  it('say where there is no way, and leave what has another name', () => {
    expect(() => parcel.convert(first, 'parcel@4')).to.throw('cannot be read as parcel@3')
    expect(parcel.convert(first, '')).to.equal(first)
    expect(() => define(previous.slice(1))).to.throw('parcel@3 has no converter from parcel@1')
  })
  it('are of today on the way to a system, and when a save is merged', () => {
    const at = '2026-03-01T10:00:00.000Z'
    const entity = joinEntity(parcel, { id: 'x', kind: 'parcel', version: 7, schema: 'parcel@1', number: null, document: first, refs: [], createdAt: at, updatedAt: at, deletedAt: null })
    expect(entity).to.deep.include({ schema: 'parcel@3', version: 7, ...parcel.example })
    expect(parcel.rules.upgrade?.(first, 'parcel@1')).to.deep.equal({ document: parcel.example, schema: 'parcel@3' })
  })
})
