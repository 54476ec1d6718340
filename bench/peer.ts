import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { ConfigError } from '../errors.js'

/** What a peer says of itself before its first step. */
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
}

/** A Python script of `bench/peers/` that measures one step for each line it is sent. */
export class Peer {
  private constructor(
    readonly greeting: PeerGreeting,
    private readonly process: ChildProcessWithoutNullStreams,
    private readonly answers: AsyncIterator<string>,
  ) {}

  /**
   * Starts a script with the Python that PEERS_PYTHON names, which needs PyTorch.
   *
   * @returns undefined where PEERS_PYTHON is not set.
   */
  static async start(script: string, spec: object): Promise<Peer | undefined> {
    const python = process.env.PEERS_PYTHON
    if (!python) return undefined
    const path = fileURLToPath(new URL(`peers/${script}`, import.meta.url))
    const child = spawn(python, ['-B', path], {
      stdio: ['pipe', 'pipe', 'inherit'],
    }) as unknown as ChildProcessWithoutNullStreams
    const failed = new Promise<never>((_, reject) => {
      child.on('error', (error) =>
        reject(unusable(`is ${python}, which cannot be started (${error.message})`)),
      )
    })
    const answers = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
    child.stdin.on('error', () => {}) // a script that ended is reported by its missing answer
    child.stdin.write(`${JSON.stringify(spec)}\n`)
    const greeting = await Promise.race([read<PeerGreeting>(answers), failed])
    return new Peer(greeting, child, answers)
  }

  /** Lets the script take one step, which it measures itself. */
  step(): Promise<PeerStep> {
    this.process.stdin.write('step\n')
    return read<PeerStep>(this.answers)
  }

  stop(): void {
    this.process.stdin.end()
  }
}

async function read<Answer>(answers: AsyncIterator<string>): Promise<Answer> {
  const { value, done } = await answers.next()
  if (done) throw unusable('names a Python whose script ended early, as told above')
  return JSON.parse(value) as Answer
}

function unusable(what: string): ConfigError {
  return new ConfigError('PEERS_PYTHON', what, 'name a Python that has PyTorch')
}
