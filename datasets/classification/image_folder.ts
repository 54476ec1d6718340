import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { DataError } from '../../errors.js'
import type { LabelledImages } from './labelled_images.js'

export interface ImageFolderOptions {
  /** The classes that there are to be, by label, such as those of the training images. */
  classes?: readonly string[]
  /** Keeps the first images of each class only. @default all are kept */
  limitPerClass?: number
}

/** Endings of image files, as torchvision's `ImageFolder` takes them. */
const ENDING = /\.(jpe?g|png|ppm|bmp|pgm|tiff?|webp)$/i

/** As many names stand in one sentence. */
const SHOWN = 5

/**
 * Lists `folder/CLASS/**` by class: names are sorted by code point, as Python sorts them, so that
 * labels are those of torchvision's `ImageFolder`. Other files, and names that start with a dot,
 * are passed over.
 *
 * @throws DataError where there is no class, a class without images, or another class than asked
 *   for.
 */
export async function readImageFolder(
  folder: string,
  options: ImageFolderOptions = {},
): Promise<LabelledImages> {
  const found = await classFolders(folder)
  if (found.length === 0) {
    throw new DataError(folder, 'has no class folders', 'put the images of each class in a folder')
  }
  const classes = options.classes ?? found
  requireClasses(folder, found, classes)
  const lists = await Promise.all(classes.map((name) => imagesBelow(join(folder, name))))
  const empty = classes.filter((_, label) => lists[label].length === 0)
  if (empty.length > 0) {
    const what = `${empty.length === 1 ? 'the class' : 'the classes'} ${listed(empty)} without images`
    throw new DataError(folder, `has ${what}`, 'add images, or remove the folder')
  }
  const images = lists.flatMap((files, label) =>
    files.slice(0, options.limitPerClass).map((file) => ({ file, label })),
  )
  return { source: folder, classes: [...classes], images }
}

async function classFolders(folder: string): Promise<string[]> {
  const { folders } = await listFolder(folder).catch((error: NodeJS.ErrnoException) => {
    throw new DataError(
      folder,
      `cannot be listed (${error.code})`,
      'name a folder of class folders',
    )
  })
  return folders
}

function requireClasses(
  folder: string,
  found: readonly string[],
  classes: readonly string[],
): void {
  const missing = classes.filter((name) => !found.includes(name))
  const unknown = found.filter((name) => !classes.includes(name))
  const faults = [
    ...(missing.length > 0 ? [`lacks the classes ${listed(missing)}`] : []),
    ...(unknown.length > 0 ? [`has the unknown classes ${listed(unknown)}`] : []),
  ]
  if (faults.length === 0) return
  throw new DataError(folder, faults.join(' and '), 'give both splits the same class folders')
}

function listed(names: readonly string[]): string {
  const more = names.length > SHOWN ? ` and ${names.length - SHOWN} more` : ''
  return names.slice(0, SHOWN).join(', ') + more
}

/** Image files at any depth, folders in the order of their names. */
async function imagesBelow(folder: string): Promise<string[]> {
  const { files, folders } = await listFolder(folder)
  const here = files.filter((name) => ENDING.test(name)).map((name) => join(folder, name))
  const deeper = await Promise.all(folders.map((name) => imagesBelow(join(folder, name))))
  return [...here, ...deeper.flat()]
}

/** Sorted names in a folder but hidden ones. Links count as what they lead to. */
async function listFolder(folder: string): Promise<{ files: string[]; folders: string[] }> {
  const entries = await readdir(folder, { withFileTypes: true })
  const files: string[] = []
  const folders: string[] = []
  for (const entry of entries) {
    if (entry.name.startsWith('.')) continue
    const isFolder = entry.isSymbolicLink()
      ? await leadsToFolder(join(folder, entry.name))
      : entry.isDirectory()
    ;(isFolder ? folders : files).push(entry.name)
  }
  return { files: sorted(files), folders: sorted(folders) }
}

function leadsToFolder(link: string): Promise<boolean> {
  return stat(link).then(
    (entry) => entry.isDirectory(),
    () => false,
  )
}

/** By code point, the order of UTF-8's bytes; that of JavaScript differs above U+FFFF. */
function sorted(names: readonly string[]): string[] {
  if (!names.some((name) => /[\ud800-\udfff]/.test(name))) return names.toSorted()
  return names.toSorted((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)))
}
