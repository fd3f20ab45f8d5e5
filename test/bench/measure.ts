/** What the machine and a process spend. Linux's `/proc`; elsewhere the figures are null. */
import { readdirSync, readFileSync } from 'node:fs'
import { open, rm } from 'node:fs/promises'
import { join } from 'node:path'

const ticksPerSecond = 100

/** CPU seconds of a process since its start, user and system. */
export function cpuSecondsOf(pid: number): number | null {
  const fields = statOf(pid)
  return fields && sumOf(fields.slice(11, 13))
}

/** CPU seconds of a process, of its children, and of those that have ended. */
export function cpuSecondsOfFamily(pid: number): number | null {
  const own = statOf(pid)
  if (!own) return null
  const children = readdirSync('/proc').filter((name) => /^\d+$/.test(name)).map((name) => statOf(Number(name))).filter((fields) => fields?.[1] === String(pid))
  return sumOf(own.slice(11, 15)) + children.reduce((sum, fields) => sum + sumOf(fields?.slice(11, 15) ?? []), 0)
}

/** The fields of `/proc/<pid>/stat` after the name, which may hold blanks: state, parent, ...; the 12th to 15th are times. */
function statOf(pid: number): string[] | null {
  const stat = read(`/proc/${pid}/stat`)
  return stat === null ? null : stat.slice(stat.lastIndexOf(')') + 2).split(' ')
}

const sumOf = (ticks: string[]): number => ticks.reduce((sum, text) => sum + Number(text), 0) / ticksPerSecond

/** Largest resident memory of a process so far, MB. */
export function peakRssMbOf(pid: number): number | null {
  const kb = /^VmHWM:\s*(\d+)/m.exec(read(`/proc/${pid}/status`) ?? '')?.[1]
  return kb === undefined ? null : Math.round(Number(kb) / 1024)
}

/** Median time to write 8 KB and flush it to the disk, milliseconds. Stands beside every figure: all that is durable waits for it. */
export async function flushMsOf(folder: string): Promise<number> {
  const path = join(folder, 'flush-probe')
  const file = await open(path, 'w')
  const page = Buffer.alloc(8192, 1)
  const times: number[] = []
  try {
    for (let round = 0; round < 50; round += 1) {
      const start = performance.now()
      await file.write(page, 0, page.length, 0)
      await file.datasync()
      times.push(performance.now() - start)
    }
  } finally {
    await file.close()
    await rm(path)
  }
  return percentile(times, 0.5)
}

/** The value below which this part of the values lies. */
export function percentile(values: readonly number[], part: number): number {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? Number.NaN
}

function read(path: string): string | null {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return null
  }
}
