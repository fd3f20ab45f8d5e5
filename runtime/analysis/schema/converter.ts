/** The step of a mapping that makes a value fit. */
import type { Step } from '../../mapping/format.ts'
import type { Misfit } from './fit.ts'

/** A step, complete where it needs nothing that only a person can say. */
export interface Converter { step: Step, complete: boolean }

/** For value types of the model: what makes one of anything that can be written as text. */
const makers: Readonly<Record<string, Converter>> = {
  Money: { step: { name: 'money', currency: { path: 'currency' } }, complete: false }, NetMoney: { step: { name: 'money', currency: { path: 'currency' } }, complete: false },
  GrossMoney: { step: { name: 'money', currency: { path: 'currency' } }, complete: false }, TaxMoney: { step: { name: 'money', currency: { path: 'currency' } }, complete: false },
  Quantity: { step: { name: 'quantity' }, complete: true }, Amount: { step: { name: 'decimal' }, complete: true }, Decimal: { step: { name: 'decimal' }, complete: true }, Rate: { step: { name: 'decimal' }, complete: true },
  Instant: { step: { name: 'instant' }, complete: true }, BusinessDate: { step: { name: 'date' }, complete: true }, Country: { step: { name: 'country' }, complete: true },
  Phone: { step: { name: 'phone' }, complete: true }, Email: { step: { name: 'email' }, complete: true }, Gtin: { step: { name: 'gtin' }, complete: true }, Unit: { step: { name: 'unit' }, complete: true },
}

/** Undefined where no single step does it. */
export function converterFor({ reason, source, target }: Misfit): Converter | undefined {
  const { meaning } = target.traits
  const maker = meaning === undefined ? undefined : makers[meaning]
  switch (reason) {
    case 'unit': return { step: target.traits.unit === 'minor' ? { name: 'minor', currency: { path: 'currency' } } : { name: 'money', currency: { path: 'currency' }, minor: true }, complete: false }
    case 'tax': return { step: { name: 'totals', tax: { path: 'tax' }, included: source.traits.tax === 'gross', currency: { path: 'currency' } }, complete: false }
    case 'value': return target.values ? { step: { name: 'lookup', values: {} }, complete: false } : maker
    case 'meaning':
      if (meaning === 'BusinessDate' && isMoment(source.traits.meaning)) return { step: { name: 'business-date', zone: 'Europe/Oslo' }, complete: false }
      if (meaning === 'Instant' && source.traits.meaning === 'BusinessDate') return { step: { name: 'instant', zone: 'Europe/Oslo' }, complete: false }
      return meaning === 'Gtin' && source.traits.meaning === 'Sku' ? maker : undefined
    case 'type':
    case 'partly': return byForm({ source, target }, maker)
    default: return undefined
  }
}

const isMoment = (meaning: string | undefined): boolean => meaning === 'Instant' || meaning === 'DateTime'

function byForm({ source, target }: Pick<Misfit, 'source' | 'target'>, maker: Converter | undefined): Converter | undefined {
  if (isMoment(source.traits.meaning) && maker?.step.name === 'instant') return maker
  if (source.isOnly('array')) return target.isOnly('string') && source.element()?.isOnly('string') === true && maker === undefined && target.values === undefined ? { step: { name: 'join' }, complete: true } : target.isOnly('array') ? undefined : { step: { name: 'first' }, complete: true }
  if (target.isOnly('array')) return source.isOnly('string') ? { step: { name: 'split' }, complete: true } : undefined
  if (source.types?.has('object') === true) return undefined
  if (source.traits.unit === 'minor' && maker?.step.name === 'money') return { step: { ...maker.step, minor: true }, complete: false }
  if (maker) return maker
  if (target.values) return target.isOnly('boolean') ? { step: { name: 'boolean' }, complete: true } : { step: { name: 'lookup', values: {} }, complete: false }
  if (target.isOnly('string')) return { step: { name: 'text' }, complete: true }
  if (target.isOnly('number', 'integer')) return target.traits.unit === 'minor' ? { step: { name: 'minor', currency: { path: 'currency' } }, complete: false } : source.isOnly('string') ? { step: { name: 'number' }, complete: true } : undefined
  return target.isOnly('boolean') ? { step: { name: 'boolean' }, complete: true } : undefined
}
