import { readdirSync } from 'node:fs'
import { basename, dirname, isAbsolute, join, normalize } from 'node:path'
import { fileURLToPath } from 'node:url'

/** How the path of an image is found from its file name. */
export type PathReading =
  | 'plain'
  | 'url'
  | 'slashes'
  | 'unescaped'
  | 'slashes and unescaped'
  | 'unicode'
  | 'missing'

export interface PicturePath {
  /** What to read: joined to the folder of the images; of a name that is missing, as it stands. */
  path: string
  reading: PathReading
}

export interface FoundPictures {
  /** One for each file name, in their order. */
  pictures: PicturePath[]
  /**
   * A sentence for each way in which names were not taken as they stand, with their number and the
   * first.
   */
  repairs: string[]
  /** File names of which there is no image, in any reading. */
  missing: string[]
}

/**
 * Finds the images that file names of annotations stand for.
 *
 * An absolute name is taken as it stands, as by Python's `os.path.join`, and a `file://` URL as its
 * path. Where there is no such file, these readings are tried in turn: backslashes as slashes
 * (Windows), escapes such as `%20` decoded (Label Studio), both, and the same letters in another
 * Unicode form (macOS). Each folder is listed once.
 *
 * @param imageDir folder that names which are not absolute start from.
 */
export function findPictures(fileNames: readonly string[], imageDir: string): FoundPictures {
  const folders = new Folders()
  const { start, names } = folders.startOf(imageDir)
  const pictures = fileNames.map(
    (name): PicturePath =>
      names.has(name) // as most are
        ? { path: start + name, reading: 'plain' }
        : findPicture(name, imageDir, folders),
  )
  return {
    pictures,
    repairs: repairSentences(fileNames, pictures),
    missing: fileNames.filter((_, i) => pictures[i].reading === 'missing'),
  }
}

function findPicture(name: string, imageDir: string, folders: Folders): PicturePath {
  const plain = pathOf(name, imageDir)
  if (folders.has(plain)) return { path: plain, reading: 'plain' }

  const paths: [PathReading, string][] = otherReadings(name).map(([reading, otherName]) => [
    reading,
    pathOf(otherName, imageDir),
  ])
  const found = paths.find(([, path]) => folders.has(path))
  if (found !== undefined) return { path: found[1], reading: found[0] }

  for (const path of [plain, ...paths.map(([, path]) => path)]) {
    const twin = folders.findInAnyForm(path)
    if (twin !== undefined) return { path: twin, reading: 'unicode' }
  }
  return { path: plain, reading: 'missing' }
}

function pathOf(name: string, imageDir: string): string {
  return isAbsolute(name) ? normalize(name) : join(imageDir, name)
}

/** What else a name may mean, in the order in which it is tried. */
function otherReadings(name: string): [PathReading, string][] {
  if (/^file:\/\//i.test(name)) {
    const path = pathOfUrl(name)
    return path === undefined ? [] : [['url', path]]
  }
  const slashed = name.replaceAll('\\', '/')
  const readings: [PathReading, string | undefined][] = [
    ['slashes', slashed],
    ['unescaped', unescaped(name)],
    ['slashes and unescaped', unescaped(slashed)],
  ]
  const known = new Set<string | undefined>([undefined, name])
  return readings.filter((reading): reading is [PathReading, string] => {
    const isNew = !known.has(reading[1])
    known.add(reading[1])
    return isNew
  })
}

/** Undefined for a URL that is none, or of another machine. */
function pathOfUrl(url: string): string | undefined {
  try {
    return fileURLToPath(url)
  } catch {
    return undefined
  }
}

/** Undefined where a `%` is no escape. */
function unescaped(name: string): string | undefined {
  try {
    return decodeURIComponent(name)
  } catch {
    return undefined
  }
}

/** Names in folders, each listed when it is first asked for: faster than a look at each file. */
class Folders {
  private readonly names = new Map<string, ReadonlySet<string>>()
  private readonly byForm = new Map<string, ReadonlyMap<string, string>>()

  has(path: string): boolean {
    return this.namesIn(dirname(path)).has(basename(path))
  }

  /** The names in a folder, and what stands before them in the paths that `join` makes. */
  startOf(folder: string): { start: string; names: ReadonlySet<string> } {
    const path = join(folder, 'x')
    return { start: path.slice(0, -1), names: this.namesIn(dirname(path)) }
  }

  /** The path whose every name is the same but for its Unicode form. */
  findInAnyForm(path: string): string | undefined {
    if (this.has(path)) return path
    const parent = dirname(path)
    if (parent === path || path === '.') return undefined
    const folder = this.namesIn(parent).size > 0 ? parent : this.findInAnyForm(parent)
    if (folder === undefined) return undefined
    const name = this.namesByForm(folder).get(basename(path).normalize())
    return name === undefined ? undefined : join(folder, name)
  }

  private namesIn(folder: string): ReadonlySet<string> {
    let names = this.names.get(folder)
    if (names === undefined) {
      names = new Set(listFolder(folder))
      this.names.set(folder, names)
    }
    return names
  }

  private namesByForm(folder: string): ReadonlyMap<string, string> {
    let names = this.byForm.get(folder)
    if (names === undefined) {
      names = new Map([...this.namesIn(folder)].map((name) => [name.normalize(), name]))
      this.byForm.set(folder, names)
    }
    return names
  }
}

function listFolder(folder: string): string[] {
  try {
    return readdirSync(folder)
  } catch {
    return [] // then what it should hold is missing
  }
}

/** Words that a repair is reported in, after the number of names: `12 file names ...`. */
const REPAIRS: readonly (readonly [PathReading, one: string, many: string])[] = [
  ['url', 'is a file:// URL, read as a path', 'are file:// URLs, read as paths'],
  ['slashes', 'has backslashes, read as slashes', 'have backslashes, read as slashes'],
  ['unescaped', 'has URL escapes, decoded', 'have URL escapes, decoded'],
  [
    'slashes and unescaped',
    'has backslashes and URL escapes, read as slashes and decoded',
    'have backslashes and URL escapes, read as slashes and decoded',
  ],
  [
    'unicode',
    'is in another Unicode form than that of its file',
    'are in another Unicode form than those of their files',
  ],
]

function repairSentences(fileNames: readonly string[], pictures: readonly PicturePath[]): string[] {
  return REPAIRS.flatMap(([reading, one, many]) => {
    const names = fileNames.filter((_, i) => pictures[i].reading === reading)
    if (names.length === 0) return []
    const what = names.length === 1 ? `1 file name ${one}` : `${names.length} file names ${many}`
    return [`${what} (first: ${JSON.stringify(names[0])})`]
  })
}
