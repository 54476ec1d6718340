import { DataError } from '../../errors.js'
import { boundedMap } from '../bounded_map.js'
import { faultList } from '../fault_list.js'
import { decodeShown } from '../image.js'
import type { LimitOptions } from '../image_header.js'
import type { LabelledImages } from './labelled_images.js'

/** So many pictures are decoded: small data sets as a whole, of large ones a part. */
const DECODED = 200
/** Pictures decoded at a time. */
const CONCURRENCY = 8

/**
 * Refuses a data set with broken pictures among 200 that are spread over it: a run is better
 * stopped before it starts than in its third hour.
 *
 * @throws DataError whose lines name up to ten of the pictures, each with what is wrong with it.
 */
export async function checkPictures(
  { images, pictures }: LabelledImages,
  { maxPixels }: LimitOptions,
): Promise<void> {
  if (pictures) return
  const step = Math.max(1, Math.floor(images.length / DECODED))
  const decoded = images.filter((_, i) => i % step === 0).slice(0, DECODED)
  const errors = await boundedMap(decoded, CONCURRENCY, async ({ file }) => {
    try {
      await decodeShown(file, { maxPixels })
    } catch (error) {
      if (error instanceof DataError) return error
      throw error
    }
  })
  const faults = errors.filter((error) => error !== undefined)
  if (faults.length === 0) return
  if (faults.length === 1) throw faults[0]
  const part = decoded.length === images.length ? `${images.length}` : `${decoded.length} that were`
  throw DataError.of(
    `${faults.length} of ${part} ${step === 1 ? 'pictures' : 'looked at'} cannot be used; repair them, or leave them out:` +
      faultList(faults.map(({ message }) => message)),
  )
}
