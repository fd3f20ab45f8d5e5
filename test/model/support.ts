/** What the case tests of kinds have in common. */
import { expect } from 'chai'
import type { TorgError } from '../../runtime/errors.ts'
import { kinds, type Kind } from '../../runtime/model/index.ts'

type Json = Record<string, unknown>

export function kind(name: string): Kind {
  const found = kinds.get(name)
  if (!found) throw new Error(`no kind ${name}`)
  return found
}

/** The kind's example with other values at JSON pointers; undefined takes a field away. */
export function varied(name: string, changes: Json): Json {
  const copy: unknown = structuredClone(kind(name).example)
  for (const [pointer, value] of Object.entries(changes)) {
    const path = pointer.split('/').slice(1)
    const last = path.pop() ?? ''
    const holder = path.reduce((at, segment) => (at as Json)[segment], copy) as Json
    if (value === undefined) delete holder[last]
    else holder[last] = value
  }
  return copy as Json
}

/** What is wrong with a document that fits its schema. */
export function faultOf(name: string, document: Json): TorgError | null {
  const { findings, fault } = kind(name).examine(document)
  expect(findings).to.deep.equal([])
  return fault
}

/** A case: its title, what is changed of the example, where the fault is (null: there is none), and what its sentence says. */
export type Case = [title: string, changes: Json, pointer: string | null, says?: string]

/** One test per case. */
export function cases(name: string, code: 'model.totals' | 'validation.schema', list: readonly Case[]): void {
  for (const [title, changes, pointer, says = ''] of list) {
    it(title, () => {
      const fault = faultOf(name, varied(name, changes))
      if (pointer === null) expect(fault?.message ?? null).to.equal(null)
      else {
        expect(fault).to.include({ code })
        expect(fault?.errors?.map(error => error.pointer) ?? [fault?.pointer]).to.include(pointer)
        expect(fault?.message).to.contain(says)
      }
    })
  }
}

/** One test per change of state: from, to, and what is allowed instead where it is refused. */
export function moves(name: string, list: readonly [from: Json, to: Json, refused?: string][]): void {
  for (const [from, to, refused] of list) {
    it(`${JSON.stringify(from)} to ${JSON.stringify(to)}: ${refused === undefined ? 'allowed' : 'refused'}`, () => {
      const before = varied(name, from), after = varied(name, to)
      expect(kind(name).validate(before)).to.deep.equal([])
      expect(kind(name).validate(after)).to.deep.equal([])
      const error = kind(name).checkChange(before, after)
      if (refused === undefined) expect(error).to.equal(null)
      else expect(error).to.include({ code: 'model.transition' }).and.to.have.property('message').that.contains(refused)
    })
  }
}
