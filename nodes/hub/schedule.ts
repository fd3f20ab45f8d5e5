/** `hub schedule`: starts a durable run at every due time, once across all processes and over restarts. */
import { setTimeout as sleep } from 'node:timers/promises'
import { TorgError } from '../../runtime/errors.ts'
import type { RegisteredSource, RegisteredSystem } from '../../runtime/hub.ts'
import { defineCustom } from '../../runtime/kit/definition.ts'
import { scheduleHelp } from './help/schedule.ts'
import { checkExpression, checkZone, dueTimes, nextTime, type DueTime, type Schedule } from './schedule-times.ts'

/** Schedules belong to no system; they share a lane. */
const clock: RegisteredSystem = { nodeId: 'hub', key: 'hub', connector: 'hub', label: 'Hub' }

/** A clock may be set while it is waited; so often it is looked at again. Milliseconds. */
const longestWaitMs = 30_000

type Polled = Awaited<ReturnType<NonNullable<RegisteredSource['poll']>['next']>>

/**
 * Waits for the next due time and gives it, as a poll: the time is stored as a message before the cursor moves, and its instant is
 * the event id, so it is there once whoever takes the duty over.
 */
async function awaitTimes(nodeId: string, schedule: Schedule, cursor: unknown, signal: AbortSignal): Promise<Polled> {
  const { expression, zone } = schedule
  const after = readCursor(cursor, schedule)
  // First deployed, or changed: from now on.
  if (after === null) return { items: [], cursor: { expression, zone, after: new Date().toISOString() }, more: false }
  for (;;) {
    const { due, last } = dueTimes(schedule, { after, now: new Date() })
    if (last > after) return { items: due.map((time) => toItem(nodeId, schedule, time)), cursor: { expression, zone, after: last.toISOString() }, more: false }
    const waitMs = nextTime(schedule, after).getTime() - Date.now()
    await sleep(Math.min(longestWaitMs, Math.max(1, waitMs)), undefined, { signal })
  }
}

function readCursor(cursor: unknown, { expression, zone }: Schedule): Date | null {
  if (typeof cursor !== 'object' || cursor === null || !('after' in cursor) || !('expression' in cursor) || !('zone' in cursor)) return null
  return cursor.expression === expression && cursor.zone === zone ? new Date(String(cursor.after)) : null
}

function toItem(nodeId: string, { zone }: Schedule, { at, missed }: DueTime): Polled['items'][number] {
  const instant = at.toISOString()
  const [date, time] = new Intl.DateTimeFormat('sv-SE', { timeZone: zone, dateStyle: 'short', timeStyle: 'short' }).format(at).split(' ')
  return {
    key: nodeId, eventId: instant, topic: 'schedule', sourceTime: instant, contentType: 'application/json',
    body: Buffer.from(JSON.stringify({ at: instant, date, time, timeZone: zone, missed })),
  }
}

export const schedule = defineCustom({
  role: 'custom',
  type: 'hub schedule',
  label: { en: 'hub schedule', nb: 'hub schedule', sv: 'hub schedule' },
  help: scheduleHelp,
  icon: 'schedule.svg',
  fields: {
    cron: {
      type: 'text',
      label: { en: 'Cron', nb: 'Cron', sv: 'Cron' },
      hint: {
        en: 'Minute, hour, day of month, month, day of week. 30 6 * * 1-5 is 06:30 from Monday to Friday.',
        nb: 'Minutt, time, dag i måneden, måned, ukedag. 30 6 * * 1-5 er 06.30 fra mandag til fredag.',
        sv: 'Minut, timme, dag i månaden, månad, veckodag. 30 6 * * 1-5 är 06.30 från måndag till fredag.',
      },
      required: true,
      placeholder: '30 6 * * 1-5',
      check: checkExpression,
    },
    timeZone: {
      type: 'text',
      label: { en: 'Time zone', nb: 'Tidssone', sv: 'Tidszon' },
      required: true,
      default: 'Europe/Oslo',
      check: checkZone,
    },
    missed: {
      type: 'select',
      label: { en: 'Missed times', nb: 'Tapte tidspunkter', sv: 'Missade tider' },
      hint: {
        en: 'Times that passed while no hub was running.',
        nb: 'Tidspunkter som passerte mens ingen hub kjørte.',
        sv: 'Tider som passerade medan ingen hubb kördes.',
      },
      options: [
        { value: 'once', label: { en: 'Run once, for the last of them', nb: 'Kjør én gang, for det siste', sv: 'Kör en gång, för den sista' } },
        { value: 'skip', label: { en: 'Skip them', nb: 'Hopp over dem', sv: 'Hoppa över dem' } },
        { value: 'all', label: { en: 'Run all, up to a number', nb: 'Kjør alle, inntil et antall', sv: 'Kör alla, upp till ett antal' } },
      ],
      default: 'once',
    },
    most: {
      type: 'number',
      label: { en: 'At most', nb: 'Høyst', sv: 'Högst' },
      default: 10,
      min: 1,
      max: 1000,
      when: { field: 'missed', is: ['all'] },
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
  outputs: [{ type: 'any', label: { en: 'due', nb: 'tidspunkt', sv: 'tidpunkt' } }],
  attach({ id, name, config, hub, status }, node) {
    checkExpression(config.cron)
    checkZone(config.timeZone)
    const timed: Schedule = { expression: config.cron, zone: config.timeZone, missed: config.missed, most: config.most }
    const facts = { id, type: 'hub schedule', ...(name !== undefined && { name }) }
    return hub.registerSource({
      nodeId: id, type: facts.type, ...(name !== undefined && { name }),
      system: clock, lane: 'hub.in', limitMs: config.timeLimit * 1000,
      poll: { everyMs: 0, next: (cursor, signal) => awaitTimes(id, timed, cursor, signal) },
      toFlow(message, envelope) {
        try {
          return { payload: JSON.parse(message.body.toString('utf8')), topic: message.topic, torg: envelope }
        } catch (cause) {
          throw new TorgError('message.not-json', { detail: `message ${message.id} of the schedule is not JSON`, node: facts, cause })
        }
      },
      node: { ...facts, send: (msg) => node.send(msg), status },
    })
  },
})
