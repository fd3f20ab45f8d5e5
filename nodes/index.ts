/** The connectors that come with Torg. `npm run new:connector` adds to this list. */
import { join } from 'node:path'
import type { ConnectorDefinition } from '../runtime/kit/definition.ts'
import hub from './hub/index.ts'
import rest from './rest/index.ts'
import shopify from './shopify/index.ts'

/** In the order of the palette. Each knows its folder, where its icons and examples are. */
export const builtIn: readonly ConnectorDefinition[] = [hub, shopify, rest].map(connector => ({ ...connector, folder: join(import.meta.dirname, connector.name) }))
