/** What a schema cannot say of a campaign: effects that are ones, amounts that can be paid, a period that is one. */
import type { TorgError } from '../../errors.ts'
import { emptyPeriod, faultOf, notPositive, repeated, unpayable } from '../checks.ts'
import { Decimal } from '../decimals.ts'
import type { Finding } from '../validation.ts'
import type { Money } from '../values.ts'
import type { Campaign } from './campaign.ts'

/** The first thing that does not hold as an error, with all further ones in `errors`; null where there is none. */
export function checkCampaign(campaign: Campaign): TorgError | null {
  const { condition } = campaign
  return faultOf('validation.schema', [
    ...(condition?.type === 'quantity' ? notPositive('/condition/minimum/value', condition.minimum.value) : []),
    ...(condition?.type === 'spend' ? wrongAmounts('/condition/minimum', condition.minimum) : []),
    ...wrongEffect(campaign),
    ...emptyPeriod(campaign),
  ])
}

function wrongEffect({ effect, articles }: Campaign): Finding[] {
  switch (effect.type) {
    case 'percent': {
      const above = new Decimal(effect.rate).cmp(new Decimal(1)) > 0
      return [...notPositive('/effect/rate', effect.rate), ...(above ? [{ detail: `/effect/rate is ${effect.rate}; at most 1 (100 percent) can be taken off. 20 percent is "0.2".`, pointer: '/effect/rate', value: effect.rate }] : [])]
    }
    case 'fixed': {
      const { off, price } = effect
      const both = (off === undefined) === (price === undefined)
        ? [{ detail: `A fixed effect has either off (what is taken off) or price (what is paid instead), and here are ${off ? 'both' : 'neither'}.`, pointer: '/effect/off', value: off }]
        : []
      return [...both, ...wrongAmounts('/effect/off', off), ...wrongAmounts('/effect/price', price, { orZero: true })]
    }
    case 'buy-x-pay-y':
      return effect.pay < effect.buy ? [] : [{ detail: `/effect/pay is ${effect.pay}, but only ${effect.buy} are bought. Pay for fewer than are bought.`, pointer: '/effect/pay', value: effect.pay }]
    case 'bundle': {
      const units = effect.parts.reduce((sum, part) => sum + part.quantity, 0)
      return [
        ...(units < 2 ? [{ detail: 'A bundle of one unit is a price. Give it two parts, or a part of two.', pointer: '/effect/parts', value: effect.parts }] : []),
        ...(articles ? [{ detail: 'A bundle names its articles in its parts. Leave articles out.', pointer: '/articles', value: articles }] : []),
        ...wrongAmounts('/effect/price', effect.price, { orZero: true }),
      ]
    }
    case 'free-freight': return []
  }
}

/** Each currency once, amounts above 0 (or 0) in the currency's own decimals. */
function wrongAmounts(pointer: string, amounts: readonly Money[] | undefined, options?: { orZero: boolean }): Finding[] {
  return [
    ...repeated(pointer, amounts, 'currency', ({ currency }) => currency),
    ...(amounts ?? []).flatMap((money, index) => [...notPositive(`${pointer}/${index}/amount`, money.amount, options), ...unpayable(`${pointer}/${index}`, money)]),
  ]
}
