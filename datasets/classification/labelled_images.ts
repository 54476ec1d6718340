import type { RgbPicture } from '../pixels/rgb.js'

/** One picture with its class. */
export interface LabelledImage {
  /** Path of its file, or what it is called in messages. */
  file: string
  /** Index into the classes. */
  label: number
}

/** Pictures that each belong to one class. */
export interface LabelledImages {
  /** Where they come from: a folder or an archive. */
  source: string
  /** Names of the classes, by label. */
  classes: string[]
  images: LabelledImage[]
  /** The pixels of a picture, of sets that are kept in memory. */
  pictures?(index: number): RgbPicture
}
