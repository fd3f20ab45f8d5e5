import type { Twin, TwinOptions } from '../../../runtime/kit/definition.ts'
export async function startRestTwin(options: TwinOptions): Promise<Twin> { throw new Error(`not yet: ${options.system}`) }
