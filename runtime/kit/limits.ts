/** The limits every system has, whatever its connector: fields of its form, and what they mean at run time. */
import type { SystemLimits } from '../hub.ts'
import type { Config, Fields, Text } from './definition.ts'

const text = (en: string, nb: string, sv: string): Text => ({ en, nb, sv })

/** Milliseconds of the periods a rate can be given for. */
const periods: ReadonlyMap<string, number> = new Map([['second', 1_000], ['minute', 60_000], ['hour', 3_600_000]])
const limited = { field: 'limitPer', is: [...periods.keys()] }

export const limitFields = {
  limitRuns: {
    type: 'number', default: 0, min: 0, max: 1_000,
    label: text('Deliveries at once', 'Leveranser samtidig', 'Leveranser samtidigt'),
    hint: text(
      'So many at most are under way to this system, from all processes of the hub. 0: no limit.',
      'Så mange er høyst underveis til dette systemet, fra alle prosessene i huben. 0: ingen grense.',
      'Så många är som mest på väg till det här systemet, från hubbens alla processer. 0: ingen gräns.'),
  },
  limitPer: {
    type: 'select', default: 'none',
    label: text('Rate limit', 'Fartsgrense', 'Hastighetsgräns'),
    options: [
      { value: 'none', label: text('none', 'ingen', 'ingen') },
      { value: 'second', label: text('per second', 'per sekund', 'per sekund') },
      { value: 'minute', label: text('per minute', 'per minutt', 'per minut') },
      { value: 'hour', label: text('per hour', 'per time', 'per timme') },
    ],
    hint: text(
      'Each delivery counts once, a further attempt again. If a delivery makes several requests, set the limit accordingly.',
      'Hver leveranse teller én gang, et nytt forsøk teller igjen. Hvis en leveranse gjør flere forespørsler, sett grensen deretter.',
      'Varje leverans räknas en gång, ett nytt försök räknas igen. Om en leverans gör flera anrop, sätt gränsen därefter.'),
  },
  limitRate: {
    type: 'number', default: 10, min: 1, max: 1_000_000, when: limited,
    label: text('Deliveries in that time', 'Leveranser på den tiden', 'Leveranser på den tiden'),
  },
  limitBurst: {
    type: 'number', default: 0, min: 0, max: 1_000_000, when: limited,
    label: text('Without a pause', 'Uten pause', 'Utan paus'),
    hint: text(
      'So many may follow each other at once after a time of silence. 0: as many as in one second.',
      'Så mange kan følge rett etter hverandre etter en stille stund. 0: like mange som på ett sekund.',
      'Så många får följa direkt på varandra efter en stunds tystnad. 0: lika många som på en sekund.'),
  },
  breakAfter: {
    type: 'number', default: 5, min: 0, max: 1_000,
    label: text('Leave alone after', 'La være i fred etter', 'Lämna i fred efter'),
    hint: text(
      'So many failures in a row of different documents (no connection, no answer, 5xx). Then one of them tries now and then, and everything goes on once it succeeds. 0: never.',
      'Så mange feil på rad med ulike dokumenter (ingen forbindelse, ikke noe svar, 5xx). Deretter prøver ett av dem iblant, og alt fortsetter når det lykkes. 0: aldri.',
      'Så många fel i rad med olika dokument (ingen anslutning, inget svar, 5xx). Sedan försöker ett av dem då och då, och allt fortsätter när det lyckas. 0: aldrig.'),
  },
} as const satisfies Fields

export const isLimitField = (name: string): boolean => Object.hasOwn(limitFields, name)

/** What the limits of a system's configuration come to. */
export function limitsOf(config: Config<Fields>): SystemLimits {
  const number = (field: keyof typeof limitFields): number => Number(config[field])
  const periodMs = periods.get(String(config['limitPer']))
  const [runs, rate, burst] = [number('limitRuns'), number('limitRate'), number('limitBurst')]
  return {
    ...(runs > 0 && { concurrency: runs }),
    ...(periodMs !== undefined && { rate: { tokenMs: periodMs / rate, burst: burst > 0 ? burst : Math.max(1, Math.floor(rate * 1_000 / periodMs)) } }),
    breakAfter: number('breakAfter'),
  }
}
