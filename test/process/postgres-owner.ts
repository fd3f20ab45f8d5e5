/** A process that starts the embedded server of the data folder given, says so, and lives until it is killed. */
import { pino } from 'pino'
import { startEmbeddedPostgres } from '../../runtime/postgres/embedded.ts'

const { pid, url } = await startEmbeddedPostgres({ dataDir: process.argv[2] ?? '', log: pino({ level: 'silent' }) })
process.stdout.write(`${JSON.stringify({ pid, url })}\n`)
setInterval(() => { /* Waits to be killed. */ }, 60_000)
