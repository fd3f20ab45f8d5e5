/** Nodes are constructed and closed on a stub hub: what starts also stops, and nothing secret is said. */
import assert from 'node:assert/strict'
import type { ConnectorDefinition, Fields } from '../definition.ts'
import { createRegistrar } from '../register.ts'
import { createFakeRed, type FakeNode, type FakeRed } from './fake-red.ts'
import { createStubHub, type StubHub } from './stub-hub.ts'
import { flowConfig, secretOf, secretVariable, type Subject } from './subject.ts'

/** A system of another connector, for nodes that refer to any system. */
const standIn: ConnectorDefinition = { name: 'stand-in', label: { en: 'Stand-in', nb: 'Stand-in', sv: 'Stand-in' }, help: { en: '', nb: '', sv: '' }, color: '#000000', icon: 'none.svg', system: { fields: {} }, nodes: [] }

export interface Life extends StubHub { red: FakeRed, nodes: Map<string, FakeNode> }

/** Constructs one node of every type, with every secret set except those named. */
export function bringToLife(subject: Subject, { without = [] }: { without?: readonly string[] } = {}): Life {
  const { definition, types } = subject
  const secrets = types.flatMap(({ fields }) => secretNames(fields))
  const env = Object.fromEntries(secrets.filter(name => !without.includes(name)).map(name => [secretVariable(name), secretOf(name)]))
  const stub = createStubHub({ env, ...(subject.options.kinds && { kinds: subject.options.kinds }), types: new Map(Object.entries(definition.types ?? {}).map(([name, { schema }]) => [name, { ...schema }])) })
  const registrar = createRegistrar({ hub: stub.hub, connectors: [definition, standIn] })
  const red = createFakeRed()
  registrar(red.RED, definition.name)
  registrar(red.RED, standIn.name)
  red.construct({ id: 'stand-in', type: 'stand-in-system', name: 'Stand-in', key: 'stand-in' }, env)
  const nodes = new Map(types.map(type => [type.type, red.construct({ ...flowConfig(subject, type), id: type.role === 'system' ? 'system' : `node ${type.type}`, type: type.type }, env)]))
  return { ...stub, red, nodes }
}

const secretNames = (fields: Fields): string[] => Object.entries(fields).filter(([, field]) => field.type === 'secret').map(([name]) => name)

export function describeLife(subject: Subject): void {
  const { definition, types } = subject

  it('constructs every node, registers what it serves, and takes all of it away at close', async () => {
    const { red, nodes, registry, lines } = bringToLife(subject)
    const complaints = lines.filter(line => /"level":(50|60)/.test(line))
    assert.deepEqual(complaints, [], 'no node refuses its configuration')
    for (const type of types) {
      if (type.role === 'source') assert.ok(registry.sources.has(`node ${type.type}`), `${type.type} is registered as a source`)
      assert.notEqual(nodes.get(type.type)?.statuses.at(-1)?.fill, 'red', `${type.type} shows no failure`)
    }
    if (definition.system) assert.ok(registry.systems.has('conformance'), 'the system is registered')
    await red.closeAll()
    assert.deepEqual([registry.systems.size, registry.sources.size, registry.subscriptions.size], [0, 0, 0], 'nothing stays registered')
  })

  it('is constructed again after a close', async () => {
    for (let round = 0; round < 3; round++) {
      const { red, lines } = bringToLife(subject)
      assert.deepEqual(lines.filter(line => /"level":(50|60)/.test(line)), [])
      await red.closeAll()
    }
  })

  it('refuses work while a secret it needs is missing, and names what is missing', async () => {
    const system = types.find(({ role }) => role === 'system')
    const required = Object.entries(system?.fields ?? {}).find(([, field]) => field.type === 'secret' && field.required && !field.when)?.[0]
    if (required === undefined) return
    const { red, nodes, lines } = bringToLife(subject, { without: [required] })
    const complaint = lines.find(line => line.includes('settings.invalid'))
    assert.ok(complaint?.includes(secretVariable(required)) && complaint.includes(required), 'the log names field and variable')
    for (const { type, role } of types) {
      if (role !== 'sink') continue
      const error = await nodes.get(type)?.receive({ payload: {} })
      assert.ok(error instanceof Error && 'code' in error && error.code === 'settings.invalid', `${type} refuses its work`)
    }
    await red.closeAll()
  })

  it('never says a secret in logs or status', async () => {
    const { red, nodes, lines } = bringToLife(subject)
    for (const { type, role } of types) if (role === 'sink' || role === 'step') await nodes.get(type)?.receive({ payload: subject.options.nodes?.[type]?.payload ?? {} })
    await red.closeAll()
    const said = [...lines, ...[...nodes.values()].flatMap(node => node.statuses.map(({ text }) => text ?? ''))].join('\n')
    for (const name of types.flatMap(({ fields }) => secretNames(fields))) assert.ok(!said.includes(secretOf(name)), `the secret ${name} was written to a log or a status`)
  })
}
