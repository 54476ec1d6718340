import test from 'ava'
import { LogMeans } from '../../training/log_means.js'

const head = { iter: 3, epoch: 1, lr: 0.1 }
const empty = () => new LogMeans({ count: 0, sums: {} })

test('losses are means, and times are those of iterations that made no graph', (t) => {
  const means = empty()
  means.add({ loss: 1 }, { time: 10, dataTime: 5, compileTime: 3 })
  means.add({ loss: 2 }, { time: 1, dataTime: 0.5, compileTime: 0 })
  means.add({ loss: 6 }, { time: 2, dataTime: 0.25, compileTime: 0 })
  const { memoryMiB, ...line } = means.line(head)
  t.deepEqual(line, { ...head, loss: 3, time: 1.5, dataTime: 0.375, compileTime: 3 })
  t.true(memoryMiB > 1)
})

test('where all iterations made graphs, their times are told without that', (t) => {
  const means = empty()
  means.add({ loss: 1 }, { time: 10, dataTime: 5, compileTime: 3 })
  means.add({ loss: 1 }, { time: 20, dataTime: 5, compileTime: 4 })
  const { time, dataTime, compileTime } = means.line(head)
  t.deepEqual([time, dataTime, compileTime], [15, 5, 7])
})

test('a new line begins anew', (t) => {
  const means = empty()
  means.add({ loss: 1 }, { time: 10, dataTime: 5, compileTime: 3 })
  means.clear()
  means.add(undefined, { time: 2, dataTime: 1, compileTime: 0 })
  const { memoryMiB, ...line } = means.line(head)
  t.deepEqual(line, { ...head, time: 2, dataTime: 1 })
})
