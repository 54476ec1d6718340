import { z } from 'zod'
import type { CudaDocument } from '../benchmark/cuda_document.js'
import { benchmarkMachine } from './benchmark_file.js'
import { readDocument } from './read_document.js'

const times = z.looseObject({ median: z.number(), p95: z.number() })
const failure = z.looseObject({ error: z.string() })
const name = z.looseObject({ part: z.string() })

const facts = name.extend({
  config: z.string(),
  device: z.string(),
  precision: z.string(),
  shape: z.tuple([z.number(), z.number()]),
  batch: z.number(),
  placement: z.record(z.string(), z.number()),
})
const network = { framework: z.string(), backbone: z.string() }

const side = z.looseObject({
  ms: times,
  perTurn: z.array(z.number()),
  imagesPerSecond: z.number(),
  memory: z.looseObject({ used: z.number().nullable(), tensors: z.number().optional() }),
})
const ours = side.extend({
  firstStepMs: z.number(),
  moved: z.looseObject({ up: z.number(), down: z.number() }),
})
const torch = z.union([failure, side]).optional()

/** A row, or why there is none. */
function outcomes<Row extends z.ZodType>(row: Row) {
  return z.array(z.union([name.extend({ error: z.string() }), row]))
}

/** The parts of a document that the report shows; others pass. */
const cudaDocument = z.looseObject({
  machine: benchmarkMachine.extend({ pytorch: z.string().optional() }),
  options: z.looseObject({
    device: z.string(),
    short: z.boolean(),
    turns: z.number(),
    steps: z.looseObject({ train: z.number(), inference: z.number() }),
    warmup: z.number(),
  }),
  parity: outcomes(
    facts.extend({
      losses: z.looseObject({ device: z.array(z.number()), cpu: z.array(z.number()) }),
      maxDifference: z.number(),
      seconds: z.number(),
    }),
  ),
  training: outcomes(
    facts.extend({ ...network, batchBytes: z.number(), ours: z.union([failure, ours]), torch }),
  ),
  inference: outcomes(
    facts.extend({
      ...network,
      ours: z.union([failure, ours.extend({ total: times, totalPerTurn: z.array(z.number()) })]),
      torch,
      torchHalf: torch,
    }),
  ),
  missing: z.array(z.looseObject({ part: z.string(), reason: z.string() })),
}) satisfies z.ZodType<CudaDocument>

/** Reads what `bench/cuda/` wrote. */
export function readCuda(file: string): Promise<CudaDocument> {
  return readDocument(file, cudaDocument, {
    what: 'is no document of the CUDA benchmark',
    fix: 'give a file that bench_cuda.mjs wrote, and work dirs before --cuda',
  })
}
