/** Bulk answers: what a system says of each item of a batch. */
import { TorgError } from '../../runtime/errors.ts'
import type { Config } from '../../runtime/kit/definition.ts'
import { pointerOf, readPath, scalarText } from './paths.ts'

const ifResults = { field: 'itemResults', is: ['true'] } as const

export const itemFields = {
  itemResults: {
    type: 'boolean',
    label: { en: 'The answer tells of each item', nb: 'Svaret forteller om hvert element', sv: 'Svaret berättar om varje element' },
    hint: { en: 'In batches: those that were taken are done, the others fail by themselves. Otherwise all end as the request does.', nb: 'I bunter: de som ble tatt imot, er ferdige, de andre feiler hver for seg. Ellers ender alle slik forespørselen gjør.', sv: 'I buntar: de som togs emot är klara, de andra misslyckas var för sig. Annars slutar alla som anropet gör.' },
    default: false,
  },
  itemList: {
    type: 'text',
    label: { en: 'List of results', nb: 'Liste med resultater', sv: 'Lista med resultat' },
    hint: { en: 'Where it stands in the answer. Empty: the answer is the list.', nb: 'Hvor den står i svaret. Tomt: svaret er listen.', sv: 'Var den står i svaret. Tomt: svaret är listan.' },
    placeholder: 'results',
    when: ifResults,
  },
  itemKey: {
    type: 'text',
    label: { en: 'Belongs to the item by', nb: 'Hører til elementet ved', sv: 'Hör till elementet genom' },
    hint: { en: 'A field with the same value in the item and in its result. Empty: by order.', nb: 'Et felt med samme verdi i elementet og i resultatet. Tomt: etter rekkefølge.', sv: 'Ett fält med samma värde i elementet och i resultatet. Tomt: efter ordning.' },
    placeholder: 'number',
    when: ifResults,
  },
  itemStatus: {
    type: 'text',
    label: { en: 'Status of the item', nb: 'Status for elementet', sv: 'Status för elementet' },
    hint: { en: 'An HTTP status, true or false, or a word. Empty: what has no error was taken.', nb: 'En HTTP-status, true eller false, eller et ord. Tomt: det som ikke har feil, ble tatt imot.', sv: 'En HTTP-status, true eller false, eller ett ord. Tomt: det som saknar fel togs emot.' },
    placeholder: 'status',
    when: ifResults,
  },
  itemDone: {
    type: 'text',
    label: { en: 'Words for taken', nb: 'Ord for tatt imot', sv: 'Ord för mottaget' },
    default: 'ok, success, succeeded, created, updated, unchanged, accepted, done',
    when: ifResults,
  },
  itemAgain: {
    type: 'text',
    label: { en: 'Words for later', nb: 'Ord for senere', sv: 'Ord för senare' },
    hint: { en: 'Tried again by the hub. Every other word is a refusal.', nb: 'Huben prøver igjen. Alle andre ord er avslag.', sv: 'Hubben försöker igen. Alla andra ord är avslag.' },
    default: 'busy, locked, throttled, timeout, unavailable, retry',
    when: ifResults,
  },
  itemError: { type: 'text', label: { en: 'Error of the item', nb: 'Feil for elementet', sv: 'Fel för elementet' }, default: 'error', when: ifResults },
  itemField: {
    type: 'text',
    label: { en: 'Field at fault', nb: 'Felt med feil', sv: 'Fält med fel' },
    hint: { en: 'Where the result names the field that is wrong; the dead letter then points at it.', nb: 'Hvor resultatet navngir feltet som er feil; da peker dead letter på det.', sv: 'Var resultatet namnger fältet som är fel; då pekar dead letter på det.' },
    placeholder: 'field',
    when: ifResults,
  },
} as const

type ItemConfig = Pick<Config<typeof itemFields>, Exclude<keyof typeof itemFields, 'itemResults'>>

/** What the system says of one item. */
export interface ItemResult { result: unknown, error: TorgError | null }

export interface ItemResultsOptions {
  config: ItemConfig
  /** Key of the system, for messages. */
  system: string
  /** What was sent, element by element. */
  sent: readonly unknown[]
  /** What is to be removed and is not there is removed. */
  removing: boolean
}

/**
 * What the answer says of each item that was sent; undefined where it says nothing of one. Null: the answer has no such list.
 * @throws TorgError `system.refused` where the results cannot be told apart
 */
export function readItemResults(answer: unknown, { config, system, sent, removing }: ItemResultsOptions): (ItemResult | undefined)[] | null {
  const list = readPath(answer, config.itemList)
  if (!Array.isArray(list)) return null
  const resultOf = matcher(list, { config, system, sent })
  return sent.map((element, index) => {
    const result = resultOf(element, index)
    return result === undefined ? undefined : { result, error: faultOf(result, { config, system, element, removing }) }
  })
}

function matcher(list: unknown[], { config: { itemKey, itemList }, system, sent }: Pick<ItemResultsOptions, 'config' | 'system' | 'sent'>): (element: unknown, index: number) => unknown {
  if (itemKey) {
    const byKey = new Map(list.map((result) => [scalarText(readPath(result, itemKey)), result]))
    return (element) => {
      const key = scalarText(readPath(element, itemKey))
      return key === null ? undefined : byKey.get(key)
    }
  }
  if (list.length !== sent.length) {
    throw new TorgError('system.refused', {
      detail: `${system} answered ${list.length} results${itemList ? ` at ${itemList}` : ''} for ${sent.length} items, so it is not known which belongs to which`,
      next: 'Name on the node the field by which a result belongs to its item, deploy, and run it again.',
    })
  }
  return (_element, index) => list[index]
}

type Verdict = 'taken' | 'system.refused' | 'system.unavailable' | 'system.throttled' | 'system.conflict' | 'system.credentials'

function faultOf(result: unknown, { config, system, element, removing }: { config: ItemConfig, system: string, element: unknown, removing: boolean }): TorgError | null {
  const said = readPath(result, config.itemError)
  const status = config.itemStatus ? readPath(result, config.itemStatus) : undefined
  const verdict = status === undefined || status === null ? (isEmpty(said) ? 'taken' : 'system.refused') : judge(status, config, removing)
  if (verdict === 'taken') return null
  const field = config.itemField ? scalarText(readPath(result, config.itemField)) : null
  const text = isEmpty(said) ? `status ${scalarText(status) ?? JSON.stringify(status)}` : scalarText(said) ?? scalarText(readPath(said, 'message')) ?? JSON.stringify(said)
  return new TorgError(verdict, {
    detail: `${system} did not take the item: ${text.slice(0, 300)}`,
    ...(field !== null && { pointer: pointerOf(field), value: readPath(element, field) }),
  })
}

function judge(status: unknown, { itemDone, itemAgain }: ItemConfig, removing: boolean): Verdict {
  if (typeof status === 'boolean') return status ? 'taken' : 'system.refused'
  const text = (scalarText(status) ?? '').trim().toLowerCase()
  if (/^[1-5]\d\d$/.test(text)) {
    const code = Number(text)
    if (code < 300 || (removing && (code === 404 || code === 410))) return 'taken'
    if (code === 429) return 'system.throttled'
    if (code === 409) return 'system.conflict'
    return code === 401 || code === 403 ? 'system.credentials' : code === 408 || code === 425 || code >= 500 ? 'system.unavailable' : 'system.refused'
  }
  return wordsOf(itemDone).has(text) ? 'taken' : wordsOf(itemAgain).has(text) ? 'system.unavailable' : 'system.refused'
}

const wordsOf = (list: string): Set<string> => new Set(list.split(',').map((word) => word.trim().toLowerCase()))

const isEmpty = (value: unknown): boolean => value === undefined || value === null || value === '' || value === false || (Array.isArray(value) && value.length === 0)
