import { existsSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import test from 'ava'
import { DataError } from '../../errors.js'
import { floats, ints } from '../../host_tensor.js'
import { readPretrained } from '../../pretrained/read_pretrained.js'
import { writeSafetensors } from '../../weights/safetensors.js'
import { temporaryFolder } from '../datasets/coco_folder.js'
import { pthFixture } from './pth_fixture.js'

/** Shapes and values by name. */
async function contents(path: string, options?: { key?: string; weights?: 'model' | 'ema' }) {
  const { tensors, ...rest } = await readPretrained(path, options)
  const values: Record<string, [shape: readonly number[], values: number[]]> = {}
  for (const [name, tensor] of Object.entries(tensors)) {
    const { dtype, shape, data } = await tensor.read()
    if (dtype !== tensor.dtype) throw new Error(`${name} is ${dtype}, not ${tensor.dtype}`)
    values[name] = [shape, [...data]]
  }
  return { ...rest, tensors, values }
}

const refusals: Record<string, string> = {
  truncated_zip:
    'not a whole zip file (End of central directory record signature not found. Either not a zip file, or file is truncated.); copy or save it again',
  truncated_legacy: 'STORAGE is cut short',
  truncated_pickle:
    'its pickle cannot be read at byte 646: it is cut short; copy or save the file again',
  garbled_pickle:
    'its pickle cannot be read at byte 3: operation 0xff is none that checkpoints use; copy or save the file again',
  short_storage:
    'not a sound PyTorch checkpoint: storage 0 of whole has 92 bytes instead of 96; copy or save it again',
  missing_storage:
    'not a sound PyTorch checkpoint: storage 0 of whole is missing; copy or save it again',
  absurd_size:
    'not a sound PyTorch checkpoint: a tensor of shape [2147483647, 6] has a storage of 24 values only; copy or save it again',
  compressed:
    'its part archive/data.pkl is compressed; give the file as torch.save wrote it, or save it again',
  no_pickle:
    'not a sound PyTorch checkpoint: it is a zip file without data.pkl; copy or save it again',
  no_weights: 'it holds no weights, but epoch, best; name the key that holds them with --key',
  contains_itself: 'its model contains itself; save it again',
  mmdetection1:
    'it was made by mmdetection 1.2.0, whose boxes and classes have another order; convert it with upgrade_model_version.py of mmdetection 2.x',
  whole_module:
    'it holds a whole object of torch.nn.modules.linear.Linear, which is not built from a file; save its state_dict() instead',
}

test('every type is read; a type that is not is told', async (t) => {
  const { format, key, tensors, others, values } = await contents(pthFixture('all_types'))
  t.deepEqual([format, key], ['PyTorch', undefined])
  for (const name of ['f64', 'f32', 'f16', 'bf16']) {
    t.deepEqual(values[name], [[3], [-2, 0.5, 3]], name)
    t.is(tensors[name].dtype, 'float32')
  }
  for (const name of ['i64', 'i32', 'i16', 'i8']) {
    t.deepEqual(values[name], [[3], [-2, 0, 3]], name)
    t.is(tensors[name].dtype, 'int32')
  }
  t.deepEqual(values.u8, [[3], [0, 7, 255]])
  t.deepEqual(values.bool, [[3], [1, 0, 1]])
  t.deepEqual(values.counter, [[], [12345]])
  t.deepEqual(values.empty, [[0, 4], []])
  t.deepEqual(others, [{ name: 'complex', what: 'a tensor of a type that is not read' }])
})

for (const name of ['views', 'views_zip64', 'views_legacy', 'wrapped']) {
  test(`views of one storage with offsets and strides are read: ${name}.pth`, async (t) => {
    const { values } = await contents(pthFixture(name))
    const whole = Array.from({ length: 24 }, (_, i) => i)
    t.deepEqual(values.whole, [[4, 6], whole])
    t.deepEqual(values.rows, [[2, 6], whole.slice(6, 18)])
    const transposed = Array.from({ length: 24 }, (_, i) => (i % 4) * 6 + Math.floor(i / 4))
    t.deepEqual(values.transposed, [[6, 4], transposed])
    t.deepEqual(values.every_second, [
      [2, 3],
      [1, 3, 5, 13, 15, 17],
    ])
    t.deepEqual(values.last, [[], [23]])
    t.deepEqual(values.channels_last, [[1, 2, 2, 3], whole.slice(0, 12)])
    t.deepEqual(values.expanded, [
      [2, 3],
      [1, 1, 1, 2, 2, 2],
    ])
    t.deepEqual(values.parameter, [[6], whole.slice(0, 6)])
    t.is(Object.keys(values).length, 8)
  })
}

for (const name of ['checkpoint', 'checkpoint_protocol4', 'checkpoint_legacy']) {
  test(`running averages are preferred, and any key can be named: ${name}.pth`, async (t) => {
    const path = pthFixture(name)
    const averages = await contents(path)
    t.is(averages.key, 'model_ema')
    t.deepEqual(averages.values['0.weight'], [
      [3, 2],
      [0, 2, 4, 6, 8, 10],
    ])
    t.deepEqual(averages.refused, ['argparse.Namespace', 'pathlib.PurePosixPath'])
    const { key, values } = await contents(path, { key: 'model' })
    t.is(key, 'model')
    t.deepEqual(values['0.weight'], [
      [3, 2],
      [0, 1, 2, 3, 4, 5],
    ])
    await t.throwsAsync(readPretrained(path, { key: 'weights' }), {
      instanceOf: DataError,
      message: `${path}: has no key weights; use one of model, model_ema, optimizer, epoch, scaler, args`,
    })
  })
}

test.serial('nothing that a pickle asks for is run', async (t) => {
  const witness = join(await temporaryFolder(t), 'pwned')
  process.env.VANILLADET_PWNED = witness
  t.teardown(() => void delete process.env.VANILLADET_PWNED)
  for (const name of ['malicious', 'malicious_legacy']) {
    const { values, others, refused } = await contents(pthFixture(name))
    t.deepEqual(values, { weight: [[2], [1, 1]] })
    t.deepEqual(others, [{ name: 'bias', what: 'an object of posix.system' }])
    t.deepEqual(refused, ['posix.system', '__builtin__.eval'])
  }
  t.false(existsSync(witness))
})

for (const [name, expected] of Object.entries(refusals)) {
  test(`refused in one sentence: ${name}.pth`, async (t) => {
    const path = pthFixture(name)
    const error = await t.throwsAsync(contents(path), { instanceOf: DataError })
    const message = error!.message.replace(/storage \d{6,}/, 'STORAGE')
    t.true(message.startsWith(`${path}: `))
    t.true(message.includes(expected), message)
  })
}

test("mmdetection's state_dict is found, and its classes", async (t) => {
  const { key, classes, values } = await contents(pthFixture('mmdetection'))
  t.is(key, 'state_dict')
  t.deepEqual(classes, ['cat', 'dog'])
  t.deepEqual(Object.keys(values), ['backbone.conv1.weight'])
})

for (const name of ['mmengine', 'mmengine_rc']) {
  test(`the classes of mmdetection 3.x are found in dataset_meta: ${name}.pth`, async (t) => {
    const { key, classes } = await contents(pthFixture(name))
    t.deepEqual([key, classes], ['state_dict', ['cat', 'dog']])
  })
}

test('a key of averages that holds no weights is passed over', async (t) => {
  const { key, values } = await contents(pthFixture('lightning'))
  t.is(key, 'state_dict')
  t.deepEqual(Object.keys(values), [
    'model._orig_mod.backbone.conv1.weight',
    'ema_model.module.backbone.conv1.weight',
    'criterion.weight',
  ])
})

test('the weights as trained are taken where they are asked for', async (t) => {
  const { key } = await contents(pthFixture('checkpoint'), { weights: 'model' })
  t.is(key, 'model')
})

test('a safetensors file is read too, and its classes', async (t) => {
  const path = join(await temporaryFolder(t), 'own.safetensors')
  const metadata = { vanilladet: JSON.stringify({ classes: ['cat', 'dog'] }) }
  await writeSafetensors(path, { a: floats([1, 2], [2]), n: ints([7], []) }, metadata)
  const { format, classes, values } = await contents(path)
  t.is(format, 'safetensors')
  t.deepEqual(classes, ['cat', 'dog'])
  t.deepEqual(values, { a: [[2], [1, 2]], n: [[], [7]] })
  await t.throwsAsync(readPretrained(path, { key: 'model' }), {
    message: `${path}: a safetensors file has no keys; leave out --key`,
  })
})

test('a safetensors file whose first bytes are those of a pickle or a zip file is one', async (t) => {
  const folder = await temporaryFolder(t)
  for (const length of [0x0280, 0x4b50]) {
    const path = join(folder, `${length}.pth`)
    const header = JSON.stringify({ a: { dtype: 'U8', shape: [1], data_offsets: [0, 1] } })
    const prefix = Buffer.alloc(8)
    prefix.writeBigUInt64LE(BigInt(length))
    await writeFile(path, Buffer.concat([prefix, Buffer.from(`${header.padEnd(length)}\u0007`)]))
    const { format, values } = await contents(path)
    t.is(format, 'safetensors')
    t.deepEqual(values, { a: [[1], [7]] })
  }
})

test("the prefix of an averaged model's names is cut off, beside its counter", async (t) => {
  const path = join(await temporaryFolder(t), 'averaged.safetensors')
  await writeSafetensors(path, { n_averaged: ints([3], []), 'module.a': floats([1], [1]) })
  t.deepEqual(Object.keys((await readPretrained(path)).tensors), ['n_averaged', 'a'])
})

test('a missing file, and one of another kind, are told', async (t) => {
  await t.throwsAsync(readPretrained('/nowhere/x.pth'), {
    instanceOf: DataError,
    message: '/nowhere/x.pth: there is no such file; give another path',
  })
  const path = new URL('../fixtures/make_pth.py', import.meta.url).pathname
  await t.throwsAsync(readPretrained(path), {
    message: `${path}: it is neither a PyTorch checkpoint nor a safetensors file; give a file of torch.save or safetensors`,
  })
})
