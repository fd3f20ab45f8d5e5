import { expect } from 'chai'
import { createConfigChecker } from '../../runtime/kit/checker.ts'
import { sampler } from './sampler/index.ts'

const check = createConfigChecker([sampler])
const sink = (more: Record<string, unknown> = {}) => ({ id: 'out', type: 'sampler out', system: 'sys', mode: 'upsert', batch: 10, wait: 5, notify: true, parts: ['lines'], headers: {}, ...more })
const system = (more: Record<string, unknown> = {}) => ({ id: 'sys', type: 'sampler-system', name: 'ERP', key: 'erp', url: 'https://erp.example.com', apiKey: '${DEMO_KEY}', ...more })
const faults = (config: Record<string, unknown>, context = {}): string[] => check(String(config['type']), config, context).map(({ field }) => field)

describe('the check of node configurations before a deploy', () => {
  it('has nothing to say about a good node or one of another palette', () => {
    expect(faults(sink(), { nodes: [system(), sink()], kinds: ['order'] })).to.deep.equal([])
    expect(faults(system(), { nodes: [system()] })).to.deep.equal([])
    expect(faults({ type: 'function', func: '' })).to.deep.equal([])
  })

  const cases: [string, Record<string, unknown>, string, RegExp][] = [
    ['a required field that is empty', system({ url: '' }), 'url', /required and empty/],
    ['a required text of blanks', system({ url: '  ' }), 'url', /required and empty/],
    ['a key that is no slug', system({ key: 'My ERP' }), 'key', /does not match/],
    ['a choice that is none', sink({ mode: 'delete' }), 'mode', /no choice "delete"/],
    ['a list with a stranger', sink({ parts: ['lines', 'taxes'] }), 'parts', /no choice "taxes"/],
    ['a list that is text', sink({ parts: 'lines' }), 'parts', /a list/],
    ['a required list that is empty', sink({ parts: [] }), 'parts', /required/],
    ['a number below its minimum', sink({ batch: 0 }), 'batch', /at least 1/],
    ['a number above its maximum', sink({ batch: '501' }), 'batch', /at most 500/],
    ['a number that is none', sink({ batch: 'many' }), 'batch', /must be a number/],
    ['a literal secret', system({ apiKey: 'sk-live-123' }), 'apiKey', /must not stand in the flow file/],
    ['JSON that breaks its schema', sink({ headers: { accept: 1 } }), 'headers', /the value at \/accept must be string/],
    ['a field that is required by another\'s value', sink({ mode: 'event' }), 'event', /required/],
    ['a pattern not met', sink({ mode: 'event', event: 'Order!' }), 'event', /does not match/],
  ]
  for (const [what, config, field, detail] of cases) {
    it(`finds ${what}`, () => {
      const findings = check(String(config['type']), config)
      expect(findings.map(finding => finding.field)).to.deep.equal([field])
      expect(findings[0]?.detail).to.match(detail)
      expect(JSON.stringify(findings), 'never the secret itself').not.to.include('sk-live-123')
    })
  }

  it('lets references to the environment stand for any value', () => {
    expect(faults(sink({ batch: '${BATCH}', mode: '${MODE}' }))).to.deep.equal([])
    expect(faults(system({ url: '${ERP_URL}', apiKey: 'file:/run/secrets/erp' }))).to.deep.equal([])
  })

  it('knows a stored secret from a missing one, where it can', () => {
    expect(faults(system({ apiKey: '' })), 'unknown').to.deep.equal([])
    expect(faults(system({ apiKey: '' }), { hasCredential: () => true })).to.deep.equal([])
    expect(faults(system({ apiKey: '' }), { hasCredential: () => false })).to.deep.equal(['apiKey'])
  })

  it('finds references to systems that are missing, of another kind or disabled, and kinds that are none', () => {
    expect(faults(sink({ system: 'gone' }), { nodes: [system()] })).to.deep.equal(['system'])
    expect(faults(sink({ system: 'tab' }), { nodes: [{ id: 'tab', type: 'tab' }] })).to.deep.equal(['system'])
    expect(faults(sink(), { nodes: [system({ d: true })] })).to.deep.equal(['system'])
    expect(faults(sink({ other: 'gone' }), { nodes: [system()] })).to.deep.equal(['other'])
    expect(faults(sink({ kind: 'invoice' }), { nodes: [system()], kinds: ['order'] })).to.deep.equal(['kind'])
  })

  it('finds two systems with one key', () => {
    const other = system({ id: 'sys2' })
    expect(faults(other, { nodes: [system(), other] })).to.deep.equal(['key'])
  })
})
