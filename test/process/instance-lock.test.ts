import { expect } from 'chai'
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { takeInstanceLock } from '../../runtime/cli/instance-lock.ts'

describe('instance lock', () => {
  let folder: string
  beforeEach(async () => { folder = await mkdtemp(join(tmpdir(), 'torg-test-lock-')) })
  afterEach(async () => { await rm(folder, { recursive: true, force: true }) })

  it('is held by one process, named to the second, and free after release', async () => {
    const release = await takeInstanceLock(folder)
    const refused: unknown = await takeInstanceLock(folder).catch((error: unknown) => error)
    expect(refused).to.have.property('message').that.includes(`process ${process.pid}`)
    await release()
    await (await takeInstanceLock(folder))()
    expect(await readdir(folder)).to.deep.equal([])
  })

  for (const [what, content] of [['of a dead process', '4194303\nsome time\n'], ['of an earlier process with the same number', `${process.pid}\nbefore\n`], ['that is torn', '']] as const) {
    it(`takes over a lock ${what}`, async () => {
      await writeFile(join(folder, 'hub.lock'), content)
      await (await takeInstanceLock(folder))()
      expect(await readdir(folder)).to.deep.equal([])
    })
  }

  it('goes to one of many that find the same stale lock', async () => {
    await writeFile(join(folder, 'hub.lock'), '4194303\nsome time\n')
    const results = await Promise.allSettled(Array.from({ length: 20 }, () => takeInstanceLock(folder)))
    expect(results.filter(({ status }) => status === 'fulfilled')).to.have.length(1)
    expect(await readdir(folder)).to.deep.equal(['hub.lock'])
  })
})
