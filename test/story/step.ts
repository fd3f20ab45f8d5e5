import type { World } from './world.ts'

/** One thing that happens in the story. */
export interface Step {
  /** Whose scene it is. */
  scene: string
  /** What happens, one line. */
  title: string
  /** Makes it happen, waits for what has to follow, and says what was seen. Throws with what was expected. */
  run(world: World): Promise<string>
}
