/** The turns of `npm run bench:data`. */
import test from 'ava'
import { compareTurns, comparisonLines, type Turn } from '../../bench/data_turns.js'

/** Takes each turn that it is given, and writes down when. */
function side(name: string, turns: Turn[], taken: string[] = []): () => Promise<Turn> {
  let place = 0
  return async () => {
    taken.push(name)
    return turns[place++]
  }
}

const turn = (pictures: number, seconds: number, cpuSeconds: number | null): Turn => ({
  pictures,
  seconds,
  cpuSeconds,
  mainSeconds: cpuSeconds && cpuSeconds / 10,
})
const OURS = [turn(1, 99, 99), turn(100, 1, 0.5), turn(100, 2, 0.7), turn(100, 4, 0.6)]
const TORCH = [turn(1, 99, 99), turn(100, 2, 1), turn(100, 3, 1.2), turn(100, 5, 1.1)]

test('sides take turns, and the first of each counts for nothing', async (t) => {
  const taken: string[] = []
  const sides = [side('ours', OURS, taken), side('torch', TORCH, taken)] as const
  const { ours, torch, ratio, workers } = await compareTurns(2, sides, { runs: 3, rest: 0 })
  t.deepEqual(
    taken,
    [1, 2, 3, 4].flatMap(() => ['ours', 'torch']),
  )
  t.is(workers, 2)
  t.deepEqual(ours, { picturesPerSecond: 50, cpuMilliseconds: 6, mainMilliseconds: 0.6 })
  t.deepEqual(torch, { picturesPerSecond: 100 / 3, cpuMilliseconds: 11, mainMilliseconds: 1.1 })
  t.deepEqual(ratio, { median: 1.5, least: 1.25, most: 2 })
})

test('without PyTorch there is no ratio', async (t) => {
  const comparison = await compareTurns(1, [side('ours', OURS), undefined], { runs: 3, rest: 0 })
  t.is(comparison.torch, undefined)
  t.deepEqual(comparisonLines(comparison), [
    '1 worker',
    '  ours     50.0 pictures a second, 6.0 ms of the processors each, 0.60 on the main thread',
  ])
})

test('a comparison is described side by side', async (t) => {
  const unknown = TORCH.map((each) => ({ ...each, cpuSeconds: null, mainSeconds: null }))
  const sides = [side('ours', OURS), side('torch', unknown)] as const
  t.deepEqual(comparisonLines(await compareTurns(2, sides, { runs: 3, rest: 0 })), [
    '2 workers',
    '  ours     50.0 pictures a second, 6.0 ms of the processors each, 0.60 on the main thread',
    '  PyTorch  33.3 pictures a second',
    "  ours makes 1.50 pictures for one of PyTorch's (1.25 to 2.00)",
  ])
})
