import test from 'ava'
import { COCO, COCOeval } from '../source/index.js'
import { warningTo, warnOnce } from '../source/warn_once.js'
import { PET_RESULTS, PETS } from './golden_set.js'
import { warningsOf } from './warnings_of.js'

test('a trap is told once a file', (t) => {
  const warnings = warningsOf(() => {
    warnOnce('a', 'trap a')
    warnOnce('a', 'trap a again')
    warnOnce('b', 'trap b of x', 'x.json')
    warnOnce('b', 'trap b of x again', 'x.json')
    warnOnce('b', 'trap b of y', 'y.json')
  })
  t.deepEqual(warnings, [
    'pycocotools-js: trap a',
    'pycocotools-js: trap b of x',
    'pycocotools-js: trap b of y',
  ])
})

test('who listens gets each warning once, and the console none, also where the run fails', (t) => {
  const heard: string[] = []
  const onConsole = warningsOf(() => {
    const listening = warningTo((message) => heard.push(message))
    t.is(
      listening(() => {
        warnOnce('a', 'one')
        return 3
      }),
      3,
    )
    t.throws(() =>
      listening(() => {
        warnOnce('a', 'one again')
        warnOnce('b', 'two')
        throw new Error('failed')
      }),
    )
    warnOnce('a', 'after')
  })
  t.deepEqual(heard, ['one', 'two'])
  t.deepEqual(onConsole, ['pycocotools-js: after'])
})

test('an evaluation gives all its warnings to the function it is given', (t) => {
  const heard: string[] = []
  const onConsole = warningsOf(() => {
    const groundTruth = new COCO(structuredClone(PETS), 'gt.json')
    groundTruth.dataset.annotations![0].id = 0
    groundTruth.createIndex()
    const options = { print: () => {}, warn: (message: string) => heard.push(message) }
    const evaluation = new COCOeval(groundTruth, groundTruth.loadRes(PET_RESULTS), 'bbox', options)
    evaluation.params.maxDets = [1, 2, 3]
    for (let i = 0; i < 2; i++) {
      evaluation.evaluate()
      evaluation.accumulate({ ...evaluation.params.clone(), catIds: [3] } as never)
      evaluation.summarize()
    }
  })
  t.deepEqual(onConsole, [])
  t.deepEqual(
    heard.map((message) => message.slice(0, 30)),
    [
      'gt.json: 1 annotation has the ',
      'accumulate(p): p.catIds[0] is ',
      'params.maxDets is [1, 2, 3]: A',
    ],
  )
})
