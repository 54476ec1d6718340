import type { ExifMode } from './exif.js'

export interface CocoOptions {
  /** COCO instances file, of any size. */
  annFile: string
  /** Folder that the file names of the images start from. */
  imageDir: string
  /** `train` leaves out images that teach nothing; `test` keeps all. */
  mode: 'train' | 'test'
  /** Keeps the first images of the file, before anything is left out. */
  limit?: number
  /**
   * The names a model was made for, in its order. Categories of other names are left out; without
   * it the classes are the file's categories in the file's order.
   */
  classes?: readonly string[]
  /**
   * Whether masks are needed: then every annotation must have one that can be drawn. @default false
   */
  masks?: boolean
  /**
   * `drop` leaves out single entries that cannot be used. @default 'refuse' refuses the file,
   * naming them
   */
  invalid?: 'refuse' | 'drop'
  /** Trains on images without annotations too. */
  keepEmpty?: boolean
  /** How pictures are turned, where the file leaves out their size. @default 'auto' */
  exif?: ExifMode
  /** Larger pictures are refused. @default 268402689 */
  maxPixels?: number
  /**
   * The folder that keeps what was read of large annotation files, or false. @default the user's
   * cache folder
   */
  cache?: string | false
}
