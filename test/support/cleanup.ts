/** What a test run starts once and shares is stopped when mocha ends; loaded by .mocharc.json. */

const tasks: (() => Promise<void>)[] = []

/** Runs once after the last test, newest first. */
export function afterEverything(task: () => Promise<void>): void {
  tasks.push(task)
}

const endLimitMs = 20_000

/** Something a test started keeps the process alive: say what, instead of hanging. */
function endHard(): void {
  process.stderr.write(`The tests are over, but this is still open: ${process.getActiveResourcesInfo().join(', ')}. A test does not stop what it started.\n`)
  // Mocha sets the code to its number of failures as its last act; this comes after.
  process.once('exit', () => { process.exitCode = 1 })
  process.exit(1)
}

/** Stops what was started, newest first; throws the first failure once all have been tried. */
export async function endEverything(): Promise<void> {
  const failures: unknown[] = []
  for (const task of tasks.splice(0).reverse()) await task().catch((error: unknown) => failures.push(error))
  setTimeout(endHard, endLimitMs).unref()
  if (failures.length > 0) throw failures[0]
}

export const mochaHooks = {
  async afterAll(this: Mocha.Context): Promise<void> {
    this.timeout(60_000)
    await endEverything()
  },
}
