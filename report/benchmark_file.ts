import { z } from 'zod'
import type { BenchmarkDocument } from '../benchmark/benchmark_document.js'
import { readDocument } from './read_document.js'

const times = z.looseObject({ median: z.number(), p95: z.number() })
const form = z.enum(['train', 'deploy'])
const shape = z.tuple([z.number(), z.number()])

export const benchmarkMachine = z.looseObject({
  cpu: z.string(),
  cores: z.number(),
  memoryGiB: z.number(),
  os: z.string(),
  node: z.string(),
  onnxruntime: z.string(),
  threads: z.number(),
  gpu: z.string().optional(),
  driver: z.string().optional(),
})

/** The parts of a benchmark document that the report shows; others pass. */
const benchmarkDocument = z.looseObject({
  machine: benchmarkMachine,
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
      precision: z.string().optional(),
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

/** Reads what `vanilladet benchmark --json` printed. */
export function readBenchmark(file: string): Promise<BenchmarkDocument> {
  return readDocument(file, benchmarkDocument, {
    what: 'is no benchmark document',
    fix: 'give a file that vanilladet benchmark --json printed, and work dirs before --benchmark',
  })
}
