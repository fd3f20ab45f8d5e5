/** A line on the terminal that shows how far a file is. */
import type { ImportCounts } from '../store/import-types.ts'

const width = 24

/** Shows on a terminal only: elsewhere the end says it all. */
export function createProgress({ size, quiet, out = process.stderr }: { size: number, quiet: boolean, out?: Pick<NodeJS.WriteStream, 'write' | 'isTTY'> }) {
  const shows = out.isTTY && !quiet
  let bytes = 0
  return {
    sent(length: number): void { bytes += length },
    show({ rows, failed, unchanged }: ImportCounts): void {
      if (!shows) return
      const share = size === 0 ? 1 : Math.min(1, bytes / size)
      const filled = Math.round(share * width)
      out.write(`\r[${'#'.repeat(filled)}${'.'.repeat(width - filled)}] ${Math.round(share * 100)} %  ${rows.toLocaleString('en-US')} lines, ${unchanged.toLocaleString('en-US')} unchanged, ${failed.toLocaleString('en-US')} refused `)
    },
    end(): void { if (shows) out.write('\n') },
  }
}
