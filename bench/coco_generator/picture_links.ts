import { copyFileSync, linkSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { COCO_SIZES } from './coco_2017.js'
import { drawPicture } from './picture.js'

/** Different pictures of each common size, and of any other. */
const COMMON = 8
const RARE = 1
/** Why a file system has no further link: another disk, not permitted, not supported, too many. */
const UNLINKABLE = new Set(['EXDEV', 'EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK'])

const isCommon = new Set(COCO_SIZES.map(([width, height]) => `${width}x${height}`))

/** Files that show a few hundred pictures, each drawn when it is first needed. */
export class PictureLinks {
  /** Files that could not be links. */
  copies = 0
  private readonly drawn = new Set<string>()

  /**
   * @param folder where the pictures go; the files keep them when it is removed.
   * @param link makes a hard link, or throws an error with a code.
   */
  constructor(
    private readonly folder: string,
    private readonly seed: number,
    private readonly link: (from: string, to: string) => void = linkSync,
  ) {
    rmSync(folder, { recursive: true, force: true })
    mkdirSync(folder, { recursive: true })
  }

  /** Different pictures so far. */
  get pictures(): number {
    return this.drawn.size
  }

  /**
   * Makes a file that shows a picture of this size. @param index of the image, which chooses among
   * pictures of its size.
   */
  async add(file: string, sizeWh: readonly [number, number], index: number): Promise<void> {
    const size = sizeWh.join('x')
    const number = index % (isCommon.has(size) ? COMMON : RARE)
    const picture = join(this.folder, `${size}_${number}.jpg`)
    if (!this.drawn.has(picture)) {
      writeFileSync(picture, await drawPicture(this.seed, sizeWh, number))
      this.drawn.add(picture)
    }
    rmSync(file, { force: true })
    try {
      this.link(picture, file)
    } catch (error) {
      if (!UNLINKABLE.has((error as NodeJS.ErrnoException).code ?? '')) throw error
      copyFileSync(picture, file)
      this.copies++
    }
  }
}
