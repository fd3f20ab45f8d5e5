/** The hub's side of the widgets: an admin endpoint each for what forms offer and for what the compiler says. */
import express, { type Request, type RequestHandler } from 'express'
import { typeNames, schemaOf } from '../../runtime/analysis/types.ts'
import { toTorgError } from '../../runtime/errors.ts'
import type { Hub } from '../../runtime/hub.ts'
import { languages, type Language } from '../../runtime/kit/definition.ts'
import { compileMapping } from '../../runtime/mapping/index.ts'
import { steps } from '../../runtime/mapping/steps/index.ts'
import type { AnyStep } from '../../runtime/mapping/step.ts'
import { reportRoles } from '../../runtime/project/index.ts'
import type { Catalogue, MappingFault, StepInfo } from './resources/types.ts'
import { roleFields } from './role-fields.ts'
import { schemaPaths } from './schema-paths.ts'

/** What is used of Node-RED here. Without `httpAdmin` it runs headless. */
interface PluginApi {
  httpAdmin?: { use(path: string, ...handlers: RequestHandler[]): void }
  auth: { needsPermission(permission: string): RequestHandler }
  settings: { torg: Pick<Hub, 'project' | 'types'> }
}

export default function addEditorEndpoints(RED: PluginApi): void {
  RED.httpAdmin?.use('/torg', RED.auth.needsPermission('flows.read'), createEditorApi(RED.settings.torg))
}

/** `GET /catalogue?language=nb`, `GET /paths?type=torg:order`, `POST /mapping`, `GET /roles?kind=order`, `POST /roles?language=nb` with `{ rows, nodes }`. */
export function createEditorApi(hub: Pick<Hub, 'project' | 'types'>): express.Router {
  const router = express.Router()
  router.get('/catalogue', (request, response) => {
    response.json(describeCatalogue(hub, languageOf(request)))
  })
  router.get('/paths', (request, response) => {
    const schema = schemaOf(String(request.query['type']), hub)
    response.json(schema ? schemaPaths(schema) : [])
  })
  router.post('/mapping', express.json({ limit: '1mb' }), (request, response) => {
    response.json(findMappingFault(request.body, hub))
  })
  router.get('/roles', (request, response) => {
    const kind = hub.project.kinds.get(String(request.query['kind']))
    response.json(kind ? roleFields(kind) : null)
  })
  router.post('/roles', express.json({ limit: '1mb' }), (request, response) => {
    const { rows, nodes }: { rows?: unknown, nodes?: unknown } = { ...request.body }
    response.json(reportRoles(rows, { nodes: Array.isArray(nodes) ? nodes : [], kinds: hub.project.kinds, language: languageOf(request) }))
  })
  return router
}

const languageOf = ({ query }: Request): Language => languages.find((language) => language === query['language']) ?? 'en'

function describeCatalogue(hub: Pick<Hub, 'project' | 'types'>, language: Language): Catalogue {
  return {
    types: typeNames(hub),
    lookups: Object.keys(hub.project.lookups).sort(),
    steps: [...steps.values()].map((step) => describeStep(step, language)),
  }
}

function describeStep({ name, label, parameters }: AnyStep, language: Language): StepInfo {
  const required = Object.entries(parameters).filter(([, parameter]) => parameter.required).map(([parameter]) => `${parameter}: `)
  return { name, label: label[language], template: required.length > 0 ? `${name}(${required.join(', ')})` : name }
}

/** What the compiler refuses; null where the mapping can be used. */
export function findMappingFault(mapping: unknown, hub: Pick<Hub, 'project'>): MappingFault | null {
  try {
    compileMapping(mapping, { lookups: hub.project.lookups })
    return null
  } catch (thrown) {
    const { message, pointer = '' } = toTorgError(thrown, 'mapping.invalid')
    const [, rule] = /\/rules\/(\d+)/.exec(pointer) ?? []
    return { detail: message, rule: rule === undefined ? null : Number(rule) }
  }
}
