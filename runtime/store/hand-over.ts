/**
 * Hand-over: a key that had nothing to do is leased for this process by the very statement that stores its work, so that it is worked
 * on from memory: no claim, no reading back, no hint. Only a row of `work` that this statement inserts is leased; a row that
 * was there means that somebody holds the key or that work waits before this.
 */
import pg from 'pg'
import { isUnreachable } from './db.ts'
import { isActive } from './deployments.ts'
import { isFree } from './lanes.ts'
import type { DeliveryClaim, LaneName, MessageClaim, Reservation, Taker } from './types.ts'

/** A key that got a lease, see {@link leasedKeys}. */
export type LeasedKey = [lane: LaneName, key: string, epoch: string]

/**
 * CTEs that make keys due and lease those that are fresh, as many per lane as are offered; {@link leasedKeys} tells which.
 *
 * @param keys a query of distinct `lane`, `key`
 * @param first number of the first of five parameters, see {@link Offers.columns}
 * @param dueAt of a row that was there; it is written in any case, which locks the row
 */
export const insertWork = ({ keys, first, dueAt }: { keys: string, first: number, dueAt: string }): string => `
leasing as materialized (
  select k.lane, k.key, o.lease_ms, case when k.place <= o.places then nextval('torg.epoch') end as epoch
  from (select lane, key, row_number() over (partition by lane order by key) as place from (${keys}) as given_keys) k
  left join (
    select * from unnest($${first}::text[], $${first + 1}::int[], $${first + 2}::bigint[]) as g (lane, places, lease_ms) where ${isActive(`$${first + 4}`)} and ${isFree('g.lane')}
  ) o on o.lane = k.lane
), woken as (
  insert into torg.work as w (lane, key, due_at, owner, epoch)
  select lane, key, now() + case when epoch is null then 0 else lease_ms end * interval '1 millisecond', case when epoch is not null then $${first + 3} end, epoch
  from leasing order by lane, key
  on conflict (lane, key) do update set due_at = ${dueAt}
  returning lane, key, epoch
)`

/**
 * What of `woken` is ours, as one value of JSON: rows cost the client more than the server. Not found by a join: with the ways of
 * planning that are left, that one compares all with all.
 */
export const leasedKeys = `(
  select coalesce(json_agg(json_build_array(lane, key, epoch::text)) filter (where epoch in (select l.epoch from leasing l where l.epoch is not null)), '[]') from woken
)`

/** Places kept for the keys of one transaction. Ended exactly once, in one of three ways. */
export interface Offers {
  readonly owner: string
  /** Keeps places; answers the parameters of {@link insertWork}: lanes, places, lease times in milliseconds, owner, deployment. */
  columns(lanes: Iterable<LaneName>): unknown[]
  /** Committed: hands the claims over. Every leased key must be among them. */
  end(claims: readonly (MessageClaim | DeliveryClaim)[]): void
  /** Not committed, or that is not known. */
  failed(error: unknown): void
}

function createOffers(taker: Taker | undefined): Offers {
  const reservations = new Map<LaneName, Reservation>()
  const owner = taker?.owner ?? ''
  return {
    owner,
    columns(lanes) {
      for (const [lane, { length }] of Map.groupBy(lanes, lane => lane)) {
        const reservation = taker?.reserve(lane, length)
        if (reservation) reservations.set(lane, reservation)
      }
      const given = [...reservations.values()]
      return [[...reservations.keys()], given.map(({ places }) => places), given.map(({ leaseMs }) => leaseMs), owner, taker?.deployment ?? 0]
    },
    end(claims) {
      const byLane = Map.groupBy(claims, ({ lease }) => lease.lane)
      for (const [lane, reservation] of reservations) reservation.end(byLane.get(lane) ?? [])
    },
    failed(error) {
      const refused = error instanceof pg.DatabaseError && !isUnreachable(error)
      const answer = refused ? [] : 'unknown'
      for (const reservation of reservations.values()) reservation.end(answer)
    },
  }
}

/** Runs a write with its offers: hands over what it leased, or takes the offers back. */
export async function handingOver<Result>(taker: Taker | undefined, write: (offers: Offers) => Promise<{ result: Result, claims: (MessageClaim | DeliveryClaim)[] }>): Promise<Result> {
  const offers = createOffers(taker)
  let done: { result: Result, claims: (MessageClaim | DeliveryClaim)[] }
  try {
    done = await write(offers)
  } catch (error) {
    offers.failed(error)
    throw error
  }
  offers.end(done.claims)
  return done.result
}
