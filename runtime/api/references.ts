/** References from files: which id a system has for records the hub knows. */
import { Router } from 'express'
import { TorgError } from '../errors.ts'
import type { Imports } from '../imports/index.ts'
import { bodyOf, formatOf, truth } from './files.ts'
import { handle, queryText } from './handler.ts'

/** `POST /?kind=…&system=…&dryRun=…` with NDJSON or CSV; answers counts and the lines that were refused. */
export function referenceRoutes(imports: Imports): Router {
  return Router().post('/', handle(async (req, res) => {
    const [kind, system, dryRun] = [queryText(req, 'kind'), queryText(req, 'system'), queryText(req, 'dryRun')]
    const format = formatOf(req)
    if (format === undefined) throw new TorgError('request.invalid', 'Send the file with content type application/x-ndjson or text/csv.')
    if (kind === undefined || system === undefined) throw new TorgError('request.invalid', 'Name kind and system in the query.')
    res.json(await imports.link(bodyOf(req), { kind, system, format, dryRun: dryRun !== undefined && truth(dryRun) }))
  }))
}
