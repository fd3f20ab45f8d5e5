/**
 * Places where the tests have the process die: `TORG_FAIL_AT=record-saved` ends it with SIGKILL the first time it gets there,
 * `TORG_FAIL_AT=record-saved:3` the third time. Otherwise a point is a call of an empty function.
 */

/** Each stands between two things of which one is done and the other is not. */
export const failPoints = [
  /** A message is committed; its sender has no answer. */
  'message-stored',
  /** Keys are leased; none of their runs has started. */
  'keys-leased',
  /** A record and its deliveries are committed; no lane was hinted. */
  'record-saved',
  /** The run of a message has ended; its end is not written. */
  'message-run',
  /** The end of a message is committed; nobody here has heard of it. */
  'message-settled',
  /** A system has taken a delivery with 2xx; it is not acknowledged. */
  'delivery-sent',
  /** A delivery is acknowledged and committed; nobody here has heard of it. */
  'delivery-settled',
  /** The runs of the old flows have ended; the new ones are not stored. */
  'deploy-drained',
  /** The new flows are stored; the old nodes are still there. */
  'deploy-stored',
] as const

export type FailPoint = typeof failPoints[number]

/** Passes a point, or ends the process there. */
export const failAt: (point: FailPoint) => void = createFailAt(process.env['TORG_FAIL_AT'], () => { process.kill(process.pid, 'SIGKILL') })

/** @throws where the setting names no point, so that a test with a misspelt name does not pass. */
export function createFailAt(setting: string | undefined, die: () => void): (point: FailPoint) => void {
  if (!setting) return () => undefined
  const [name = '', count = '1'] = setting.split(':')
  if (!failPoints.some((point) => point === name) || !/^[1-9]\d*$/.test(count)) throw new Error(`TORG_FAIL_AT is "${setting}", but must be one of ${failPoints.join(', ')}, with ":<n>" for the n-th time.`)
  let left = Number(count)
  return (point) => {
    if (point === name && --left === 0) die()
  }
}
