import { join } from 'node:path'
import sharp from 'sharp'
import { decodeShown } from '../datasets/image.js'
import type { LimitOptions } from '../datasets/image_header.js'
import { DataError } from '../errors.js'
import { evaluateClasses } from '../evaluation/classify.js'
import { PREDICTIONS_FILE, type SavedPredictions } from '../evaluation/save_predictions.js'
import type { ClassificationReport, ClassSample, Pictures } from './document.js'
import { isRecord } from './json_lines.js'
import { readText } from './read_text.js'

/** Longer side of a picture, pixels. */
const LONG_SIDE = 240
const JPEG_QUALITY = 82
/** So many of the best classes stand under a picture. */
const SHOWN_CLASSES = 3

export interface ClassSampleOptions extends LimitOptions {
  /** How many pictures that are taken for their class, and as many that are not, at most. */
  count: number
  /** What the ids of the pictures start with. */
  id: string
}

/**
 * What the last evaluation of a classifier left in its work dir: the accuracy of each class, and
 * pictures that are taken for their class or for another one.
 */
export async function classificationPart(
  workDir: string,
  options: ClassSampleOptions,
): Promise<{ part: ClassificationReport; pictures: Pictures }> {
  const part: ClassificationReport = { classes: [], samples: [], notes: [] }
  const saved = await readPredictions(workDir).catch((error: Error) => {
    if (!(error instanceof DataError)) throw error
    part.notes.push(`The predictions cannot be used: ${error.message}.`)
    return null
  })
  if (saved === undefined) {
    part.notes.push(
      `No predictions: ${PREDICTIONS_FILE} is written by each evaluation during training.`,
    )
  }
  if (!saved) return { part, pictures: {} }
  const { predictions, classes } = saved
  const labels = predictions.map(({ label }) => label)
  const { accuracy, perClass } = evaluateClasses(predictions, labels, classes)
  const pictures: Pictures = {}
  try {
    for (const sample of chosen(saved, options)) {
      const { picture, width, height } = await smallPicture(sample.file, options)
      part.samples.push({ ...sample, width, height })
      pictures[sample.id] = { picture }
    }
  } catch (error) {
    if (!(error instanceof DataError)) throw error
    part.notes.push(`Pictures are missing: ${error.message}.`)
  }
  return { part: { ...part, accuracy, classes: perClass }, pictures }
}

/** Undefined where there are none. */
async function readPredictions(workDir: string): Promise<SavedPredictions | undefined> {
  const file = join(workDir, PREDICTIONS_FILE)
  const text = await readText(file)
  if (text === undefined) return undefined
  let found: unknown
  try {
    found = JSON.parse(text)
  } catch {
    throw new DataError(file, 'cannot be read as JSON', 'evaluate again')
  }
  if (isSaved(found)) return found
  throw new DataError(file, 'holds no predictions', 'evaluate again')
}

function isSaved(value: unknown): value is SavedPredictions {
  if (!isRecord(value) || !Array.isArray(value.classes)) return false
  const { classes, predictions } = value
  const isLabel = (label: unknown) => Number.isInteger(label) && (label as number) in classes
  const isRow = (row: unknown) =>
    isRecord(row) &&
    typeof row.file === 'string' &&
    isLabel(row.label) &&
    Array.isArray(row.labels) &&
    Array.isArray(row.scores) &&
    row.labels.length > 0 &&
    row.labels.every(isLabel) &&
    row.scores.length === row.labels.length
  return Array.isArray(predictions) && predictions.every(isRow)
}

/** Pictures evenly spread over those that are taken for another class, then over the others. */
function chosen(
  { predictions, classes }: SavedPredictions,
  { count, id }: ClassSampleOptions,
): Omit<ClassSample, 'width' | 'height'>[] {
  const isRight = ({ label, labels }: SavedPredictions['predictions'][number]) =>
    labels[0] === label
  const wrong = predictions.filter((row) => !isRight(row))
  const rows = [...spread(wrong, count), ...spread(predictions.filter(isRight), count)]
  return rows.map((row, i) => ({
    id: `${id}-sample-${i + 1}`,
    file: row.file,
    category: classes[row.label],
    isRight: isRight(row),
    predicted: row.labels.slice(0, SHOWN_CLASSES).map((label, rank) => {
      return { category: classes[label], score: row.scores[rank] }
    }),
  }))
}

function spread<Row>(rows: readonly Row[], count: number): Row[] {
  const taken = Math.min(count, rows.length)
  return Array.from({ length: taken }, (_, i) => rows[Math.floor((i * rows.length) / taken)])
}

/** A picture whose longer side has `LONG_SIDE` pixels; smaller ones keep their sharp pixels. */
async function smallPicture(file: string, limit: LimitOptions) {
  const { pixels, size } = await decodeShown(file, limit)
  const [height, width] = size
  const factor = LONG_SIDE / Math.max(width, height)
  const [toWidth, toHeight] = [width, height].map((side) => Math.max(1, Math.round(side * factor)))
  const jpeg = await sharp(pixels, { raw: { width, height, channels: 3 } })
    .resize(toWidth, toHeight, { fit: 'fill', kernel: factor > 1 ? 'nearest' : 'lanczos3' })
    .jpeg({ quality: JPEG_QUALITY })
    .toBuffer()
  const picture = `data:image/jpeg;base64,${jpeg.toString('base64')}`
  return { picture, width: toWidth, height: toHeight }
}
