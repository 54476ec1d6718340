import { readAnnotationFile } from './annotation_file.js'
import { checkCategories } from './check_entries.js'
import { Faults } from './faults.js'

/** The ids and names of a file's categories, in its order. */
export async function readClasses(annFile: string): Promise<{ id: number; name: string }[]> {
  const { categories } = await readAnnotationFile(annFile)
  const faults = new Faults(annFile, { drop: false })
  const sound = checkCategories(categories, faults)
  faults.throwIfAny()
  return sound.map(({ id, name }) => ({ id, name }))
}
