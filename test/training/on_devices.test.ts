/**
 * Training on GPUs that are here; skipped on machines without, but see
 * `test/helpers/devices_here.ts`.
 */

import test from 'ava'
import {
  compile,
  DeviceTensor,
  openMemory,
  type RunTensor,
  transferred,
} from '../../engine/index.js'
import { floats } from '../../host_tensor.js'
import * as tf from '../../tf/tf.js'
import { train } from '../../training/loop.js'
import { assertClose } from '../helpers/assert_close.js'
import { GPUS, isHere } from '../helpers/devices_here.js'
import { TinyLoader } from './tiny_detector.js'
import { checkpointBytes, linesOf, optionsOf } from './tiny_run.js'

/**
 * A batch of two 4x4 images with two boxes each, and the scalars of two optimizer groups at most.
 */
const BATCH_BYTES = 2 * 4 * 4 * 3 + 2 * 2 * (4 + 4 * 4) + 2 * 2 * 4 + 64

for (const device of GPUS) {
  const onDevice = isHere(device) ? test.serial : test.serial.skip
  const compute = { device, allowCpuNodes: true }
  const variants = {
    AdamW: {},
    'AdamW with EMA and clipping': {
      ema: { decay: 0.9 },
      optimizer: { type: 'AdamW', learningRate: 0.05, maxGradNorm: 0.5 },
    },
    'gathered gradients': {
      optimizer: { type: 'SGD', learningRate: 0.05, momentum: 0.9, accumulate: 2 },
    },
  } as const

  for (const [name, options] of Object.entries(variants)) {
    onDevice(`${device}: a run gives the losses of the processor: ${name}`, async (t) => {
      const here = optionsOf({ ...options, loader: new TinyLoader(4) })
      const there = optionsOf({ ...options, loader: new TinyLoader(4), compute })
      await train(here)
      await train(there)
      const lossesOf = async (workDir: string) => (await linesOf(workDir)).map(({ loss }) => loss)
      const expected = await lossesOf(here.workDir)
      t.true(expected.length >= 4)
      assertClose(t, await lossesOf(there.workDir), expected, 1e-4)
    })
  }

  onDevice(`${device}: a stop and the rest equal one run byte for byte`, async (t) => {
    const whole = await train(optionsOf({ compute, ema: { decay: 0.9 } }))
    const stopped = optionsOf({ compute, ema: { decay: 0.9 } })
    await train({ ...stopped, maxIters: 2 })
    const rest = await train({
      ...optionsOf({ compute, ema: { decay: 0.9 } }),
      workDir: stopped.workDir,
      resume: true,
    })
    t.deepEqual(await checkpointBytes(rest.checkpoint), await checkpointBytes(whole.checkpoint))
  })

  onDevice(`${device}: steps send batches up and take metrics down, and no state`, async (t) => {
    const bytesOf = async (iterations: number) => {
      const before = transferred()
      await train({ ...optionsOf({ compute, loader: new TinyLoader(10) }), maxIters: iterations })
      const after = transferred()
      return { up: after.up - before.up, down: after.down - before.down }
    }
    const [few, more] = [await bytesOf(2), await bytesOf(8)]
    t.true((more.up - few.up) / 6 <= BATCH_BYTES)
    t.true((more.up - few.up) / 6 >= 2 * 4 * 4 * 3)
    // The loss, its three parts and the norm of the gradient
    t.is((more.down - few.down) / 6, 5 * 4)
  })

  onDevice(`${device}: memory keeps what it is given, whatever its type and shape`, (t) => {
    const memory = openMemory({ device })
    const given = [
      floats([1.5], []),
      floats(
        Float32Array.from({ length: 24 }, (_, i) => i),
        [2, 3, 4],
      ),
      { dtype: 'int32', shape: [2, 2], data: Int32Array.of(-1, 2, 3, 2 ** 30) },
      // No whole number of words
      { dtype: 'uint8', shape: [5], data: Uint8Array.of(0, 1, 127, 128, 255) },
      { dtype: 'bool', shape: [1, 3], data: Uint8Array.of(1, 0, 1) },
    ] as const
    for (const host of given) {
      const tensor = memory.upload(host)
      t.deepEqual(tensor.read(), host)
      tensor.dispose()
    }
  })

  onDevice(
    `${device}: an output goes where an input lies, and passes through the host only if it must`,
    async (t) => {
      const memory = openMemory({ device })
      const x = memory.upload(floats([1, 2, 3], [3]))
      const y = memory.zeros('float32', [3])
      const run = async (fn: (x: tf.Tensor) => tf.Tensor, into?: { y: DeviceTensor }) => {
        const compiled = compile(({ x }: { x: tf.Tensor }) => ({ y: fn(x) }), {
          name: 'outputs',
          ...compute,
        })
        const before = transferred()
        const result: RunTensor = (await compiled.run({ x }, { into })).y
        const after = transferred()
        await compiled.dispose()
        const { data } = result instanceof DeviceTensor ? result.read() : result
        return { y: [...data], up: after.up - before.up, down: after.down - before.down }
      }
      const double = (x: tf.Tensor) => tf.mul(x, 2)
      t.deepEqual(await run(double, { y }), { y: [2, 4, 6], up: 0, down: 0 })
      t.deepEqual(await run(double), { y: [2, 4, 6], up: 0, down: 3 * 4 }) // no place on the device
      // No graph computes it
      t.deepEqual(await run(tf.clone, { y }), { y: [1, 2, 3], up: 3 * 4, down: 3 * 4 })
      x.dispose()
      y.dispose()
    },
  )
}
