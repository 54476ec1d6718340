/**
 * One evaluation from files to the twelve numbers, each phase timed; a line of JSON.
 * bench/coco_eval.ts runs it.
 */
import { COCO, COCOeval, type IouType } from '../../packages/pycocotools-js/source/index.js'
import { peakBytes } from './peak_memory.js'

const [annotations, results, iouType] = process.argv.slice(2)

const marks = [performance.now()]
const mark = () => marks.push(performance.now())

const groundTruth = await COCO.load(annotations)
mark()
const detected = await groundTruth.loadRes(results)
mark()
const evaluation = new COCOeval(groundTruth, detected, iouType as IouType, { print: console.error })
evaluation.evaluate()
mark()
evaluation.accumulate()
mark()
const stats = evaluation.summarize()
mark()

const [load, loadRes, evaluate, accumulate, summarize] = marks
  .slice(1)
  .map((after, i) => (after - marks[i]) / 1000)
const total = (marks[marks.length - 1] - marks[0]) / 1000
const seconds = { load, loadRes, evaluate, accumulate, summarize, total }
console.log(JSON.stringify({ seconds, stats, peakBytes: peakBytes() }))
