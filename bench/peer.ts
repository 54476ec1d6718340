import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { ConfigError } from '../errors.js'

/** What a peer reports of itself before its first step. */
export interface PeerGreeting {
  params: number
  version: string
  threads: number
}

/** What is measured of one step. */
export interface PeerStep {
  ms: number
  /** RoIs with an object, which masks were learned from, of a model that has them. */
  positives?: number
  /** The most memory of the process that was resident until now. */
  peakBytes: number
  /** Memory that tensors held at most, on a GPU. */
  allocatedBytes?: number
}

/** Which Python runs a script, and what named it. */
export interface PeerPython {
  python: string | undefined
  /** @default 'PEERS_PYTHON' */
  namedBy?: string
}

/** A Python script of `bench/peers/` that measures one step for each line it is sent. */
export class Peer {
  private constructor(
    readonly greeting: PeerGreeting,
    private readonly launched: LaunchedPeer,
  ) {}

  /**
   * Starts a script with the Python that PEERS_PYTHON names, which needs PyTorch.
   *
   * @returns undefined where PEERS_PYTHON is not set.
   */
  static async start(script: string, spec: object): Promise<Peer | undefined> {
    const launched = LaunchedPeer.launch(script, { python: process.env.PEERS_PYTHON })
    return launched && Peer.begin(launched, spec)
  }

  /** Sends a launched script what to measure. */
  static async begin(launched: LaunchedPeer, spec: object): Promise<Peer> {
    return new Peer(await launched.ask<PeerGreeting>(JSON.stringify(spec)), launched)
  }

  get pid(): number | undefined {
    return this.launched.pid
  }

  /** Lets the script take one step, which it measures itself. */
  step(): Promise<PeerStep> {
    return this.launched.ask<PeerStep>('step')
  }

  stop(): void {
    this.launched.stop()
  }
}

/** A script that imports its libraries and waits for a request of what to measure. */
export class LaunchedPeer {
  private readonly child: ChildProcessWithoutNullStreams
  private readonly answers: AsyncIterator<string>
  private readonly failed: Promise<never>
  /** What the script printed last on standard error. */
  private lastWords = ''

  private constructor(
    path: string,
    python: string,
    private readonly namedBy: string,
  ) {
    this.child = spawn(python, ['-B', path])
    this.answers = createInterface({ input: this.child.stdout })[Symbol.asyncIterator]()
    this.failed = new Promise((_, reject) => {
      this.child.on('error', ({ message }) =>
        reject(this.unusable(`is ${python}, which cannot be started (${message})`)),
      )
    })
    this.failed.catch(() => {}) // whoever calls gets the error
    this.child.stdin.on('error', () => {}) // a script that ended is reported by its missing answer
    createInterface({ input: this.child.stderr }).on('line', (line) => {
      process.stderr.write(`${line}\n`)
      if (line.trim() !== '') this.lastWords = line.trim()
    })
  }

  /** @returns undefined where no Python is named. */
  static launch(
    script: string,
    { python, namedBy = 'PEERS_PYTHON' }: PeerPython,
  ): LaunchedPeer | undefined {
    if (!python) return undefined
    const path = fileURLToPath(new URL(`peers/${script}`, import.meta.url))
    return new LaunchedPeer(path, python, namedBy)
  }

  get pid(): number | undefined {
    return this.child.pid
  }

  /** Sends a line, and reads the one that answers it. */
  async ask<Answer>(line: string): Promise<Answer> {
    this.child.stdin.write(`${line}\n`)
    const { value, done } = await Promise.race([this.answers.next(), this.failed])
    if (!done) return JSON.parse(value) as Answer
    // Its last words may still be on their way
    await new Promise((resolve) => setImmediate(resolve))
    throw this.unusable(`names a Python whose script ended early (${this.lastWords || 'silently'})`)
  }

  stop(): void {
    this.child.stdin.end()
  }

  private unusable(what: string): ConfigError {
    return new ConfigError(this.namedBy, what, 'name a Python that has PyTorch')
  }
}
