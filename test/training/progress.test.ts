import { PassThrough } from 'node:stream'
import test from 'ava'
import { clock, startProgress } from '../../training/progress.js'

const line = {
  iter: 50,
  epoch: 1,
  lr: 8e-6,
  loss: 1.23456,
  time: 0.5,
  dataTime: 0.01,
  memoryMiB: 812.4,
}

function outputOf(isTTY: boolean): string {
  const stream = Object.assign(new PassThrough(), { isTTY, columns: 200 })
  const progress = startProgress({
    start: 0,
    total: 100,
    epochs: 12,
    stream: stream as unknown as NodeJS.WriteStream,
  })
  progress.compiling([800, 1344, 32])
  for (const iteration of [1, 2, 3, 50]) progress.advance(iteration)
  progress.report({ ...line, compileTime: 7.25 })
  progress.say('saved epoch_1.safetensors')
  progress.evaluated({ iter: 50, epoch: 1, bbox: { AP: 0.4123 }, segm: { AP: 0.05 } })
  progress.report(line)
  progress.stop()
  return String(stream.read())
}

test('away from a terminal there is a plain line before the first step, after two, and for each report', (t) => {
  const output = outputOf(false)
    .replace(/ \d+\.\d s, /g, ' T s, ')
    .replace(/ETA \d:\d\d:\d\d/g, 'ETA T')
  t.deepEqual(output.split('\n'), [
    'compiling the training step for 800x1344x32 ...',
    'iter 1/100 done in T s, compiling included',
    'iter 2/100 done in T s, ETA T',
    'iter 50/100, epoch 1/12, lr 8.000e-6, loss 1.2346, 0.500 s/iter (data 0.010), compiling T s, 812 MiB, ETA T',
    'saved epoch_1.safetensors',
    'epoch 1: box AP 0.412, mask AP 0.050',
    'iter 50/100, epoch 1/12, lr 8.000e-6, loss 1.2346, 0.500 s/iter (data 0.010), 812 MiB, box AP 0.412, mask AP 0.050, ETA T',
    '',
  ])
})

test('on a terminal there is a bar with the time left', (t) => {
  const output = outputOf(true)
  t.regex(output, /50\/100 \| ETA \d:\d\d:\d\d/)
  t.regex(output, /0\/100 \| ETA - \| compiling for 800x1344x32/)
  t.true(output.includes('saved epoch_1.safetensors\n'))
  t.true(output.includes('epoch 1: box AP 0.412, mask AP 0.050\n'))
  t.regex(output, /812 MiB, box AP 0\.412, mask AP 0\.050/)
})

test('3723 seconds are 1:02:03', (t) => {
  t.is(clock(3723), '1:02:03')
  t.is(clock(59), '0:00:59')
})
