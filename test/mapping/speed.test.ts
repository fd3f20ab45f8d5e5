import { measureMappings } from '../bench/mapping.ts'

describe('speed of the mappings', () => {
  it('is told beside the same mappings in JSONata, which must give the same; on a machine under load the figures say little, so they are not asserted', async function () {
    this.timeout(60_000)
    for (const { mapping, rules, compiledMicroseconds, jsonataMicroseconds, ratio } of await measureMappings({ turns: 3, turnMs: 5 })) {
      console.log(`      ${mapping}: ${rules} rules, ${compiledMicroseconds} microseconds, JSONata ${jsonataMicroseconds}, ${ratio} times as long`)
    }
  })
})
