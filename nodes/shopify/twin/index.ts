import type { Twin, TwinOptions } from '../../../runtime/kit/definition.ts'
export async function startShopifyTwin(options: TwinOptions): Promise<Twin> { throw new Error(`not yet: ${options.system}`) }
