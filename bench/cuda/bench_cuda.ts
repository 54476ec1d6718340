/**
 * This library beside PyTorch eager on a GPU, in one JSON file: losses against the processor's,
 * training steps of both headline configs, inference of the four detectors. What is measured and
 * how: `benchmark/cuda_document.ts`.
 *
 * Each part is a process of its own; the file is written anew after each, so that what was measured
 * stays. The most important parts come first, and with --minutes none is started that would not end
 * in time. --continue takes over what an earlier file has.
 *
 * Run: npm run bench:cuda:bundle -- OUT_DIR makes a folder that needs Node.js and
 *      onnxruntime-node with the CUDA provider node OUT_DIR/bench_cuda.mjs --out cuda.json --python
 *      python3 --minutes 9
 */
import { writeFile } from 'node:fs/promises'
import { availableParallelism } from 'node:os'
import { Option } from 'commander'
import { describeMachine } from '../../benchmark/machine.js'
import { DEVICES, openMemory, setSharedThreads } from '../../engine/index.js'
import { ConfigError } from '../../errors.js'
import { command, parseCount, run } from '../../tools/cli/command.js'
import { measureInference } from './inference_part.js'
import { type MeasureOptions, measureAll } from './measure_all.js'
import { measureParity } from './parity_part.js'
import { PROBE } from './part_process.js'
import { KINDS, type Kind, type Part, planParts } from './plan.js'
import type { PartSettings } from './sides.js'
import { measureTraining } from './training_part.js'
import { attempt } from './turns.js'

interface Flags extends Omit<PartSettings, 'turns' | 'steps' | 'warmup'>, MeasureOptions {
  json?: undefined
  list: boolean
  part?: string
  result?: string
}

const program = command('bench_cuda', 'Times training and inference on a GPU beside PyTorch eager.')
  .name('node bench_cuda.mjs')
  .addOption(new Option('--device <name>', 'what is measured').choices(DEVICES).default('cuda'))
  .option('--out <file>', 'the JSON file', 'bench_cuda.json')
  .option('--python <command>', 'a Python with PyTorch and torchvision, for Swin also timm')
  .option('--short', 'small images and narrow networks: shows that it runs', false)
  .addOption(
    new Option('--only <kinds>', `of ${KINDS.join(', ')}, by commas`).argParser(parseKinds),
  )
  .option('--minutes <n>', 'start nothing that would end later', parseCount(1))
  .option('--continue <file>', 'take over what an earlier file has, and measure the rest')
  .option('--allow-cpu-nodes', 'accept nodes without a kernel on the device', false)
  .option('--threads <n>', 'of the processor', parseCount(1), availableParallelism())
  .option('--list', 'name the parts in their order, and end', false)
  .addOption(new Option('--part <name>').hideHelp()) // what a child is asked for
  .addOption(new Option('--result <file>').hideHelp()) // where it writes it

await run<Flags>(program, async (_, flags, say) => {
  const parts = planParts(flags)
  if (flags.list) for (const { name } of parts) say(name)
  else if (flags.part && flags.result) {
    await writeFile(flags.result, JSON.stringify(await ofChild(flags.part, parts, flags)))
    process.exit() // sessions and devices are left to the system
  } else await measureAll(parts, settingsOf(flags), flags, say)
  return undefined
})

function settingsOf(flags: Flags): PartSettings {
  const { device, short, allowCpuNodes, python, threads } = flags
  return {
    ...{ device, short, allowCpuNodes, python, threads },
    ...(short
      ? { turns: 2, steps: { train: 1, inference: 1 }, warmup: 0 }
      : { turns: 3, steps: { train: 5, inference: 10 }, warmup: 3 }),
  }
}

/** What a child measures; why it failed where it does. */
function ofChild(name: string, parts: readonly Part[], flags: Flags): Promise<object> {
  const settings = settingsOf(flags)
  setSharedThreads(flags.threads)
  return attempt(async () => {
    if (name === PROBE) {
      openMemory({ device: flags.device })
      return describeMachine({ device: flags.device })
    }
    const part = parts.find((part) => part.name === name)
    if (part?.kind === 'parity') return measureParity(part, settings)
    if (part?.kind === 'train') return measureTraining(part, settings)
    if (part?.kind === 'inference') return measureInference(part, settings)
    throw new ConfigError('--part', `is ${name}, which is not in the plan`, 'see --list')
  })
}

function parseKinds(text: string): Kind[] {
  const kinds = text.split(',') as Kind[]
  if (kinds.every((kind) => KINDS.includes(kind))) return kinds
  throw new ConfigError('--only', `is ${text}`, `give some of ${KINDS.join(', ')}`)
}
