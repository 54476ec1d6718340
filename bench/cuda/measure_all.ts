import {
  type CudaMachine,
  isFailure,
  type Outcome,
  type PartName,
} from '../../benchmark/cuda_document.js'
import { DeviceError } from '../../errors.js'
import { inChild, PROBE } from './part_process.js'
import type { Kind, Part } from './plan.js'
import { firstDocument, LIST_OF, LISTS, saveDocument } from './results_file.js'
import type { PartSettings } from './sides.js'

export interface MeasureOptions {
  /** The JSON file, written anew after each part. */
  out: string
  only?: readonly Kind[]
  /** Time there is. */
  minutes?: number
  /** A file whose rows are taken over. */
  continue?: string
}

/** A part is not started with less time left, and none may take longer than the other. */
const LEAST_PART_MS = 20_000
const MOST_PART_MS = 240_000

interface Measured {
  rows: Outcome<PartName>[]
  pytorch?: string
}

/** Measures the parts one after the other, each in a process of its own. */
export async function measureAll(
  parts: readonly Part[],
  settings: PartSettings,
  options: MeasureOptions,
  say: (line: string) => void,
): Promise<void> {
  const startedAt = performance.now()
  const timeLeft = () =>
    options.minutes === undefined
      ? MOST_PART_MS
      : options.minutes * 60_000 - (performance.now() - startedAt)
  const args = childArguments(settings)
  const machine = await inChild<CudaMachine>({ part: PROBE, args, timeoutMs: MOST_PART_MS })
  if (isFailure(machine)) throw problemOf(settings.device, machine.error)
  const document = await firstDocument(machine, settingsOf(settings), options.continue)
  const done = new Set(
    LISTS.flatMap((list) =>
      document[list].filter((row) => !isFailure(row)).map(({ part }) => part),
    ),
  )

  for (const [i, part] of parts.entries()) {
    const place = `${i + 1}/${parts.length} ${part.name}`
    if (done.has(part.name)) continue
    const reason = reasonToSkip(part, options, timeLeft())
    if (reason) {
      document.missing.push({ part: part.name, reason })
      continue
    }
    say(place)
    const timeoutMs = Math.min(MOST_PART_MS, timeLeft())
    const measured = await inChild<Measured>({ part: part.name, args, timeoutMs })
    const rows = isFailure(measured) ? [{ part: part.name, ...measured }] : measured.rows
    Object.assign(document, { [LIST_OF[part.kind]]: [...document[LIST_OF[part.kind]], ...rows] })
    if (!isFailure(measured) && measured.pytorch) document.machine.pytorch = measured.pytorch
    for (const row of rows) say(`  ${outcome(row)}`)
    await saveDocument(options.out, document)
  }
  await saveDocument(options.out, document)
  say(
    `${options.out}: ${LISTS.map((list) => `${document[list].length} rows of ${list}`).join(', ')}`,
  )
}

/**
 * What the child reported of a device that is not there; its message has the name of the device
 * before it.
 */
function problemOf(device: string, message: string): Error {
  const [what, fix] = message.replace(`${device}: `, '').split(/; (?=[^;]*$)/)
  return new DeviceError(device, what, fix ?? 'see docs/cuda.md')
}

/** What rows are to be compared by. */
function settingsOf({ device, short, turns, steps, warmup }: PartSettings) {
  return { device, short, turns, steps, warmup }
}

function reasonToSkip(
  { kind }: Part,
  { only, minutes }: MeasureOptions,
  left: number,
): string | undefined {
  if (only && !only.includes(kind)) return `--only ${only.join()} leaves it out`
  if (left < LEAST_PART_MS) return `the ${minutes} minutes had passed`
  return undefined
}

function childArguments(settings: PartSettings): string[] {
  const { device, python, short, allowCpuNodes, threads } = settings
  return [
    ...['--device', device, '--threads', String(threads)],
    ...(python ? ['--python', python] : []),
    ...(short ? ['--short'] : []),
    ...(allowCpuNodes ? ['--allow-cpu-nodes'] : []),
  ]
}

/** A line about a row. */
function outcome(row: Outcome<PartName> & { ours?: object; torch?: object; config?: string }) {
  const medianText = ({ ms }: { ms: { median: number } }) => `${ms.median.toFixed(1)} ms`
  const side = (side: object | undefined) =>
    side === undefined
      ? 'not asked'
      : isFailure(side)
        ? `failed: ${side.error}`
        : medianText(side as Parameters<typeof medianText>[0])
  if (isFailure(row)) return `failed: ${row.error}`
  if ('maxDifference' in row) return `largest difference of a loss: ${row.maxDifference}`
  return `${row.config}: ours ${side(row.ours)}, PyTorch ${side(row.torch)}`
}
