import { openWorld, type World } from './world.ts'
import { story } from './story.ts'

describe('the story of the reference retailer', function () {
  this.timeout(120_000)
  let world: World
  before(async () => { world = await openWorld() })
  after(() => world.close())
  // A step goes on where the last one ended.
  this.bail(true)

  for (const step of story) it(`${step.scene}: ${step.title}`, async () => { await step.run(world) })
})
