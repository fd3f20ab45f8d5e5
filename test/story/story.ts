/** The whole story, in its order. Each step goes on where the last one ended. */
import { assortmentSteps, openingSteps } from './assortment.ts'
import { phoneSteps, privacySteps } from './customer.ts'
import { collectSteps, mailAndProofSteps } from './shopping.ts'
import type { Step } from './step.ts'

export const story: readonly Step[] = [...openingSteps, ...collectSteps, ...phoneSteps, ...assortmentSteps, ...mailAndProofSteps, ...privacySteps]
