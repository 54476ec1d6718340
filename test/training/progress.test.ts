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
  progress.advance(50)
  progress.report(line)
  progress.say('saved epoch_1.safetensors')
  progress.stop()
  return String(stream.read())
}

test('away from a terminal each report is a plain line', (t) => {
  t.is(
    outputOf(false),
    'iter 50/100, epoch 1/12, lr 8.000e-6, loss 1.2346, 0.500 s/iter (data 0.010), 812 MiB, ETA 0:00:00\n' +
      'saved epoch_1.safetensors\n',
  )
})

test('on a terminal there is a bar with the time left', (t) => {
  const output = outputOf(true)
  t.regex(output, /50\/100 \| ETA 0:00:00/)
  t.true(output.includes('saved epoch_1.safetensors\n'))
})

test('3723 seconds are 1:02:03', (t) => {
  t.is(clock(3723), '1:02:03')
  t.is(clock(59), '0:00:59')
})
