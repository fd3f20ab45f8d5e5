/** What a test run starts once and shares is stopped when mocha ends; loaded by .mocharc.json. */

const tasks: (() => Promise<void>)[] = []

/** Runs once after the last test, newest first. */
export function afterEverything(task: () => Promise<void>): void {
  tasks.push(task)
}

export const mochaHooks = {
  async afterAll(this: Mocha.Context): Promise<void> {
    this.timeout(60_000)
    for (const task of tasks.splice(0).reverse()) await task()
  },
}
