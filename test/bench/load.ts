/**
 * The load generator, a process of its own: posts signed orders over keep-alive connections, as fast as they are acknowledged
 * or at a fixed rate. It writes HTTP to plain sockets, so that it costs the machine as little as possible.
 */
import { connect, type Socket } from 'node:net'
import { signOrder, type SignedOrder } from './orders.ts'

export interface Load { url: string, secret: string, from: number, count: number, connections: number, perSecond?: number }
export interface LoadResult {
  /** When each order was sent, milliseconds since 1970, in the order of their numbers. */
  sentAt: number[]
  /** From the first byte sent to the last acknowledgement. */
  seconds: number
  /** Answers other than 200. */
  refused: number
}

/** One keep-alive connection with one request under way. */
class Connection {
  readonly #socket: Socket
  #answered: ((status: number) => void) | undefined
  #failed: ((error: Error) => void) | undefined
  #text = ''

  constructor(url: URL) {
    this.#socket = connect(Number(url.port), url.hostname).setNoDelay(true)
    this.#socket.on('data', (chunk: Buffer) => { this.#read(chunk.toString('latin1')) })
    this.#socket.on('error', (error) => this.#failed?.(error))
    this.#socket.on('close', () => this.#failed?.(new Error('the connection was closed')))
  }

  post({ head, body }: SignedOrder): Promise<number> {
    return new Promise((resolve, reject) => {
      this.#answered = resolve
      this.#failed = reject
      this.#socket.cork()
      this.#socket.write(head)
      this.#socket.write(body)
      this.#socket.uncork()
    })
  }

  end(): void {
    this.#failed = undefined
    this.#socket.destroy()
  }

  #read(text: string): void {
    this.#text += text
    const end = this.#text.indexOf('\r\n\r\n')
    if (end < 0) return
    const length = Number(/^content-length: *(\d+)/im.exec(this.#text.slice(0, end))?.[1] ?? 0)
    if (this.#text.length < end + 4 + length) return
    const status = Number(this.#text.slice(9, 12))
    this.#text = ''
    this.#answered?.(status)
  }
}

async function post({ url: address, secret, from, count, connections, perSecond }: Load): Promise<LoadResult> {
  const url = new URL(address)
  const orders = Array.from({ length: count }, (_, index) => signOrder(from + index, { url, secret }))
  const open = Array.from({ length: connections }, () => new Connection(url))
  const sentAt: number[] = []
  let next = 0
  let refused = 0
  const start = performance.now()

  const work = async (connection: Connection): Promise<void> => {
    for (let order = orders[next]; order; order = orders[next]) {
      const index = next++
      const wait = perSecond === undefined ? 0 : start + index * 1000 / perSecond - performance.now()
      if (wait > 0) await new Promise((resolve) => setTimeout(resolve, wait))
      sentAt[index] = performance.timeOrigin + performance.now()
      if (await connection.post(order) !== 200) refused += 1
    }
  }
  await Promise.all(open.map(work))
  const seconds = (performance.now() - start) / 1000
  for (const connection of open) connection.end()
  return { sentAt, seconds, refused }
}

process.on('message', (load: Load) => {
  post(load).then((result) => process.send?.(result), (error: unknown) => { console.error(error); process.exit(1) })
})
