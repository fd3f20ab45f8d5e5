/** A file system of its own that can be filled, as large as a test needs: mounted in a temporary folder. */
import { execFileSync } from 'node:child_process'
import { chmod, mkdtemp, open, rm, statfs } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEverything } from '../support/cleanup.ts'

export interface SmallDisk {
  readonly folder: string
  freeBytes(): Promise<number>
  /** Fills it until only so much is free, or nothing. */
  fill(leave?: number): Promise<void>
  /** Frees what filled it. */
  free(): Promise<void>
  unmount(): Promise<void>
}

const megabyte = 1024 ** 2

/** @throws Error with the reason where nothing can be mounted: root may do so, on Linux */
export async function mountSmallDisk(megabytes: number): Promise<SmallDisk> {
  const folder = await mkdtemp(join(tmpdir(), 'torg-small-disk-'))
  // The embedded server runs as another user.
  await chmod(folder, 0o755)
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${megabytes}m,mode=0755`, 'tmpfs', folder], { stdio: 'pipe' })
  } catch (cause) {
    await rm(folder, { recursive: true })
    throw new Error(`A full disk can only be tested on one that can be filled, and none can be mounted here (${String(cause)}). Run this test as root on Linux.`, { cause })
  }
  let mounted = true
  const unmount = async (): Promise<void> => {
    if (!mounted) return
    mounted = false
    execFileSync('umount', ['--lazy', folder])
    await rm(folder, { recursive: true })
  }
  afterEverything(unmount)
  const ballast = join(folder, 'ballast')
  const freeBytes = async (): Promise<number> => {
    const { bavail, bsize } = await statfs(folder)
    return bavail * bsize
  }
  return {
    folder, freeBytes, unmount,
    async fill(leave = 0) {
      const file = await open(ballast, 'a')
      try {
        for (let left = await freeBytes(); left > leave; left = await freeBytes()) await file.write(Buffer.alloc(Math.min(megabyte, left - leave)))
      } catch (error) {
        if (!(error instanceof Error && 'code' in error && error.code === 'ENOSPC')) throw error
      } finally {
        await file.close()
      }
    },
    free: () => rm(ballast, { force: true }),
  }
}
