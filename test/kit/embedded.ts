/** A real Node-RED with a generated palette, on a stub hub. */
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import express from 'express'
import { createStubHub, type StubHub } from '../../runtime/kit/conformance/stub-hub.ts'
import { kinds as model } from '../../runtime/model/index.ts'
import type { ConnectorDefinition } from '../../runtime/kit/definition.ts'
import { buildPalette } from '../../runtime/kit/palette.ts'
import { createRegistrar } from '../../runtime/kit/register.ts'
import { startNodeRed, type EmbeddedNodeRed } from '../../runtime/node-red/embed.ts'
import type { FlowItem } from '../../runtime/node-red/facade.ts'
import { createMemoryStorage } from '../support/memory-storage.ts'

export interface Running extends StubHub {
  nodeRed: EmbeddedNodeRed
  storage: ReturnType<typeof createMemoryStorage>
  palette: string
  /** Address of the editor. */
  url: string
  stop(): Promise<void>
}

/** Starts it; the palette holds these connectors. */
export async function startWithPalette({ connectors, flows = [], editor = false, pluginsDir, kinds = ['customer', 'order'] }: { connectors: readonly ConnectorDefinition[], flows?: FlowItem[], editor?: boolean, pluginsDir?: string, kinds?: readonly string[] }): Promise<Running> {
  const folder = await mkdtemp(join(tmpdir(), 'torg-kit-'))
  const palette = join(folder, 'palette')
  buildPalette({ connectors, outDir: palette, kinds, ...(pluginsDir !== undefined && { pluginsDir }), version: '0.1.0' })
  const stub = createStubHub({ kinds: model })
  const app = express()
  const server = createServer(app)
  const storage = createMemoryStorage(flows)
  const nodeRed = await startNodeRed({ server, storage, nodesDirs: [palette], userDir: folder, editor, log: stub.hub.log, credentialSecret: 'test', settings: { torg: stub.hub, torgNodes: createRegistrar({ hub: stub.hub, connectors }) } })
  await nodeRed.started
  if (nodeRed.adminApp) app.use('/editor', nodeRed.adminApp)
  // What the Deliveries sidebar asks the hub for: there is nothing.
  app.get('/api/v1/lanes', (_, res) => { res.json({ items: [] }) })
  await new Promise<void>(resolve => { server.listen(0, '127.0.0.1', resolve) })
  const address = server.address()
  const url = `http://127.0.0.1:${typeof address === 'object' && address ? address.port : 0}/editor/`
  return {
    ...stub, nodeRed, storage, palette, url,
    async stop() {
      await nodeRed.stop()
      server.closeAllConnections()
      await new Promise<void>((resolve) => { server.close(() => resolve()) })
      await rm(folder, { recursive: true, force: true })
    },
  }
}
