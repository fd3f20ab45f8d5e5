/** The hub's one HTTP surface: webhooks, health, metrics, operating calls, editor. */
import type { IncomingMessage, RequestListener } from 'node:http'
import express, { type ErrorRequestHandler, type Express, type RequestHandler } from 'express'
import type { Logger } from 'pino'
import { TorgError } from '../errors.ts'
import type { Hub, RegisteredSystem } from '../hub.ts'
import type { Pressure } from '../pressure.ts'
import type { Settings } from '../settings.ts'
import type { LaneName, Store } from '../store/types.ts'
import { requireAdmin } from './caller.ts'
import { completenessRoutes, type CompletenessOptions } from './completeness.ts'
import { deadLetterRoutes } from './dead-letters.ts'
import { deploymentRoutes, flowRoutes, type DeployOptions } from './deployments.ts'
import { environmentRoutes, type EnvironmentOptions } from './environment.ts'
import { createAdminGuard, type AdminGuard, type GuardOptions, type NeedsPermission } from './guard.ts'
import { handle } from './handler.ts'
import { createReady, health } from './health.ts'
import { mergeRoutes, reviewRoutes, type IdentityOptions } from './identity.ts'
import { importRoutes, type ImportOptions } from './imports.ts'
import { createIntake } from './intake.ts'
import { keyRoutes, type KeyOptions } from './keys.ts'
import { laneRoutes, type LaneOptions } from './lanes.ts'
import type { Metrics } from './metrics.ts'
import { processRoutes } from './processes.ts'
import { schemaRoutes, statusRoutes } from './operations.ts'
import { openApiDocument } from './openapi/document.ts'
import { privacyRoutes, type PrivacyOptions } from './privacy.ts'
import { recordRoutes, type RecordOptions } from './records/index.ts'
import { repairRoutes, type RepairOptions } from './repairs.ts'
import { referenceRoutes } from './references.ts'
import { traceRoutes, type TraceOptions } from './traces/index.ts'
import { newRequestId, sendProblem, toAnswer } from './problem.ts'

/** Node-RED's apps, once it has started. */
export interface NodeRedApps {
  /** Editor and admin API; undefined when headless. */
  admin: RequestHandler | undefined
  /** Routes of `http in` nodes. */
  nodes: RequestHandler
  needsPermission: NeedsPermission
}

export interface ApiOptions extends CompletenessOptions {
  /** The canonical kinds with the project's own fields. */
  kinds: RecordOptions['kinds']
  hub: Pick<Hub, 'accepting' | 'sourcesOf' | 'hasSystem' | 'receive' | 'save' | 'find' | 'readerOf' | 'publicUrl'>
  store: Pick<Store, 'ping' | 'depths' | 'decisions' | 'processes' | 'deadLetters' | 'deadLetter' | 'reopen' | 'closeDeadLetter' | 'mend' | 'activeDeployment' | 'deploymentByRevision' | 'deployments'> & RepairOptions['store'] & LaneOptions['store'] & GuardOptions['store'] & KeyOptions['store'] & RecordOptions['store'] & PrivacyOptions['store'] & IdentityOptions['store'] & ImportOptions['store'] & TraceOptions['store']
  settings: Pick<Settings, 'adminUser' | 'adminPasswordHash' | 'publicUrl' | 'bodyLimit'>
  metrics: Metrics
  log: Logger
  version: string
  checkFlows: DeployOptions['checkFlows']
  /** Deploys and waits until the new flows run. */
  deploy?: DeployOptions['deploy']
  /** Whose the database is. */
  environment?: EnvironmentOptions['environment']
  explain: RecordOptions['explain']
  /** Schemas of the canonical model by name. */
  schemas?: ReadonlyMap<string, object>
  systems?(): readonly RegisteredSystem[]
  hint?(lane: LaneName): void
  lanes?: LaneOptions['lanes']
  /** A deployed subscription by the id of its node. */
  subscription?: TraceOptions['subscription']
  compile?: TraceOptions['compile']
  imports?: ImportOptions['imports']
  /** Bounds of what is taken at once. */
  enter?: Pressure['enter']
  /** Reasons beyond the database why this process should get no work. */
  notReady?(): readonly string[]
  /** Undefined until Node-RED has started. */
  nodeRed?(): NodeRedApps | undefined
}

/** Answers every request. */
export type Api = RequestListener & {
  /** For the server's WebSocket upgrades. */
  readonly guard: AdminGuard
  /** Everything but webhooks. */
  readonly app: Express
}

/**
 * Makes the HTTP surface. Express 4, because Node-RED 5 mounts apps of Express 4. Open are `/in/…`, `/http/…`, `/health`,
 * `/ready` and `/`; everything else stands behind the guard.
 */
export function createApi(options: ApiOptions): Api {
  const { hub, store, settings, metrics, log, nodeRed, environment } = options
  const guard = createAdminGuard({ settings, store, log, needsPermission: () => nodeRed?.()?.needsPermission })
  const app = express()
  app.disable('x-powered-by')
  app.disable('etag')
  app.set('query parser', 'simple')

  app.use(prepare(log))
  app.get('/health', health)
  app.get('/ready', createReady({ hub, store, ...(options.notReady && { notReady: options.notReady }), held: () => environment?.held ?? false }))
  app.get('/', (_req, res) => { res.redirect('/editor/') })
  app.use('/http', hosted(() => nodeRed?.()?.nodes, 'The flows have not started yet.'))
  app.use('/editor', guard.editor, hosted(() => nodeRed?.()?.admin, 'This process runs without an editor, or it has not started yet.'))

  app.use(['/metrics', '/schemas', '/api'], guard.api, (_req, res, next) => { res.set('Cache-Control', 'no-store'); next() })
  app.use('/schemas', schemaRoutes(options.schemas ?? new Map()))

  let document: object | undefined
  app.get('/api/v1/openapi.json', (_req, res) => { res.json(document ??= openApiDocument({ kinds: options.kinds, version: options.version, publicUrl: settings.publicUrl })) })
  app.use('/api/v1', recordRoutes(options))
  if (options.imports) app.use('/api/v1/imports', importRoutes({ ...options, imports: options.imports }))
  // Everything else is for administrators, whether it exists or not.
  app.use(['/metrics', '/api'], requireAdmin)
  app.get('/metrics', handle(async (_req, res) => { res.set('Content-Type', metrics.registry.contentType).end(await metrics.text()) }))
  app.use('/api/v1', traceRoutes(options))
  app.use('/api/v1/keys', keyRoutes(options))
  app.use('/api/v1/status', statusRoutes(options))
  app.use('/api/v1/lanes', laneRoutes(options))
  app.use('/api/v1/dead-letters', deadLetterRoutes(options))
  app.use('/api/v1/repairs', repairRoutes(options))
  app.use('/api/v1/privacy', privacyRoutes(options))
  app.use('/api/v1/reviews', reviewRoutes(options))
  app.use('/api/v1', mergeRoutes(options))
  if (options.imports) app.use('/api/v1/references', referenceRoutes(options.imports))
  if (environment) app.use('/api/v1/environment', environmentRoutes({ environment, store, log }))
  app.use('/api/v1/completeness', completenessRoutes(options))
  app.use('/api/v1/deployments', deploymentRoutes(options))
  app.use('/api/v1/processes', processRoutes(store))
  app.use('/api/v1/flows', flowRoutes(options))

  app.use((req, _res, next) => { next(new TorgError('request.not-found', `There is nothing at ${req.method} ${req.path}.`)) })
  app.use(answerErrors(log))

  const takesWebhook = createIntake({ hub, metrics, bodyLimit: settings.bodyLimit, log, ...(options.enter && { enter: options.enter }) })
  const answer: RequestListener = (req, res) => {
    if (!isImport(req)) boundBody(req)
    if (!takesWebhook(req, res)) app(req, res)
  }
  return Object.assign(answer, { guard, app })
}

/** The HTTP surface of a worker: health for everybody, metrics behind the guard. */
export function createWorkerApi({ hub, store, settings, metrics, log, notReady }: Pick<ApiOptions, 'metrics' | 'log'> & {
  hub: Pick<Hub, 'accepting' | 'held'>
  store: Pick<Store, 'ping'> & GuardOptions['store']
  settings: ApiOptions['settings']
  notReady(): readonly string[]
}): Express {
  const guard = createAdminGuard({ settings, store, log })
  const app = express()
  app.disable('x-powered-by')
  app.use(prepare(log))
  app.get('/health', health)
  app.get('/ready', createReady({ hub, store, notReady, held: () => hub.held !== undefined }))
  app.get('/metrics', guard.api, requireAdmin, handle(async (_req, res) => { res.set('Content-Type', metrics.registry.contentType).end(await metrics.text()) }))
  app.use((req, _res, next) => { next(new TorgError('request.not-found', `There is nothing at ${req.method} ${req.path} of a worker. The hub has the rest.`)) })
  app.use(answerErrors(log))
  return app
}

const isImport = ({ url = '' }: IncomingMessage): boolean => url.startsWith('/api/v1/imports') || url.startsWith('/api/v1/references')

/** A body that takes longer ends its connection: Node's own limit, which would end imports as well, is off. */
const bodyLimitMs = 300_000
function boundBody(req: IncomingMessage): void {
  const { 'content-length': length = '0', 'transfer-encoding': encoding } = req.headers
  if (length === '0' && encoding === undefined) return
  const timer = setTimeout(() => { req.destroy() }, bodyLimitMs)
  const clear = (): void => { clearTimeout(timer) }
  req.once('end', clear).once('close', clear)
}

/** Request id, security headers, and one line per request at debug. */
function prepare(log: Logger): RequestHandler {
  return (req, res, next) => {
    const id = newRequestId()
    res.locals['requestId'] = id
    res.set({ 'X-Request-Id': id, 'X-Content-Type-Options': 'nosniff', 'X-Frame-Options': 'SAMEORIGIN', 'Content-Security-Policy': 'frame-ancestors \'self\'', 'Referrer-Policy': 'same-origin' })
    if (log.isLevelEnabled('debug')) {
      const start = performance.now()
      const [path] = req.originalUrl.split('?', 1)
      res.on('finish', () => { log.debug({ request: id, method: req.method, path, status: res.statusCode, ms: Math.round(performance.now() - start) }, 'Answered') })
    }
    next()
  }
}

/** An app that exists only once Node-RED has started. Its own 404 becomes ours. */
const hosted = (find: () => RequestHandler | undefined, missing: string): RequestHandler => (req, res, next) => {
  const app = find()
  if (app === undefined) next(new TorgError('hub.unavailable', missing))
  else app(req, res, next)
}

/** The one place where errors become answers. */
function answerErrors(log: Logger): ErrorRequestHandler {
  // Express knows an error middleware by its four parameters.
  return (thrown: unknown, req, res, _next) => {
    const id: unknown = res.locals['requestId']
    const error = toAnswer(thrown, String(id))
    if (error.code === 'hub.internal') log.error({ request: id, method: req.method, path: req.path, err: thrown }, 'A call failed')
    else log.debug({ request: id, method: req.method, path: req.path, code: error.code }, `Answered with an error: ${error.message}`)
    sendProblem(req, res, error)
  }
}

export { createAdminAuth } from './passwords.ts'
export { createMetrics, type Metrics, type MetricSources } from './metrics.ts'
export type { AdminGuard, NeedsPermission } from './guard.ts'
