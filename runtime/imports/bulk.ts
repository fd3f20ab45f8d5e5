/** Takes in files of prices and stock: thousands of lines at a time, of which the next are read while PostgreSQL stores those before. */
import { TorgError } from '../errors.ts'
import type { Bulk, BulkOverlap } from '../store/bulk-types.ts'
import type { SettledLines } from '../store/import-types.ts'
import { createPlanner, inTurns, type Plan, type Saving } from './bulk-plan.ts'
import { refuse } from './lines.ts'
import type { Outcome } from './progress.ts'
import type { Taking, TakingContext } from './receive.ts'
import type { Row } from './row.ts'
import { patiently, saveLine } from './save-line.ts'

const portionSize = 2_500

/** A portion that is being settled. `copied`: whether its rows were added as they are, known at the latest when they are; null where that is not tried before it is the portion's turn. */
interface Settling { copied: Promise<boolean> | null, done: Promise<void> }

export function createBulkTaking({ begun, reader, progress, store, save, receiver, holdMs, isReady }: TakingContext, bulk: Bulk): Taking {
  let planning: Promise<void> = Promise.resolve()
  let settling: Settling = { copied: null, done: Promise.resolve() }
  /** Of the last portion but one. */
  let settlingBefore = settling
  /** Whom those two portions are about; null where that was not noted. */
  let unsettled: readonly (ReadonlySet<string> | null)[] = []
  /** Nobody knew a line of the last portion, so that this is likely a first file: whether lines are known is not asked until PostgreSQL refuses one that is. */
  let isFirst: boolean | undefined

  const planner = createPlanner(begun, reader, bulk)

  const saveAll = (lines: readonly Saving[]): Promise<Outcome[]> => Promise.all(lines.map(({ row, line }) => saveLine(line, row, save)))

  // Which records the lines are about was noted when they were looked for.
  const noteOf = ({ mark, same }: Plan, outcomes: readonly Outcome[], created = 0): SettledLines => ({ ...progress.settling(mark, outcomes, { unchanged: same, created }), present: [] })

  /** Null where PostgreSQL refuses something of it, or may have stored it: what is stored already is unchanged when it is saved. */
  const add = async (planned: Plan, saved: readonly Outcome[], turn: () => Promise<void>): Promise<SettledLines | null> => {
    const { adds, prepared } = planned
    try {
      return await bulk.add(receiver, holdMs, prepared, turn, overlaps => noteOf(planned, [...saved, ...outcomesOf(adds, overlaps)], adds.length - overlaps.length))
    } catch (thrown) {
      if (thrown instanceof TorgError && (thrown.code === 'request.invalid' || thrown.class === 'transient')) return null
      throw thrown
    }
  }

  /** What is saved comes first: it may make room for what is added. */
  const settle = async (planned: Plan): Promise<void> => {
    const { saves, adds } = planned
    await isReady()
    const saved = await saveAll(saves)
    const added = adds.length === 0 ? null : await add(planned, saved, async () => undefined)
    if (added) return progress.settled(added)
    // One of them is not as it should be, or was stored meanwhile: saved one by one, all others come in.
    const others = await saveAll(await inTurns(adds, async row => ({ row, line: await planner.lineOf(row) })))
    const noted = noteOf(planned, [...saved, ...others])
    await patiently(() => store.settleLines(receiver, holdMs, noted))
    progress.settled(noted)
  }

  /**
   * Of a first file the next rows are copied while those before are being settled, so that PostgreSQL never waits for the thread. Where those before cannot be
   * added as they are, these make room, for they may be about the same records, and come after them.
   */
  const settleFirst = async (planned: Plan, before: Settling, decide: (copied: boolean) => void): Promise<void> => {
    const { mark, saves, adds, all } = planned
    if (!before.copied) await before.done
    const added = adds.length === 0 ? null : await add(planned, await saveAll(saves), async () => {
      if (before.copied && !await before.copied) throw new TorgError('hub.unavailable', { detail: `Lines before line ${mark.line} come first.` })
      await isReady()
    })
    if (added) {
      progress.settled(added)
      return decide(true)
    }
    decide(false)
    await before.done
    // One of them is known, or something else is wrong with it. What is refused is refused again.
    if (adds.length === 0) return settle(planned)
    const again = await planner.plan(mark, await planner.guess(all), new Set())
    isFirst = again.isNew
    await settle(again)
  }

  const begin = (planned: Plan, before: Settling): Settling => {
    const { promise: copied, resolve: decide } = Promise.withResolvers<boolean>()
    const settling: Settling = planned.ids === null ? { copied, done: settleFirst(planned, before, decide) } : { copied: null, done: before.done.then(() => settle(planned)) }
    // Told to whoever awaits it.
    settling.done.catch(() => { decide(false) })
    return settling
  }

  return {
    size: portionSize,
    // While one portion is stored and the next one waits for that, a third is read: neither PostgreSQL nor the thread waits for the other. A failure is told by whoever awaits it.
    take: async rows => {
      const mark = progress.mark(rows)
      isFirst ??= await patiently(() => bulk.isNew())
      const guessed = isFirst ? null : await planner.guess(rows)
      await planning
      planning = (async () => {
        const first = isFirst ? await planner.planFirst(mark, rows) : null
        // Whom lines before are about must be known here: where it is not, they are waited for.
        const noted = unsettled.filter(ids => ids !== null)
        if (!first && noted.length < unsettled.length) await settling.done
        const planned = first ?? await planner.plan(mark, guessed ?? await planner.guess(rows), new Set(noted.flatMap(ids => [...ids])))
        isFirst = planned.isNew
        unsettled = [...unsettled.slice(-1), planned.ids]
        const lastButOne = settlingBefore
        settlingBefore = settling
        settling = begin(planned, settlingBefore)
        await lastButOne.done
      })()
      planning.catch(() => undefined)
    },
    end: async () => {
      await planning
      await settling.done
    },
  }
}

/** Of the lines that were not added: why. */
function outcomesOf(adds: readonly Row[], overlaps: readonly BulkOverlap[]): Outcome[] {
  return overlaps.flatMap(({ index, id, error }) => {
    const row = adds[index]
    return row ? { present: [id], refused: refuse(row, error) } : []
  })
}
