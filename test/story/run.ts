/** `npm run story`: tells the story to a person. */
import { endEverything } from '../support/cleanup.ts'
import { story } from './story.ts'
import { openWorld } from './world.ts'

const begun = Date.now()
console.log('The reference retailer starts: the hub with its flows, and stand-ins of webshop, ERP, CRM, store, PoS, PIM and mail gateway.')
const world = await openWorld()
try {
  let scene = ''
  for (const step of story) {
    if (step.scene !== scene) console.log(`\n${scene = step.scene}`)
    const seen = await step.run(world)
    console.log(`  ✓ ${step.title}\n${seen.split('\n').map(line => `      ${line}`).join('\n')}`)
  }
  console.log(`\nThe end, after ${Math.round((Date.now() - begun) / 1000)} s.`)
} catch (error) {
  console.log(`  ✗ ${error instanceof Error ? error.message : String(error)}`)
  process.exitCode = 1
} finally {
  await world.close()
  await endEverything()
}
