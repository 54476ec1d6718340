/** The images and categories of an annotation file, checked: what else refers to them by id. */

import { isId } from '../packages/pycocotools-js/source/ids.js'
import { showValue } from '../packages/pycocotools-js/source/index.js'
import type { CocoCategory, CocoImage, Id } from '../packages/pycocotools-js/source/types.js'
import type { Entry } from './annotation_file.js'
import type { Fault, Faults } from './faults.js'
import type { Tally } from './tally.js'

/** An image that can be used. */
export interface SoundImage extends CocoImage {
  file_name: string
}

/** A category that can be used. */
export interface SoundCategory extends CocoCategory {
  id: number
  name: string
}

/**
 * The categories in file order.
 *
 * @param faults takes those that cannot be used; none can be left out.
 */
export function soundCategories(list: readonly Entry[], faults: Faults): SoundCategory[] {
  const known = new Set<Id>()
  return (list as readonly Partial<SoundCategory>[]).filter((entry, i): entry is SoundCategory => {
    const { id } = entry
    const fault = categoryFault(entry, known)
    if (!fault) {
      known.add(id!)
      known.add(entry.name!)
      return true
    }
    faults.add({ subject: isId(id) ? `category ${showValue(id)}` : `categories[${i}]`, ...fault })
    return false
  })
}

/** @param known ids and names of the categories before. */
function categoryFault(
  { id, name }: Partial<SoundCategory>,
  known: ReadonlySet<Id>,
): Omit<Fault, 'subject' | 'kind'> | undefined {
  if (id === undefined) return { what: 'has no id', fix: 'number the categories from 1' }
  if (typeof id !== 'number' || !isId(id)) {
    return { what: `has the id ${showValue(id)}`, fix: 'a category id is a number within 2^53' }
  }
  if (name === undefined) return { what: 'has no name', fix: 'give it one' }
  if (typeof name !== 'string') {
    return { what: `has the name ${showValue(name)}`, fix: 'a name is text' }
  }
  if (known.has(id)) {
    return { what: 'has the id of a category before it', fix: 'remove one of them' }
  }
  if (known.has(name)) {
    return { what: `has the name '${name}' of a category before it`, fix: 'rename one of them' }
  }
  return undefined
}

/**
 * The images in file order. Those without `width` or `height` are among them.
 *
 * @param faults takes those that cannot be used, and counts in `dropped` those that are left out.
 */
export function soundImages(list: readonly Entry[], faults: Faults, dropped: Tally): SoundImage[] {
  const ids = new Set<Id>()
  const sound = (list as readonly Partial<SoundImage>[]).filter((image, i): image is SoundImage => {
    const id: unknown = image.id
    if (!isId(id)) {
      const what = id === undefined ? 'has no id' : `has the id ${showValue(id)}`
      faults.add({ subject: `images[${i}]`, what, fix: 'an id is text or a number within 2^53' })
      return false
    }
    const subject = () => `image ${showValue(id)}`
    if (ids.has(id)) {
      faults.add({
        subject: subject(),
        what: 'has the id of an image before it',
        fix: 'renumber one of them',
      })
      return false
    }
    ids.add(id)
    const fault = imageFault(image)
    if (fault) faults.addOrDrop({ subject: subject(), ...fault }, dropped, id)
    return fault === undefined
  })
  requireOneKind(sound, faults)
  return sound
}

function imageFault({
  file_name,
  width,
  height,
}: Partial<SoundImage>): Omit<Fault, 'subject'> | undefined {
  const kind = 'without a usable file name'
  if (file_name === undefined) return { what: 'has no file_name', fix: 'give it one', kind }
  if (typeof file_name !== 'string' || file_name === '') {
    const what = `has the file_name ${showValue(file_name)}`
    return { what, fix: 'a file name is text', kind }
  }
  return sideFault('width', width) ?? sideFault('height', height)
}

function sideFault(
  side: string,
  pixels: number | null | undefined,
): Omit<Fault, 'subject'> | undefined {
  if (isAbsent(pixels) || (Number.isInteger(pixels) && pixels > 0)) return undefined
  const what = `has a ${side} of ${showValue(pixels)}`
  return { what, fix: 'give it in pixels, or remove it', kind: 'of no usable size' }
}

/** True for what a file leaves out, or has as null. */
export function isAbsent(value: unknown): value is undefined | null {
  return value === undefined || value === null
}

/** Numbers and text have no common order, which an evaluation needs. */
function requireOneKind(images: readonly SoundImage[], faults: Faults): void {
  const number = images.find(({ id }) => typeof id === 'number')
  const text = images.find(({ id }) => typeof id === 'string')
  if (!number || !text) return
  const what = `have ids that are numbers, such as ${number.id}, and ids that are text, such as ${showValue(text.id)}`
  faults.add({ subject: 'images', what, fix: 'use one kind of id' })
}
