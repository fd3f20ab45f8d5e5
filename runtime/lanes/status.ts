/** What a source node or subscription says about itself in the editor. */
import type { NodeStatus } from '../hub.ts'
import type { StoredError } from '../errors.ts'

interface Counts { running: number, done: number, retrying: number, dead: number, last: StoredError | undefined }

/** At most this often per node; the editor is a screen, not a log. */
const everyMs = 500

/** Collects the ends of runs per node and shows them. */
export function createStatusBoard() {
  const nodes = new Map<string, { counts: Counts, idle: NodeStatus, note?: NodeStatus | undefined, show(status: NodeStatus): void, timer?: NodeJS.Timeout }>()

  const render = ({ running, done, dead, retrying, last }: Counts): NodeStatus => {
    const parts = [running > 0 && `${running} running`, `${done} done`, retrying > 0 && `${retrying} retried`, dead > 0 && `${dead} dead letters`]
    const text = parts.filter(Boolean).join(' · ')
    if (last) return { fill: dead > 0 && last.class === 'permanent' ? 'red' : 'yellow', shape: 'dot', text: `${text}: ${shorten(last.detail)}` }
    return { fill: running > 0 ? 'blue' : 'green', shape: running > 0 ? 'ring' : 'dot', text }
  }

  const change = (id: string, edit: (counts: Counts) => void): void => {
    const node = nodes.get(id)
    if (!node) return
    edit(node.counts)
    node.timer ??= setTimeout(() => {
      delete node.timer
      node.show(node.note ?? render(node.counts))
    }, everyMs).unref()
  }

  return {
    /** @param idle what it says while nothing has run */
    add(id: string, show: (status: NodeStatus) => void, idle = 'waiting') {
      const node = { counts: { running: 0, done: 0, retrying: 0, dead: 0, last: undefined }, idle: { fill: 'grey', shape: 'ring', text: idle } as const, show }
      nodes.set(id, node)
      show(node.idle)
    },
    /** Shown instead of everything else, until it is taken away: why its lane is held back. */
    note(id: string, note: NodeStatus | undefined) {
      const node = nodes.get(id)
      if (!node || (!note && !node.note)) return
      node.note = note && { ...note, text: shorten(note.text ?? '') }
      const { running, done, retrying, dead } = node.counts
      node.show(node.note ?? (running + done + retrying + dead > 0 ? render(node.counts) : node.idle))
    },
    remove(id: string) {
      clearTimeout(nodes.get(id)?.timer)
      nodes.delete(id)
    },
    started: (id: string) => change(id, (counts) => { counts.running += 1 }),
    ended: (id: string, outcome: 'done' | 'retry' | 'dead', error: StoredError | undefined) => change(id, (counts) => {
      counts.running -= 1
      counts[outcome === 'retry' ? 'retrying' : outcome] += 1
      counts.last = outcome === 'done' ? undefined : error
    }),
  }
}

export type StatusBoard = ReturnType<typeof createStatusBoard>

const shorten = (text: string): string => text.length > 80 ? `${text.slice(0, 79)}…` : text
