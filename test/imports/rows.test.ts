import { expect } from 'chai'
import { TorgError } from '../../runtime/errors.ts'
import { readCsv } from '../../runtime/imports/csv.ts'
import { headerMapping } from '../../runtime/imports/header.ts'
import { readNdjson } from '../../runtime/imports/ndjson.ts'
import { longestLine, type Row } from '../../runtime/imports/row.ts'
import { compileMapping } from '../../runtime/mapping/index.ts'
import { kindOf } from '../../runtime/model/index.ts'

/** The bytes of a file, cut into pieces of this size. */
async function* inPieces(file: string | Buffer, size = 7): AsyncGenerator<Buffer> {
  const bytes = Buffer.from(file)
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size)
}

async function all(rows: AsyncIterable<Row[]>): Promise<unknown[]> {
  const found: unknown[] = []
  for await (const some of rows) {
    for (const row of some) {
      try {
        found.push([row.line, row.read()])
      } catch (thrown) {
        found.push([row.line, thrown instanceof TorgError ? thrown.code : thrown])
      }
    }
  }
  return found
}

describe('imports: rows', () => {
  describe('of NDJSON', () => {
    const cases: [title: string, file: string | Buffer, rows: unknown[]][] = [
      ['are documents, the last with or without its line end', '{"a":1}\n{"a":"æøå"}', [[1, { a: 1 }], [2, { a: 'æøå' }]]],
      ['count empty lines and line ends of Windows', '\uFEFF{"a":1}\r\n\r\n  \n2\n', [[1, { a: 1 }], [4, 2]]],
      ['are refused one by one', 'x\n{"a":1}\n{"a"\n', [[1, 'message.not-json'], [2, { a: 1 }], [3, 'message.not-json']]],
      ['are refused where they are not UTF-8', Buffer.from([0x30, 0x0a, 0x22, 0xe6, 0x22, 0x0a, 0x31, 0x0a]), [[1, 0], [2, 'message.not-json'], [3, 1]]],
      ['are none in an empty file', '', []],
    ]
    for (const [title, file, rows] of cases) it(title, async () => { for (const size of [1, 7, 1_000]) expect(await all(readNdjson(inPieces(file, size)))).to.deep.equal(rows) })

    it('are refused where they are too long, and what follows is read', async () => {
      expect(await all(readNdjson(inPieces(`"${'x'.repeat(longestLine)}"\n1\n`, 65_536)))).to.deep.equal([[1, 'request.too-large'], [2, 1]])
    })
  })

  describe('of CSV', () => {
    const cases: [title: string, file: string, rows: unknown[]][] = [
      ['are objects by the header; an empty cell is no field', 'a,b\n1,\n,2\n', [[2, { a: '1' }], [3, { b: '2' }]]],
      ['may be divided by semicolons, quoted, and end like Windows', '\uFEFFa;b\r\n"x;""y""";1,5\r\n', [[2, { a: 'x;"y"', b: '1,5' }]]],
      ['may span lines', 'a,b\n"1\n2",3\n4,5\n', [[3, { a: '1\n2', b: '3' }], [4, { a: '4', b: '5' }]]],
      ['are refused with another number of cells', 'a,b\n1,2,3\n4,5\n', [[2, 'validation.schema'], [3, { a: '4', b: '5' }]]],
      ['are refused where quotes are wrong', 'a,b\n1,2"x\n4,5\n', [[2, 'validation.schema'], [3, { a: '4', b: '5' }]]],
      ['are none in an empty file', '', []],
    ]
    for (const [title, file, rows] of cases) it(title, async () => { expect(await all(readCsv(inPieces(file), () => undefined))).to.deep.equal(rows) })
  })

  describe('of CSV whose header names fields', () => {
    const price = kindOf('price')

    it('become entities, with numbers and booleans where the kind has them', async () => {
      const map = compileMapping(headerMapping(['refs[0].id', 'variant.ref.id', 'list', 'type', 'value.amount', 'value.currency', 'taxIncluded', 'ext.acme.shelf'], price))
      expect(await map({ 'refs[0].id': '7', 'variant.ref.id': 'A', 'list': 'no', 'type': 'regular', 'value.amount': '10.00', 'value.currency': 'NOK', 'taxIncluded': 'ja' })).to.deep.equal({
        refs: [{ id: '7' }], variant: { ref: { id: 'A' } }, list: 'no', type: 'regular', value: { amount: '10.00', currency: 'NOK' }, taxIncluded: true,
      })
    })

    const refused: [columns: string[], says: string][] = [
      [['refs[0].id', 'value.amont'], 'Did you mean amount?'],
      [['refs[0].id', 'prise'], 'no "prise"'],
      [['refs[0].id', 'list', 'list'], 'twice'],
      [['refs[0].id', 'a..b'], 'no path'],
      [['refs[0].id', ''], 'no path'],
      [['list'], 'no column refs[0].id'],
    ]
    for (const [columns, says] of refused) {
      it(`are refused with the columns ${columns.join(', ')}`, () => { expect(() => headerMapping(columns, price)).to.throw(TorgError, says) })
    }
  })
})
