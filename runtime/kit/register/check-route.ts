/** The address behind the button that tests a system, on the editor's admin API. */
import { TorgError, toProblem, toTorgError } from '../../errors.ts'
import type { ConnectorDefinition, System } from '../definition.ts'
import type { NodeApi } from '../red.ts'

/** A person waits for the answer. */
const limitMs = 15_000

export type CheckedSystem = { system: System, connector: ConnectorDefinition } | { fault: TorgError }

/**
 * Adds `POST /torg/systems/<node id>/check`: 204 when the system's check passes, else problem+json with its error.
 * Whoever may deploy may ask; the credentials are the deployed ones.
 */
export function addCheckRoute(RED: NodeApi, find: (nodeId: string) => CheckedSystem | undefined): void {
  RED.httpAdmin?.post('/torg/systems/:id/check', RED.auth.needsPermission('flows.write'), (request, response) => {
    const check = async (): Promise<void> => {
      const found = find(request.params['id'] ?? '')
      if (!found) throw new TorgError('request.not-found', 'The system is not deployed')
      if ('fault' in found) throw found.fault
      await found.connector.system?.check?.(found.system, AbortSignal.timeout(limitMs))
    }
    check().then(() => { response.status(204).end() }, (thrown: unknown) => {
      const error = toTorgError(thrown, 'system.unavailable')
      // What the other side answered is not the status of this request: a 401 would log the editor out.
      const status = error.code === 'request.not-found' ? 404 : 422
      response.status(status).type('application/problem+json').send(JSON.stringify({ ...toProblem(error), status }))
    })
  })
}
