import test from 'ava'
import { ratiosOf } from '../../../benchmark/ratios.js'
import {
  benchmarkTable,
  introduction,
  ratioLines,
  warmupLines,
} from '../../../tools/cli/benchmark_table.js'
import { benchmarkWarnings } from '../../../tools/cli/benchmark_warnings.js'
import { benchmarkRow } from '../../benchmark/benchmark_row.js'
import { benchmarkDocument } from '../../report/benchmark_document.js'

const steady = benchmarkRow({ config: 'v13', backbone: 'VanillaNet-13' }, [100, 101, 100])
const drifting = benchmarkRow({ config: 'swin', backbone: 'Swin-T' }, [120, 120, 128.76])

test('a row whose repeats differ too much is marked', (t) => {
  const [head, ...lines] = benchmarkTable([steady, drifting])
  t.regex(head, /^config +form +device/)
  t.regex(lines[0], /^v13 .* spread 1\.0 %$/)
  t.regex(lines[1], /^swin .* not a result: spread 7\.3 %$/)
  t.regex(lines[1], / 8\.333 /) // frames a second of 120 ms
})

test('a device and another precision than fp32 stand in the row, and the GPU before all', (t) => {
  const onGpu = { ...steady, device: 'cuda', precision: 'fp16' }
  const [, ...lines] = benchmarkTable([steady, onGpu, { ...onGpu, precision: 'fp32' }])
  t.deepEqual(
    lines.map((line) => line.split(/ {2,}/)[2]),
    ['cpu', 'cuda fp16', 'cuda'],
  )
  const { machine, options } = benchmarkDocument()
  const [first] = introduction({ ...machine, gpu: 'NVIDIA H200', driver: '580.1' }, options)
  t.is(first, 'NVIDIA H200, driver 580.1')
  t.regex(introduction(machine, options)[0], /^A processor/)
})

test('a ratio has its repeats and the published one beside it', (t) => {
  t.deepEqual(ratioLines(ratiosOf([steady, drifting])), [
    'VanillaNet-13 / Swin-T, RetinaNet, deploy form, batch 1: 1.200 ' +
      '(repeats 1.200 1.188 1.288; not a result: spread 8.3 %); published for an A100, 800x1280, batch 1: 1.08',
  ])
})

test('loading and warm-up are told', (t) => {
  t.deepEqual(warmupLines([steady]), ['v13 deploy, batch 1: load 1000 ms, warm-up 150 120 ms'])
})

test('warnings: random weights, a busy machine, what is no result', (t) => {
  const rows = [steady, drifting]
  t.deepEqual(benchmarkWarnings({ rows, ratios: ratiosOf(rows), load: 1.26 }), [
    'The weights are random: of these networks, speed does not depend on them.',
    'The machine was busy before the timing began: load 1.3.',
    'swin deploy, batch 1: not a result: spread 7.3 %.',
    'VanillaNet-13 / Swin-T, RetinaNet, deploy form, batch 1: not a result: spread 8.3 %.',
  ])
  const trained = [{ ...steady, weights: 'best.safetensors' }]
  t.deepEqual(benchmarkWarnings({ rows: trained, ratios: [], load: 0 }), [])
})
