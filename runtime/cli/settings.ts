import { settingsTable } from '../settings.ts'
import { print } from './usage.ts'

/** `torg settings`: the table of README.md. */
export async function run(): Promise<number> {
  print(settingsTable())
  return 0
}
