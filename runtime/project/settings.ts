/** The `torg` key of a project's `package.json`. Pure. */
import { isObject } from './json.ts'
import type { FlowFinding, ProjectSettings, ProjectTwin } from './types.ts'

const file = 'package.json'
const isTexts = (value: unknown): value is Record<string, string> => isObject(value) && Object.values(value).every(item => typeof item === 'string')

/** The project's name and settings from its `package.json`; unknown keys and wrong types are findings. */
export function parseProjectPackage(value: unknown): { name: string | undefined, settings: ProjectSettings, findings: FlowFinding[] } {
  const settings: ProjectSettings = { connectors: [], twins: {}, demo: null }
  if (!isObject(value)) return { name: undefined, settings, findings: [{ code: 'project.settings', file, detail: 'must be an object' }] }
  const name = typeof value['name'] === 'string' ? value['name'] : undefined
  const torg = value['torg']
  if (torg === undefined) return { name, settings, findings: [] }
  if (!isObject(torg)) return { name, settings, findings: [{ code: 'project.settings', file, field: 'torg', detail: 'must be an object' }] }

  const findings: FlowFinding[] = []
  const refuse = (field: string, detail: string, wrong?: unknown): void => { findings.push({ code: 'project.settings', file, field: `torg.${field}`, detail, ...(wrong !== undefined && { value: wrong }) }) }
  for (const [key, item] of Object.entries(torg)) {
    if (key === 'connectors') {
      if (Array.isArray(item) && item.every(entry => typeof entry === 'string' && entry !== '')) settings.connectors = item
      else refuse(key, 'must be a list of npm package names', item)
    } else if (key === 'twins') {
      if (isObject(item)) settings.twins = parseTwins(item, refuse)
      else refuse(key, 'must be an object by system key', item)
    } else if (key === 'demo') {
      if (isObject(item)) settings.demo = item
      else refuse(key, 'must be an object', item)
    } else refuse(key, 'is not known; there are connectors, twins, demo')
  }
  return { name, settings, findings }
}

function parseTwins(twins: Record<string, unknown>, refuse: (field: string, detail: string, wrong?: unknown) => void): Record<string, ProjectTwin> {
  const parsed: Record<string, ProjectTwin> = {}
  for (const [system, twin] of Object.entries(twins)) {
    const field = `twins.${system}`
    if (!isObject(twin)) { refuse(field, 'must be an object', twin); continue }
    for (const key of Object.keys(twin)) if (!['connector', 'port', 'env', 'secrets', 'config'].includes(key)) refuse(`${field}.${key}`, 'is not known; there are connector, port, env, secrets, config')
    const { connector, port = 0, env = {}, secrets = {}, config = {} } = twin
    if (typeof connector !== 'string' || connector === '') refuse(`${field}.connector`, 'must name a connector', connector)
    else if (typeof port !== 'number' || !Number.isInteger(port) || port < 0 || port > 65_535) refuse(`${field}.port`, 'must be a port, or 0 for a free one', port)
    else if (!isTexts(env)) refuse(`${field}.env`, 'must be texts by name of the environment variable', env)
    else if (!isTexts(secrets)) refuse(`${field}.secrets`, 'must be texts by name')
    else if (!isObject(config)) refuse(`${field}.config`, 'must be an object', config)
    else parsed[system] = { connector, port, env, secrets, config }
  }
  return parsed
}
