/** What waits for a person beside dead letters, counted. */
import { guarded, type Database } from './db.ts'
import type { Decisions } from './operating-types.ts'

// One index of open ones each; of imports there is at most one for a kind and system.
const count = `
select (select count(*) from torg.review where state = 'open')::int as reviews, (select count(*) from torg.import where state = 'confirm')::int as imports,
  (select count(*) from torg.erasure where ended_at is null)::int as erasures`

export function countDecisions(db: Database): Promise<Decisions> {
  return guarded('Counting what waits for a person', async () => {
    const [found = { reviews: 0, imports: 0, erasures: 0 }] = await db.query<Decisions>(count)
    return found
  })
}
