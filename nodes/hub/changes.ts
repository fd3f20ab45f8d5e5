/** `hub changes`: where a durable run starts that brings a record's newest version to one system. */
import { TorgError } from '../../runtime/errors.ts'
import { defineCustom, type Envelope, type FlowMessage } from '../../runtime/kit/definition.ts'
import type { Hub } from '../../runtime/hub.ts'
import { kindOf, kinds, needsListing, toEntity } from '../../runtime/model/index.ts'
import type { Delivery } from '../../runtime/store/types.ts'
import { compileFilter, filterSchema } from './filter.ts'
import { changesHelp } from './help/changes.ts'

/** Asked for each run: the role table may have changed since this node was made. */
type FindReader = () => ReturnType<Hub['readerOf']>

const entityOf = ({ record }: Delivery, reader: ReturnType<FindReader>): Record<string, unknown> => {
  const entity = toEntity(record)
  return reader ? reader(entity) : entity
}

function toFlow(delivery: Delivery, envelope: Envelope, reader: FindReader): FlowMessage {
  return { payload: entityOf(delivery, reader()), topic: `${delivery.kind}/${delivery.operation}`, torg: envelope }
}

function toBatchFlow(deliveries: readonly Delivery[], envelope: Envelope, findReader: FindReader): FlowMessage {
  const [first] = deliveries
  const reader = findReader()
  return { payload: deliveries.map(delivery => entityOf(delivery, reader)), topic: `${first?.kind}/${first?.operation}`, torg: envelope }
}

/** Kinds that tell of articles. */
const listedKinds = [...kinds.values()].flatMap(kind => needsListing(kind, {}) ? kind.name : [])

export const changes = defineCustom({
  role: 'custom',
  type: 'hub changes',
  label: { en: 'hub changes', nb: 'hub changes', sv: 'hub changes' },
  help: changesHelp,
  icon: 'changes.svg',
  fields: {
    kind: {
      type: 'kind',
      label: { en: 'Kind', nb: 'Type', sv: 'Typ' },
      required: true,
    },
    system: {
      type: 'system',
      label: { en: 'Feeds', nb: 'Leverer til', sv: 'Levererar till' },
      hint: {
        en: 'The system this flow writes to. What came from that system itself is not sent back to it.',
        nb: 'Systemet denne flyten skriver til. Det som kom fra systemet selv, sendes ikke tilbake dit.',
        sv: 'Systemet som flödet skriver till. Det som kom från systemet självt skickas inte tillbaka dit.',
      },
      required: true,
    },
    mode: {
      type: 'select',
      label: { en: 'Mode', nb: 'Modus', sv: 'Läge' },
      options: [
        { value: 'live', label: { en: 'Live: deliver', nb: 'Aktiv: lever', sv: 'Aktiv: leverera' } },
        { value: 'held', label: { en: 'Held: collect, deliver nothing', nb: 'Holdt: samle opp, lever ingenting', sv: 'Pausad: samla, leverera inget' } },
        { value: 'adopt', label: { en: 'Adopt: the system has it all already', nb: 'Overta: systemet har alt fra før', sv: 'Ta över: systemet har redan allt' } },
      ],
      default: 'live',
    },
    filter: {
      type: 'json',
      label: { en: 'Filter', nb: 'Filter', sv: 'Filter' },
      hint: {
        en: 'Only records that fit. One that no longer fits leaves through the second output.',
        nb: 'Bare poster som passer. En post som ikke lenger passer, går ut gjennom den andre utgangen.',
        sv: 'Bara poster som passar. En post som inte längre passar går ut genom den andra utgången.',
      },
      default: { match: 'all', rules: [] },
      schema: filterSchema,
      check: (value) => { compileFilter(value) },
      editor: 'filter',
    },
    effect: {
      type: 'select',
      label: { en: 'Period', nb: 'Periode', sv: 'Period' },
      hint: {
        en: 'In effect now: delivered at its begin, to be removed at its end. Choose all for systems that plan ahead by themselves.',
        nb: 'Gjelder nå: leveres når den begynner, fjernes når den slutter. Velg alle for systemer som planlegger fram i tid selv.',
        sv: 'Gäller nu: levereras när den börjar, tas bort när den slutar. Välj alla för system som själva planerar framåt.',
      },
      options: [
        { value: 'now', label: { en: 'Only what is in effect now', nb: 'Bare det som gjelder nå', sv: 'Bara det som gäller nu' } },
        { value: 'all', label: { en: 'All, also future and past', nb: 'Alle, også fremtidige og utløpte', sv: 'Alla, även framtida och utgångna' } },
      ],
      default: 'now',
      when: { field: 'kind', is: [...kinds.values()].flatMap(({ name, hasPeriod }) => hasPeriod ? [name] : []) },
    },
    listed: {
      type: 'select',
      label: { en: 'Listed', nb: 'I sortimentet', sv: 'I sortimentet' },
      hint: {
        en: 'Only articles that a listing in effect offers there. They are delivered when their listing begins, and leave through the second output when it ends.',
        nb: 'Bare varer som en gjeldende sortimentslinje tilbyr der. De leveres når linjen begynner, og går ut gjennom den andre utgangen når den slutter.',
        sv: 'Bara artiklar som en gällande sortimentsrad erbjuder där. De levereras när raden börjar och går ut genom den andra utgången när den slutar.',
      },
      options: [
        { value: 'any', label: { en: 'Does not matter', nb: 'Spiller ingen rolle', sv: 'Spelar ingen roll' } },
        { value: 'channel', label: { en: 'In a channel', nb: 'I en kanal', sv: 'I en kanal' } },
        { value: 'store', label: { en: 'In a store', nb: 'I en butikk', sv: 'I en butik' } },
        { value: 'market', label: { en: 'In a market', nb: 'I et marked', sv: 'På en marknad' } },
      ],
      default: 'any',
      when: { field: 'kind', is: listedKinds },
    },
    place: {
      type: 'text',
      label: { en: 'Its code', nb: 'Koden', sv: 'Koden' },
      hint: {
        en: 'As listings name it: webshop-no.',
        nb: 'Slik sortimentslinjene skriver den: webshop-no.',
        sv: 'Så som sortimentsraderna skriver den: webshop-no.',
      },
      required: true,
      when: { field: 'listed', is: ['channel', 'store', 'market'] },
    },
    market: {
      type: 'text',
      label: { en: 'Of the market', nb: 'I markedet', sv: 'På marknaden' },
      hint: {
        en: 'Where no listing names the channel or store itself, listings for this market count.',
        nb: 'Der ingen sortimentslinje nevner kanalen eller butikken selv, gjelder linjene for dette markedet.',
        sv: 'Där ingen sortimentsrad nämner kanalen eller butiken själv gäller raderna för denna marknad.',
      },
      when: { field: 'listed', is: ['channel', 'store'] },
    },
    batch: {
      type: 'number',
      label: { en: 'Batch', nb: 'Bunt', sv: 'Bunt' },
      hint: {
        en: 'More than 1: up to so many records in one run, for endpoints that take many at once. The payload is then a list.',
        nb: 'Mer enn 1: opptil så mange poster i én kjøring, for endepunkter som tar imot mange om gangen. Payload er da en liste.',
        sv: 'Mer än 1: upp till så många poster i en körning, för endpoints som tar emot många åt gången. Payload är då en lista.',
      },
      default: 1,
      min: 1,
      max: 500,
    },
    timeLimit: {
      type: 'number',
      label: { en: 'Time limit', nb: 'Tidsgrense', sv: 'Tidsgräns' },
      hint: {
        en: 'A run that takes longer fails, naming the node that has not completed, and is tried again.',
        nb: 'En kjøring som varer lenger enn dette, avbrytes med en feil som nevner noden som ikke er ferdig, og prøves igjen.',
        sv: 'En körning som varar längre än så avbryts med ett fel som nämner noden som inte är klar, och körs om.',
      },
      default: 60,
      min: 1,
      max: 3600,
      unit: 's',
    },
  },
  inputs: [],
  outputs: [
    { type: 'config:kind', batch: 'batch', label: { en: 'new or changed', nb: 'ny eller endret', sv: 'ny eller ändrad' } },
    { type: 'config:kind', batch: 'batch', label: { en: 'to be removed', nb: 'skal fjernes', sv: 'ska tas bort' } },
  ],
  attach({ id, name, config, hub, status }, node) {
    const { kind } = config
    const system = hub.findSystem(config.system)
    if (!system) throw new TorgError('system.unknown', { detail: config.system ? `hub changes feeds the system "${config.system}", which is not deployed` : 'hub changes has no system to feed', pointer: '/system' })
    if (!kind) throw new TorgError('flow.invalid', { detail: 'hub changes has no kind', pointer: '/kind' })
    const fits = compileFilter(config.filter)
    const { inEffect } = kindOf(kind)
    const { listed, place, market } = config
    const needs = listed === 'any' || !listedKinds.includes(kind) ? null : needsListing(kindOf(kind), { ...(market && { market }), [listed]: place })
    const reader: FindReader = () => hub.readerOf(kind, system.key)
    return hub.registerSubscription({
      nodeId: id,
      ...(name !== undefined && { name }),
      kind,
      system,
      lane: `${system.key}.out`,
      limitMs: config.timeLimit * 1000,
      mode: config.mode,
      ...(needs && { needs }),
      matches: config.effect === 'now' ? (document, at) => inEffect(document, at) && fits(document) : fits,
      toFlow: (delivery, envelope) => toFlow(delivery, envelope, reader),
      ...(config.batch >= 2 && { batch: { size: Math.floor(config.batch), toFlow: (deliveries, envelope) => toBatchFlow(deliveries, envelope, reader) } }),
      node: {
        id,
        type: 'hub changes',
        ...(name !== undefined && { name }),
        send: (msg) => node.send((msg.torg?.delivery ?? msg.torg?.batch?.items[0])?.operation === 'remove' ? [null, msg] : [msg, null]),
        status,
      },
    })
  },
})
