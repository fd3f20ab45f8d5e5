/** Connectors with one mistake each, run by suite.test.ts in a mocha of their own: the conformance suite must name each. */
import { TorgError } from '../../runtime/errors.ts'
import { describeConnector, type ConformanceOptions } from '../../runtime/kit/conformance/index.ts'
import type { AnyNode, ConnectorDefinition, RawRequest, SourceNode, StepNode } from '../../runtime/kit/definition.ts'
import { sampler } from './sampler/index.ts'

const options: ConformanceOptions = { folder: sampler.folder ?? '', nodes: { 'sampler in': { webhook: { body: {}, headers: { 'X-Order': '1001' } } }, 'sampler out': { payload: { number: '1' } } } }

const edit = (base: ConnectorDefinition, change: (node: AnyNode) => AnyNode): ConnectorDefinition => ({ ...base, nodes: base.nodes.map(change) })
const editSink = (base: ConnectorDefinition, change: (node: StepNode) => StepNode) => edit(base, node => node.role === 'sink' ? change(node) : node)
const editSource = (base: ConnectorDefinition, change: (webhook: NonNullable<SourceNode['webhook']>) => NonNullable<SourceNode['webhook']>) => edit(base, node => node.role === 'source' && node.webhook ? { ...node, webhook: change(node.webhook) } : node)

/** Passes everything: its sink asks the system. */
const sound = editSource(editSink(sampler, node => ({ ...node, create: ({ system }) => async (msg) => ({ ...msg, payload: (await system.http.request({ method: 'PUT', path: '/orders/1', body: msg.payload })).body }) })), webhook => ({ ...webhook, describe }))

function describe(request: RawRequest) {
  try {
    JSON.parse(request.body.toString('utf8'))
  } catch (cause) {
    throw new TorgError('request.not-json', { detail: 'the body is not JSON', cause })
  }
  return { key: request.headers['x-order'] ?? null, eventId: request.headers['x-order'] ?? null, topic: 'order', sourceTime: null }
}

/** Each with a part of the title of the test that must fail. */
export const mistakes: Readonly<Record<string, { connector: ConnectorDefinition, fails: string }>> = {
  sound: { connector: sound, fails: '' },
  'colour that is a name': { connector: { ...sound, color: 'red' }, fails: 'slug for a name' },
  'missing icon': { connector: { ...sound, icon: 'gone.svg' }, fails: 'icons' },
  'label left out in Swedish': { connector: { ...sound, label: { ...sound.label, sv: '' } }, fails: 'speaks all languages' },
  'help copied': { connector: { ...sound, help: { ...sound.help, nb: sound.help.en } }, fails: 'not a copy' },
  'sample that breaks its type': { connector: { ...sound, types: { 'sampler:order': { schema: { type: 'string' }, examples: [{ name: 'number', payload: 1 }] } } }, fails: 'examples that are valid' },
  'port of an unknown type': { connector: editSink(sound, node => ({ ...node, outputs: [{ type: 'sampler:nothing' }] })), fails: 'declares the types of its ports' },
  'default out of range': { connector: editSink(sound, node => ({ ...node, fields: { ...node.fields, batch: { type: 'number', label: { en: 'a', nb: 'b', sv: 'c' }, default: 0, min: 1 } } })), fails: 'defaults that its own rules accept' },
  'accepts any signature': { connector: editSource(sound, webhook => ({ ...webhook, verify: () => undefined })), fails: 'bad or no signature' },
  'finds no key': { connector: editSource(sound, webhook => ({ ...webhook, describe: request => ({ ...describe(request), key: null }) })), fails: 'finds key and event id' },
  'crashes on half a document': { connector: editSource(sound, webhook => ({ ...webhook, describe: () => ({ key: '1', eventId: '1', topic: '', sourceTime: null }) })), fails: 'what is not JSON' },
  'logs a secret': { connector: editSink(sound, node => ({ ...node, create: ({ log, system }) => {
    log.info({ configuration: system.config }, 'connected')
    return msg => msg
  } })), fails: 'never says a secret' },
  'retries by itself': { connector: editSink(sound, node => ({ ...node, create: ({ system }) => async (msg) => {
    const ask = () => system.http.request({ method: 'PUT', path: '/orders/1', body: msg.payload })
    await ask().catch(ask)
    return msg
  } })), fails: '503 is transient' },
  'hides refusals': { connector: editSink(sound, node => ({ ...node, create: ({ system }) => async (msg) => {
    await system.http.request({ method: 'PUT', path: '/orders/1', body: msg.payload }).catch(() => undefined)
    return msg
  } })), fails: '422 is permanent' },
  'check that asks nothing': { connector: { ...sound, system: { ...sound.system, fields: sound.system?.fields ?? {}, check: async () => undefined } }, fails: 'bad credentials' },
  'leaves its subscription behind': { connector: { ...sound, nodes: [...sound.nodes, { role: 'custom', type: 'sampler changes', label: { en: 'a', nb: 'b', sv: 'c' }, help: { en: 'Help in English, long enough.', nb: 'Hjelp på norsk, lang nok her.', sv: 'Hjälp på svenska, lång nog här.' }, fields: {}, inputs: [], outputs: [], attach: ({ hub }) => {
    hub.registerSystem({ nodeId: 'left', key: 'left', connector: 'sampler', label: 'left' })
    return () => undefined
  } }] }, fails: 'takes all of it away' },
  'twin that stays': { connector: { ...sound, twin: async () => {
    const { startAnsweringServer } = await import('../../runtime/kit/conformance/answering-server.ts')
    const server = await startAnsweringServer()
    setTimeout(() => { void server.close() }, 200)
    return { url: server.url, close: async () => undefined }
  } }, fails: 'twin that starts' },
}

// In the child process mocha is there; the parent imports the list only.
if (process.env['TORG_BROKEN_CONNECTORS'] === '1') for (const [name, { connector }] of Object.entries(mistakes)) globalThis.describe(name, () => describeConnector(connector, options))
