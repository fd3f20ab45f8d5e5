/** The one registry of steps. A new step is an entry in one of these files; documentation and editor follow. */
import type { AnyStep } from '../step.ts'
import { codeSteps } from './codes.ts'
import { listSteps } from './lists.ts'
import { numberSteps } from './numbers.ts'
import { textSteps } from './texts.ts'
import { timeSteps } from './times.ts'

/** All steps by name, in the order of the documentation. */
export const steps: ReadonlyMap<string, AnyStep> = new Map([...listSteps, ...textSteps, ...numberSteps, ...timeSteps, ...codeSteps].map(step => [step.name, step]))
