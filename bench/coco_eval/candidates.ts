import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { build } from 'esbuild'
import type { ResultKind } from '../coco_generator/results_file.js'

export const PHASES = ['load', 'loadRes', 'evaluate', 'accumulate', 'summarize', 'total'] as const
export type Phase = (typeof PHASES)[number]

/** What one process reports of one evaluation. */
export interface Measurement {
  /** The floor has only those of reading. */
  seconds: Partial<Record<Phase, number>>
  peakBytes: number
  stats?: number[]
}

/** One way to evaluate; each call is a process of its own. */
export interface Candidate {
  name: string
  measure(annotations: string, results: string, kind: ResultKind): Promise<Measurement>
}

const PEER = fileURLToPath(new URL('../peers/coco_eval.py', import.meta.url))
const execute = promisify(execFile)

/**
 * A script of this folder, with our package compiled into it, in plain Node. @param folder takes
 * what is compiled.
 */
export async function nodeCandidate(
  name: string,
  script: 'measure_ours' | 'measure_floor',
  folder: string,
): Promise<Candidate> {
  const outfile = join(folder, `${script}.mjs`)
  await build({
    entryPoints: [fileURLToPath(new URL(`${script}.ts`, import.meta.url))],
    outfile,
    bundle: true,
    platform: 'node',
    target: 'node20',
    format: 'esm',
    logLevel: 'error',
  })
  return {
    name,
    measure: async (...args) => JSON.parse(await outputOf(process.execPath, [outfile, ...args])),
  }
}

/** A library of `python`; or, in words, why it cannot be used. */
export async function pythonCandidate(
  python: string,
  library: 'pycocotools' | 'faster_coco_eval',
): Promise<Candidate | string> {
  const ask = (...args: string[]) => outputOf(python, ['-B', PEER, library, ...args])
  let version: string
  try {
    ;({ version } = JSON.parse(await ask()) as { version: string })
  } catch (error) {
    // The last line of a Python stack is its message
    const lines = (error as Error).message.trim().split('\n')
    return `${library} is skipped: ${python} does not run it (${lines[lines.length - 1]})`
  }
  return {
    name: `${library} ${version}`,
    measure: async (...args) => JSON.parse(await ask(...args)),
  }
}

async function outputOf(program: string, args: string[]): Promise<string> {
  const { NODE_OPTIONS: _, ...env } = process.env // plain Node, though tsx runs this
  return (await execute(program, args, { env, maxBuffer: 2 ** 26 })).stdout
}
