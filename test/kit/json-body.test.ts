import { expect } from 'chai'
import { lookAtJson, takeJson } from '../../runtime/kit/json-body.ts'

describe('JSON bodies', () => {
  it('gives what was looked at to one taker, and every other taker a document of its own', () => {
    const body = Buffer.from('{"lines":[{"n":1}]}')
    const seen = lookAtJson({ body })
    expect(lookAtJson({ body })).to.equal(seen)
    const taken = takeJson(body)
    expect(taken).to.equal(seen)
    const own = takeJson(body)
    expect(own).to.deep.equal(taken)
    expect(own).not.to.equal(taken)
  })

  it('refuses what is no JSON, each time it is looked at', () => {
    const body = Buffer.from('{')
    for (let time = 0; time < 2; time++) expect(() => lookAtJson({ body })).to.throw().with.property('code', 'request.not-json')
  })
})
