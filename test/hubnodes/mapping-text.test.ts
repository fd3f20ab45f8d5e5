import { expect } from 'chai'
import { parseRule, parseRules, printRule, TextError, type TextRule } from '../../editor-plugins/forms/resources/mapping-text.ts'

/** Each line is what a rule must be written as, and must read back from. */
const lines: [string, TextRule][] = [
  ['number <- name', { to: 'number', from: 'name' }],
  ['refs[0].id <- id | text', { to: 'refs[0].id', from: 'id', steps: [{ name: 'text' }] }],
  ['lines[].unitPrice <- line_items[].price | money(currency: @currency)', { to: 'lines[].unitPrice', from: 'line_items[].price', steps: [{ name: 'money', currency: { path: 'currency' } }] }],
  [
    'lines[].totals <- line_items[].price | multiply(by: @line_items[].quantity) | subtract(by: @line_items[].discount_allocations[].amount | sum) | totals(tax: @line_items[].tax_lines[].price | sum, included: @taxes_included)',
    { to: 'lines[].totals', from: 'line_items[].price', steps: [
      { name: 'multiply', by: { path: 'line_items[].quantity' } },
      { name: 'subtract', by: { path: 'line_items[].discount_allocations[].amount', steps: [{ name: 'sum' }] } },
      { name: 'totals', tax: { path: 'line_items[].tax_lines[].price', steps: [{ name: 'sum' }] }, included: { path: 'taxes_included' } },
    ] },
  ],
  ['taxMode = "gross" when taxes_included is true', { to: 'taxMode', value: 'gross', when: { path: 'taxes_included', is: true } }],
  ['taxMode = null', { to: 'taxMode', value: null }],
  ['billingAddress when billing_address exists', { to: 'billingAddress', when: { path: 'billing_address', exists: true } }],
  ['x <- y when y missing', { to: 'x', from: 'y', when: { path: 'y', exists: false } }],
  ['x <- y when all(a is ["p","q"], none(b above 3, c | count at-least 2))', { to: 'x', from: 'y', when: { all: [{ path: 'a', is: ['p', 'q'] }, { none: [{ path: 'b', above: 3 }, { path: 'c', steps: [{ name: 'count' }], atLeast: 2 }] }] } }],
  ["'my.field'.x <- charges[freight].'odd name'[0]", { to: "'my.field'.x", from: "charges[freight].'odd name'[0]" }],
  ['name := `$join([first, last], " ")`   # JSONata', { to: 'name', expression: '$join([first, last], " ")', comment: 'JSONata' }],
  ['name := "`odd name` & 1"', { to: 'name', expression: '`odd name` & 1' }],
  ['note <- a | concatenate(with: ["x, y | z)", @b | upper, 3], separator: "#")', { to: 'note', from: 'a', steps: [{ name: 'concatenate', with: ['x, y | z)', { path: 'b', steps: [{ name: 'upper' }] }, 3], separator: '#' }] }],
  ['city <- lines | filter if $element.type is "x" | first', { to: 'city', from: 'lines', steps: [{ name: 'filter', when: { path: '$element.type', is: 'x' } }, { name: 'first' }] }],
  ['carrier <- code | lookup(values: {"a":{"b":1}}, otherwise: "omit")', { to: 'carrier', from: 'code', steps: [{ name: 'lookup', values: { a: { b: 1 } }, otherwise: 'omit' }] }],
]

describe('mapping as text', () => {
  for (const [line, rule] of lines) {
    it(`writes and reads: ${line}`, () => {
      expect(printRule(rule)).to.equal(line)
      expect(parseRule(line)).to.deep.equal(rule)
    })
  }

  it('keeps what it has no short form for, as JSON', () => {
    const odd: TextRule[] = [
      { to: 'a', from: 'b', later: true },
      { to: 'a', from: 'has space' },
      { to: 'a', from: 'b', comment: 'two\nlines' },
      { to: 'a', from: 'b', steps: [{ name: 'Odd Name' }] },
      { to: 'a', from: 'b', steps: ['not a step'] },
      { to: 'a', from: 'b', when: { path: 'x', is: 1, not: 2 } },
      { to: 'a', from: 'b', value: 'both' },
      { to: 'a', from: 'b', when: 'no condition' },
    ]
    for (const rule of odd) expect(parseRule(printRule(rule)), printRule(rule)).to.deep.equal(rule)
  })

  it('names what it cannot read and goes on with the next line', () => {
    const { rules, faults } = parseRules('a <- b\n\n <- c\nd <- e | f(\ng <- h when h perhaps 3\ni <- j k\nl = oops\nm <- n | Up\no <- p')
    expect(rules.map(({ to }) => to)).to.deep.equal(['a', 'o'])
    expect(faults.map(({ line, fault }) => [line, fault.name])).to.deep.equal([[2, 'path'], [3, 'parameter'], [4, 'condition'], [5, 'rest'], [6, 'value'], [7, 'step']])
    expect(() => parseRule('')).to.throw(TextError)
  })
})
