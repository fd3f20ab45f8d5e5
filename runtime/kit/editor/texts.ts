/** Texts of the kit and of a connector, in the language of the editor. */
import type { Fault } from '../faults.ts'

const kitNamespace = 'torg-nodes/kit:'

/** A text of the kit's own catalogue. */
export function kitText(key: string, options?: Record<string, unknown>): string {
  return RED._(kitNamespace + key, options)
}

/** What is wrong, as a sentence. */
export function faultText(fault: Fault): string {
  return kitText(`faults.${fault.name}`, { ...fault })
}
