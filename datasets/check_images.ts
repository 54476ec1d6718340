import { readdirSync } from 'node:fs'
import { basename, dirname } from 'node:path'
import type { Sample } from './coco.js'
import { decodeImage } from './image.js'

/** So many images are decoded: small data sets as a whole, of large ones a part. */
const DECODED = 200
/** Images decoded at a time. */
const CONCURRENCY = 8

/**
 * Refuses a data set with an image that is missing, and with one that is broken or of another size than
 * annotated among the first 200: a run is better stopped before it starts than in its third hour.
 */
export async function checkImages(samples: readonly Sample[]): Promise<void> {
  const missing = findMissing(samples)
  if (missing) await decodeImage(missing.file, missing.size) // says what is wrong
  const decoded = samples.slice(0, DECODED)
  for (let start = 0; start < decoded.length; start += CONCURRENCY) {
    const some = decoded.slice(start, start + CONCURRENCY)
    await Promise.all(some.map(({ file, size }) => decodeImage(file, size)))
  }
}

/** One look into each folder is faster than one at each file. */
function findMissing(samples: readonly Sample[]): Sample | undefined {
  const namesIn = new Map<string, Set<string>>()
  return samples.find(({ file }) => {
    const folder = dirname(file)
    if (!namesIn.has(folder)) namesIn.set(folder, new Set(listFolder(folder)))
    return !namesIn.get(folder)!.has(basename(file))
  })
}

function listFolder(folder: string): string[] {
  try {
    return readdirSync(folder)
  } catch {
    return [] // then its images are missing
  }
}
