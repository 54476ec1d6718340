import test from 'ava'
import { COCO, COCOeval } from '../../source/index.js'
import { digest, groundTruthOf, readFixture, resultsOf, type StoredCase } from '../cases.js'

test.before(() => {
  console.warn = () => {} // traps among the cases warn
})

const bytesOf = (value: unknown) => new TextEncoder().encode(JSON.stringify(value))

/** All numbers of an evaluation. */
function numbersOf(groundTruth: COCO, detected: COCO, { iouType, changes }: StoredCase) {
  const { accumulate, asDataset, ...params } = structuredClone(changes)
  const table: string[] = []
  const evaluation = new COCOeval(groundTruth, detected, iouType, { print: (l) => table.push(l) })
  Object.assign(evaluation.params, params)
  evaluation.evaluate()
  const images = JSON.stringify(evaluation.evalImgs)
  evaluation.accumulate(accumulate && Object.assign(evaluation.params.clone(), accumulate))
  const { precision, recall, scores } = evaluation.eval!
  const arrays = [precision, recall, scores].map(({ data }) => digest(data))
  return { stats: evaluation.summarize(), table, images, arrays }
}

for (const kind of ['box', 'segm', 'keypoint']) {
  test(`files are evaluated as lists are: ${kind} cases`, async (t) => {
    for (const stored of readFixture<StoredCase[]>(`${kind}_cases.json`)) {
      const dataset = groundTruthOf(stored)
      const results = resultsOf(stored)
      const isDataset = results.length === 0 || stored.changes.asDataset
      const asDataset = { ...dataset, annotations: results }

      const fromLists = new COCO(structuredClone(dataset))
      const detected = isDataset
        ? new COCO(structuredClone(asDataset) as never)
        : fromLists.loadRes(results)
      const fromFiles = await COCO.load(bytesOf(dataset))
      const detectedInFile = isDataset
        ? await COCO.load(bytesOf(asDataset))
        : await fromFiles.loadRes(bytesOf(results))
      t.deepEqual(
        numbersOf(fromFiles, detectedInFile, stored),
        numbersOf(fromLists, detected, stored),
        stored.name,
      )
    }
  })
}
