import { readFile } from 'node:fs/promises'
import { z } from 'zod'
import type { BenchmarkDocument } from '../deploy/benchmark_document.js'
import { DataError } from '../errors.js'

const times = z.looseObject({ median: z.number(), p95: z.number() })
const form = z.enum(['train', 'deploy'])
const shape = z.tuple([z.number(), z.number()])

/** The parts of a benchmark document that the report shows; others pass. */
const benchmarkDocument = z.looseObject({
  machine: z.looseObject({
    cpu: z.string(),
    cores: z.number(),
    memoryGiB: z.number(),
    os: z.string(),
    node: z.string(),
    onnxruntime: z.string(),
    threads: z.number(),
  }),
  options: z.looseObject({
    shape,
    batches: z.array(z.number()),
    warmup: z.number(),
    runs: z.number(),
    repeats: z.number(),
    seed: z.number(),
    maxSpread: z.number(),
  }),
  rows: z.array(
    z.looseObject({
      config: z.string(),
      framework: z.string(),
      backbone: z.string(),
      form,
      device: z.string(),
      shape,
      batch: z.number(),
      threads: z.number(),
      weights: z.string(),
      loadMs: z.number(),
      warmupMs: z.array(z.number()),
      preprocessMs: times,
      networkMs: times,
      postprocessMs: times,
      latencyMs: times,
      fps: z.number(),
      repeats: z.array(z.looseObject({ median: z.number() })),
      spread: z.number().nullable(),
      isResult: z.boolean(),
      detections: z.number(),
      peakMemoryMiB: z.number().nullable(),
      paramsM: z.number(),
      gmacs: z.number(),
    }),
  ),
  ratios: z.array(
    z.looseObject({
      name: z.string(),
      framework: z.string(),
      form,
      batch: z.number(),
      configs: z.tuple([z.string(), z.string()]),
      fpsRatio: z.number(),
      perRepeat: z.array(z.number()),
      spread: z.number().nullable(),
      isResult: z.boolean(),
      published: z.number(),
    }),
  ),
  warnings: z.array(z.string()),
}) satisfies z.ZodType<BenchmarkDocument>

/** Reads what `tools/benchmark.ts --json` printed. */
export async function readBenchmark(file: string): Promise<BenchmarkDocument> {
  const fix = 'give a file that tools/benchmark.ts --json printed, and work dirs before --benchmark'
  let parsed: unknown
  try {
    parsed = JSON.parse(await readFile(file, 'utf8'))
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    const what = code === undefined ? 'holds no JSON' : `cannot be read (${code})`
    throw new DataError(file, what, fix)
  }
  const checked = benchmarkDocument.safeParse(parsed)
  if (checked.success) return checked.data
  const [{ path, message }] = checked.error.issues
  const where = path.length > 0 ? `${path.join('.')}: ${message}` : message
  throw new DataError(file, `is no benchmark document (${where})`, fix)
}
