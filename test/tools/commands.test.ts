/** The commands as a user runs them: exit codes, and what goes to which stream. */
import { existsSync } from 'node:fs'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import test from 'ava'
import { readSafetensors } from '../../weights/safetensors.js'
import { tinyMaskExperiment } from '../experiments/tiny_mask_experiment.js'
import { pthFixture } from '../pretrained/pth_fixture.js'
import { configFile, runCommand as run } from './run_command.js'

// Two at a time, or a machine with two cores is overrun: so the tests here are serial.

test.serial(
  'a checkpoint goes through train, test, reparameterize, export and benchmark',
  async (t) => {
    const { folder, path } = await configFile(t)
    const workDir = join(folder, 'run')
    const trained = await run('train', [path, '--work-dir', workDir, '--max-iters', '1', '--json'])
    t.is(trained.code, 0, trained.stderr)
    const { checkpoint, iteration } = JSON.parse(trained.stdout)
    t.is(iteration, 1)
    t.is(checkpoint, join(workDir, 'iter_1.safetensors'))
    t.regex(trained.stderr, /iter 1\/1, epoch 1\/1/)

    const deploy = join(folder, 'deploy.safetensors')
    const [merged, tested] = await Promise.all([
      run('reparameterize', [path, checkpoint, deploy, '--json']),
      run('test', [
        path,
        checkpoint,
        ...['--json', '--per-class', '--out', join(folder, 'results.json')],
      ]),
    ])
    t.is(tested.code, 0, tested.stderr)
    const { bbox, perClass } = JSON.parse(tested.stdout)
    t.is(typeof bbox.AP50, 'number')
    t.deepEqual(Object.keys(perClass), ['bbox'])
    t.is(typeof perClass.bbox[0].AP50, 'number')
    t.regex(tested.stderr, /^class +AP +AP50 .*\n\w+ +-?\d\.\d{3} /m)
    t.true(Array.isArray(JSON.parse(await readFile(join(folder, 'results.json'), 'utf8'))))
    t.is(merged.code, 0, merged.stderr)
    const { relative, bound } = JSON.parse(merged.stdout)
    t.true(relative <= bound)

    const onnx = join(folder, 'model.onnx')
    const [exported, timed] = await Promise.all([
      run('export_onnx', [path, deploy, onnx, '--json']),
      run('benchmark', ['--shape', '64', '64', path, '--runs', '1', '--json']),
    ])
    t.is(exported.code, 0, exported.stderr)
    t.deepEqual(JSON.parse(exported.stdout).inputs[0].shape, [1, 64, 64, 3]) // its testScale
    t.true(existsSync(onnx))
    t.is(timed.code, 0, timed.stderr)
    t.deepEqual(
      JSON.parse(timed.stdout).rows.map(({ form, shape }: { form: string; shape: number[] }) => [
        form,
        shape,
      ]),
      [
        ['train', [64, 64]],
        ['deploy', [64, 64]],
      ],
    )
    for (const { repeats, warmupMs, peakMemoryMiB } of JSON.parse(timed.stdout).rows) {
      t.is(repeats.length, 3)
      t.is(warmupMs.length, 3)
      if (process.platform === 'linux') t.true(peakMemoryMiB > 50, `${peakMemoryMiB} MiB`)
    }
    t.regex(timed.stderr, /^The weights are random/m)
  },
)

test.serial(
  'test writes the detections that it evaluates, and refuses annotations that cannot be before it detects',
  async (t) => {
    const { folder, path } = await configFile(t)
    const config = (await import(path)).default
    const { annFile } = config.data.val
    const out = join(folder, 'results.json')
    const low = ['--cfg-options', 'model.head.test.scoreThr=0.0001']
    const { code } = await run('test', [path, 'random', '--out', out, ...low])
    t.is(code, 0)
    t.true(JSON.parse(await readFile(out, 'utf8')).length > 0)

    const annotations = JSON.parse(await readFile(annFile, 'utf8'))
    annotations.images[0].id = 'first'
    annotations.annotations = annotations.annotations.slice(-1)
    await writeFile(annFile, JSON.stringify(annotations))
    const later = join(folder, 'later.json')
    const mixed = await run('test', [path, 'random', '--out', later])
    t.is(mixed.code, 2)
    t.regex(
      mixed.stderr,
      /^error: .* images have ids that are numbers, such as 2, and ids that are text/m,
    )
    t.false(existsSync(later))

    const over = await run('test', [path, 'random', '--out', annFile])
    t.deepEqual(
      [over.code, over.stderr],
      [2, `error: --out would replace ${annFile}; give another path\n`],
    )
  },
)

test.serial('a Mask R-CNN goes through the same commands, with its masks', async (t) => {
  const { folder, path } = await configFile(t, tinyMaskExperiment)
  const [trained, counted] = await Promise.all([
    run('train', [path, '--work-dir', join(folder, 'run'), '--max-iters', '1', '--json']),
    run('get_flops', [path, '--shape', '64', '64', '--json']),
  ])
  t.is(trained.code, 0, trained.stderr)
  for (const name of ['rpn_cls', 'rpn_bbox', 'cls', 'bbox', 'mask'])
    t.regex(
      await readFile(join(folder, 'run', 'metrics.jsonl'), 'utf8'),
      new RegExp(`loss_${name}`),
    )
  t.is(counted.code, 0, counted.stderr)
  t.true(JSON.parse(counted.stdout).params > 1000)

  const { checkpoint } = JSON.parse(trained.stdout)
  const [deploy, onnx] = ['deploy.safetensors', 'model.onnx'].map((name) => join(folder, name))
  const out = join(folder, 'results.bbox.json')
  const lowThreshold = ['--cfg-options', 'model.roiHead.test.scoreThr=0.001']
  const [merged, tested] = await Promise.all([
    run('reparameterize', [path, checkpoint, deploy, '--json']),
    run('test', [path, checkpoint, '--json', '--per-class', '--out', out, ...lowThreshold]),
  ])
  t.is(merged.code, 0, merged.stderr)
  t.is(tested.code, 0, tested.stderr)
  const { bbox, segm, perClass } = JSON.parse(tested.stdout)
  t.is(typeof bbox.AP50, 'number')
  t.is(typeof segm.AP50, 'number')
  t.deepEqual(Object.keys(perClass), ['bbox', 'segm'])
  const [boxes, masks] = await Promise.all(
    [out, join(folder, 'results.segm.json')].map(async (file) =>
      JSON.parse(await readFile(file, 'utf8')),
    ),
  )
  t.true(boxes.length > 0)
  t.is(masks.length, boxes.length)
  t.deepEqual(masks[0].segmentation.size, [64, 64])
  t.is(typeof masks[0].segmentation.counts, 'string')

  const [exported, timed] = await Promise.all([
    run('export_onnx', [path, deploy, onnx, '--shape', '64', '96', '--json']),
    run('benchmark', ['--shape', '64', '64', path, '--runs', '1', '--no-memory', '--json']),
  ])
  t.is(exported.code, 0, exported.stderr)
  const { outputs } = JSON.parse(exported.stdout)
  t.deepEqual(
    outputs.map(({ name, shape }: { name: string; shape: number[] }) => [name, shape]),
    [
      ['boxes', [1, 5, 4]],
      ['scores', [1, 5]],
      ['labels', [1, 5]],
      ['masks', [1, 5, 8, 8]],
    ],
  )
  t.is(timed.code, 0, timed.stderr)
  t.is(JSON.parse(timed.stdout).rows.length, 2)
})

test.serial('get_flops prints a table, or one JSON document', async (t) => {
  const config = 'configs/vanillanet13_imagenet.ts'
  const [text, json] = await Promise.all([
    run('get_flops', [config]),
    run('get_flops', [config, '--json', '--cfg-options', 'model.backbone.arch=5']),
  ])
  t.regex(text.stdout, /parameters +58\.59 M\nmultiply-accumulates +11\.94 G\n/)
  t.is(text.stderr, '')
  t.is(JSON.parse(json.stdout).params, 15_523_304)
})

test.serial('what the user can mend is one sentence on standard error, exit code 2', async (t) => {
  const { folder, path } = await configFile(t)
  const workDir = join(folder, 'run')
  const [mistyped, missing, noConfig] = await Promise.all([
    run('train', [path, '--work-dir', workDir, '--cfg-options', 'model.backbone.actNumm=3']),
    run('test', [path, 'nowhere.safetensors', '--json']),
    run('get_flops', ['configs/nowhere.ts']),
  ])
  t.deepEqual(mistyped, {
    code: 2,
    stdout: '',
    stderr: 'error: model.backbone.actNumm is not an option of VanillaNet; did you mean actNum?\n',
  })
  t.false(existsSync(workDir))
  t.deepEqual(missing, {
    code: 2,
    stdout: '',
    stderr: 'error: nowhere.safetensors: there is no such file; give another path\n',
  })
  t.deepEqual(noConfig, {
    code: 2,
    stdout: '',
    stderr:
      'error: configs/nowhere.ts: there is no such config; give the path of a file in configs/\n',
  })
})

test.serial('a wrong command line is told, exit code 2; --help is exit code 0', async (t) => {
  const [unknown, device, help] = await Promise.all([
    run('test', ['configs/retinanet_tiny_shapes.ts', 'random', '--fom', 'deploy']),
    run('test', ['configs/retinanet_tiny_shapes.ts', 'random', '--device', 'tpu']),
    run('reparameterize', ['--help']),
  ])
  t.is(unknown.code, 2)
  t.regex(unknown.stderr, /^error: unknown option '--fom'\n\(Did you mean --form\?\)/)
  t.is(device.code, 2)
  t.regex(device.stderr, /Allowed choices are cpu, cuda, webgpu\./)
  t.is(help.code, 0)
  t.regex(help.stdout, /^Usage: npx vanilladet reparameterize/)
})

test.serial(
  'a config that throws is told without a stack, and with one if DEBUG is set',
  async (t) => {
    const { folder } = await configFile(t)
    const broken = join(folder, 'broken.ts')
    await writeFile(broken, "throw new Error('no luck')\n")
    const [plain, debug] = await Promise.all([
      run('get_flops', [broken]),
      run('get_flops', [broken], { env: { DEBUG: '1' } }),
    ])
    const sentence = `error: ${broken}:1:7: the config cannot be imported (no luck); correct the file\n`
    t.deepEqual(plain, { code: 2, stdout: '', stderr: sentence })
    t.true(debug.stderr.startsWith(sentence))
    t.regex(debug.stderr, /\n\s+at /)
  },
)

test.serial('no command replaces the checkpoint it reads', async (t) => {
  const { folder, path } = await configFile(t)
  const weights = join(folder, 'weights.safetensors')
  await writeFile(weights, '')
  const outcomes = await Promise.all([
    run('reparameterize', [path, weights, weights]),
    run('export_onnx', [path, weights, join(folder, '.', 'weights.safetensors')]),
  ])
  for (const { code, stderr } of outcomes) {
    t.is(code, 2)
    t.is(stderr, `error: OUT would replace ${weights}; give another path\n`)
  }
})

test.serial('a backbone is exported from official weights by one command', async (t) => {
  const { folder, path } = await configFile(t)
  const official = pthFixture('official_vanillanet')
  const [onnx, deploy] = ['backbone.onnx', 'deploy.safetensors'].map((name) => join(folder, name))
  const [exported, merged] = await Promise.all([
    run('export_onnx', [path, official, onnx, '--part', 'backbone', '--json']),
    run('reparameterize', [path, official, deploy]),
  ])
  t.is(exported.code, 0, exported.stderr)
  const { form, inputs, outputs } = JSON.parse(exported.stdout)
  t.deepEqual([form, inputs[0].shape], ['deploy', [1, 3, 64, 64]])
  t.is(outputs.length, 2)
  t.regex(exported.stderr, /official_vanillanet\.pth: 51 of \d+ tensors loaded/)
  t.is(merged.code, 0, merged.stderr)
  t.regex(merged.stdout, /deploy\.safetensors: the deploy form of the backbone \(bound/)
  const names = Object.keys((await readSafetensors(deploy)).tensors)
  t.true(names.length > 0 && names.every((name) => name.startsWith('backbone.')))

  const tested = await run('test', [path, deploy])
  t.is(tested.code, 2)
  t.regex(tested.stderr, /^error: .*: it holds a backbone alone, so that the rest .*\n$/)
})

test.serial('arguments in the wrong place are refused with the right order', async (t) => {
  const { path } = await configFile(t)
  const [swapped, swallowed] = await Promise.all([
    run('test', ['weights.safetensors', path]),
    run('train', ['--resume', path]),
  ])
  t.is(swapped.code, 2)
  t.regex(
    swapped.stderr,
    /^error: CONFIG is weights\.safetensors, a weights file; the order is .*test.* CONFIG CHECKPOINT\n$/,
  )
  t.is(swallowed.code, 2)
  t.regex(
    swallowed.stderr,
    /^error: --resume took .*tiny\.ts, a config, for its value; put it before/,
  )
})
